import { z } from 'zod';
import { editHere, type RowReader } from './deeds.ts';
import type { History, Subject } from './history.ts';
import { ControlRefused, type Rig } from './rig.ts';
import type { Salon } from './salons.ts';
import { blank, type Values } from './values.ts';

/** What is done to clients: here by SQL, at Booksy by the salon itself. There is no webhook of it (R4). */

const card = z.looseObject({ id: z.number(), email: z.string().nullable() });
const cards = z.object({ count: z.number(), results: z.array(card) });

const PROFILES: RowReader = {
  lock: 'SELECT FROM profiles WHERE id = $1 FOR UPDATE',
  async read(client, id) {
    const { rows } = await client.query<{ email: string | null }>(
      'SELECT email FROM profiles WHERE id = $1',
      [id],
    );
    return rows[0] === undefined ? null : clientValues(rows[0].email);
  },
};

/** What a card or a profile shows. */
export function clientValues(email: string | null): Values {
  return { life: 'live', time: null, note: null, email: blank(email) };
}

/** Clients that both sides have with one e-mail, and no other card with them (R38), in a fixed order. */
export async function seededClients(rig: Rig, salon: Salon): Promise<readonly Subject[]> {
  const { rows } = await rig.db.query<{ profile_id: string; external_id: string; email: string }>(
    `SELECT x.profile_id, x.external_id, p.email FROM external_clients x JOIN profiles p ON p.id = x.profile_id
      WHERE x.business_id = $1 AND x.gone_at IS NULL AND p.email IS NOT NULL
        AND (SELECT count(*) FROM external_clients o WHERE o.profile_id = p.id) = 1
        AND NOT EXISTS (SELECT FROM booksy_sync_conflicts c WHERE c.status = 'open'
                         AND (c.record_id = p.id OR c.external_id = x.external_id))
        AND NOT EXISTS (SELECT FROM sync_intents t WHERE t.record_id = p.id AND t.remembered_until IS NOT NULL)
      ORDER BY x.external_id::bigint`,
    [salon.businessId],
  );
  const there = new Map((await cardsThere(rig, salon)).map(({ id, email }) => [String(id), email]));
  return rows
    .filter(({ external_id, email }) => there.get(external_id) === email)
    .slice(0, 2)
    .map(({ profile_id, external_id }, index) => ({
      key: `c${String(index + 1)}`,
      kind: 'client',
      madeBy: 'seed',
      recordId: profile_id,
      externalId: Number(external_id),
    }));
}

/** Changes a client's e-mail here. */
export async function emailHere(rig: Rig, history: History, subject: Subject, email: string): Promise<void> {
  const deed = { kind: 'email', subject, group: 'email', value: email } as const;
  await editHere(rig, history, deed, PROFILES, async (client) => {
    await client.query('UPDATE profiles SET email = $2 WHERE id = $1', [subject.recordId, email]);
  });
}

/** Changes it on the card at Booksy. */
export async function emailThere(
  rig: Rig,
  salon: Salon,
  history: History,
  subject: Subject,
  email: string,
): Promise<void> {
  const path = `/as-salon/business/${String(salon.id)}/customer/${String(subject.externalId)}/`;
  const edit = { side: 'booksy', kind: 'email', subject: subject.key, group: 'email', value: email } as const;
  try {
    const before = blank(card.parse(await rig.control('GET', path)).email);
    await rig.control('PATCH', path, { email });
    history.add({ ...edit, before, outcome: 'ok', detail: '' });
  } catch (error) {
    if (!(error instanceof ControlRefused)) throw error;
    history.add({ ...edit, before: null, outcome: 'failed', detail: String(error.status) });
  }
}

/** Every card of a salon, from the simulator's own state. */
export async function cardsThere(rig: Rig, salon: Salon): Promise<readonly z.output<typeof card>[]> {
  const all: z.output<typeof card>[] = [];
  for (;;) {
    const path = `/as-salon/business/${String(salon.id)}/customer/?limit=100&offset=${String(all.length)}`;
    const { count, results } = cards.parse(await rig.control('GET', path));
    all.push(...results);
    if (all.length >= count || results.length === 0) return all;
  }
}
