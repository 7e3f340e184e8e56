import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { askFor } from '../../../infra/sweep/ask.ts';
import { WORKFLOW_TYPES } from '../../../infra/temporal/names.ts';
import { eventually } from '../../support/eventually.ts';
import { startConflictRig, type Card, type ConflictRig } from './support/rig.ts';
import { hereOf } from './support/there.ts';
import { unsureCard, visitsThere } from './support/unsure.ts';

/** A card of which it is not sure whose it is: one question, however many visits it has (SPEC 3.7, 4.1). */

let rig: ConflictRig;

beforeAll(async () => {
  rig = await startConflictRig();
});

afterAll(() => rig.stop());

const PATIENCE = { timeoutMs: 30_000 };
const MAPPINGS = '/api/admin/booksy/mappings';
const page = z.looseObject({
  mappings: z.array(z.looseObject({ externalId: z.string(), version: z.int() })),
});

const allHere = (links: readonly string[]) =>
  eventually(
    async () => {
      const ids = await Promise.all(links.map((link) => hereOf(rig, link)));
      return ids.every((id) => id !== null) ? ids.map((id) => id ?? '') : null;
    },
    { ...PATIENCE, what: 'the visits here' },
  );

const openOf = async (id: string) => (await rig.list(`?status=open&recordId=${id}`)).conflicts;
const openOfKind = async () => (await rig.list('?status=open&kind=unsure_client')).conflicts;
const closed = (conflict: Pick<Card, 'id'>) =>
  eventually(async () => (await rig.row(conflict.id)).status === 'closed', {
    ...PATIENCE,
    what: 'the end of the question',
  });
const cancelThere = (link: string) =>
  rig.engine.simulator.control('PATCH', `/visits/${link}`, { status: 'C' });

describe('a card that is not sure', () => {
  it('is one question with all its visits, found by each of them, and stays until the last one ends', async () => {
    const before = (await openOfKind()).length;
    const links = await visitsThere(rig, await unsureCard(rig, 'Jaworska'), 3);
    const ids = await allHere(links);
    await rig.quiet();
    const conflict = await rig.open('unsure_client', ids[2] ?? '');
    expect(await openOfKind()).toHaveLength(before + 1);
    expect(conflict.visits.map(({ recordId }) => recordId).sort()).toEqual([...ids].sort());
    for (const id of ids) expect(await openOf(id)).toMatchObject([{ id: conflict.id }]);
    // It is near when the soonest is, and over when the last one begins.
    const begins = await rig.sql<{ at: Date }>(
      'SELECT starts_at AS at FROM bookings WHERE id = ANY($1) ORDER BY 1',
      [ids],
    );
    await eventually(
      async () => Date.parse((await rig.card(conflict.id)).startsAt ?? '') === begins[2]?.at.getTime(),
      {
        ...PATIENCE,
        what: 'the dates of its visits',
      },
    );
    const { escalateAt } = await rig.card(conflict.id);
    expect(Date.parse(escalateAt ?? '')).toBe((begins[0]?.at.getTime() ?? 0) - 24 * 3_600_000);

    // In the order in which it hops from one to the other.
    for (const link of [links[1], links[0]]) await cancelThere(link ?? '');
    await eventually(async () => (await rig.card(conflict.id)).visits.length === 1, PATIENCE);
    await rig.quiet();
    expect((await rig.row(conflict.id)).status).toBe('open');
    await cancelThere(links[2] ?? '');
    await closed(conflict);
    expect((await rig.row(conflict.id)).resolution).toBe('cause_gone');
  });

  it('that was left is not asked about again for its next visit; who it is can still be said', async () => {
    const card = await unsureCard(rig, 'Zawilska');
    const [first] = await allHere(await visitsThere(rig, card, 1));
    const conflict = await rig.open('unsure_client', first ?? '');
    expect((await rig.resolve(conflict, { choice: 'ignore' })).status).toBe(200);
    const [second] = await allHere(await visitsThere(rig, card, 1));
    await rig.quiet();
    expect(await openOf(second ?? '')).toEqual([]);
  });

  it('gets its client on every visit by one decision in the mapping list, and the question ends', async () => {
    const card = await unsureCard(rig, 'Brzozowska');
    const ids = await allHere(await visitsThere(rig, card, 3));
    await rig.quiet();
    const conflict = await rig.open('unsure_client', ids[0] ?? '');
    expect(conflict.mappings).toMatchObject([{ entity: 'profile', externalId: card.card }]);
    const { body } = await rig.engine.api.send('GET', `${MAPPINGS}?state=unsure&entity=profile`);
    const asked = page.parse(body).mappings.find(({ externalId }) => externalId === card.card);
    const decided = await rig.engine.api.send('POST', MAPPINGS, {
      businessId: rig.businessId,
      entity: 'profile',
      externalId: card.card,
      decision: 'link',
      recordId: card.profile,
      version: asked?.version,
    });
    expect([200, 202]).toContain(decided.status);
    await eventually(
      async () =>
        (await rig.sql('SELECT 1 FROM bookings WHERE id = ANY($1) AND profile_id = $2', [ids, card.profile]))
          .length === 3,
      { ...PATIENCE, what: 'the client on all visits' },
    );
    await closed(conflict);
  });

  it('is one question where a sweep finds its visits, and questions of before come down to one', async () => {
    const links = await visitsThere(rig, await unsureCard(rig, 'Kalinowska'), 3, true);
    const { engine, businessId } = rig;
    const sweep = async () => {
      await askFor(engine.deps.db, [businessId], ['clients', 'near', 'ahead']);
      const { accountKey } = engine.config.booksy;
      await engine.worker.run(WORKFLOW_TYPES.sweep, { version: 1, accountKey, tier: 'near' });
    };
    await sweep();
    const ids = await allHere(links);
    const [question, ...more] = await openOf(ids[0] ?? '');
    expect(more).toEqual([]);
    // The release before this one asked for each visit.
    const old = uuidv7();
    const other = ids.find((id) => id !== question?.recordId);
    await rig.sql(
      `INSERT INTO booksy_sync_conflicts (id, business_id, kind, entity, record_id, detail)
       SELECT $1, business_id, kind, entity, $2, detail FROM booksy_sync_conflicts WHERE id = $3`,
      [old, other, question?.id],
    );
    await rig.engine.worker.client.workflow.start('conflictResolution', {
      workflowId: `conflict/${old}`,
      taskQueue: rig.engine.worker.taskQueue,
      args: [{ version: 1, businessId, conflictId: old }],
    });
    await closed({ id: old });
    expect(await openOf(ids[0] ?? '')).toMatchObject([{ id: question?.id }]);
  });
});
