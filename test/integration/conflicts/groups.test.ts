import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import { runBooksy } from '../api/support/cli.ts';
import { problemOf, startConflictRig, type Card, type ConflictRig } from './support/rig.ts';

/** A side for each group of one conflict (SPEC 4.2), by the API and by the command line; and a value that turns over (R6). */

let rig: ConflictRig;

beforeAll(async () => {
  rig = await startConflictRig();
});

afterAll(() => rig.stop());

const PATIENCE = { timeoutMs: 30_000 };

interface Disputed {
  readonly id: string;
  readonly link: string;
  readonly conflict: Card;
  /** Where each side has it now, and the name of the group that says so. */
  readonly here: string;
  readonly there: string;
  readonly time: string;
}

/** A visit that both sides have moved, and whose note both have changed: one conflict of two groups. */
async function disputed(): Promise<Disputed> {
  const { id, link } = await rig.bookedOnBoth({ note: 'przed' });
  const [here, there] = [rig.freeHour(), rig.freeHour()];
  const before = String((await rig.there(link))['booked_from']);
  const moveMinutes = (Date.parse(`${there}:00Z`) - Date.parse(`${before}:00Z`)) / 60_000;
  await rig.editThere(link, { customer_note: 'z Booksy', moveMinutes });
  await rig.sql(
    `WITH moved AS (
       UPDATE booking_items SET starts_local = $2::timestamp, ends_local = $2::timestamp + interval '1 hour',
              starts_at = $2::timestamp AT TIME ZONE zone, ends_at = ($2::timestamp + interval '1 hour') AT TIME ZONE zone
        WHERE booking_id = $1)
     UPDATE bookings SET client_note = 'z platformy' WHERE id = $1`,
    [id, here],
  );
  const conflict = await rig.open('field', id);
  const time = conflict.groups.find((group) => group.startsWith('item:')) ?? '';
  expect([...conflict.groups].sort()).toEqual(['clientNote', time].sort());
  expect(conflict.choices.map(({ choice }) => choice)).toContain('groups');
  return { id, link, conflict, here, there, time };
}

/** Note and start of the visit, here and there. */
async function bothSides({ id, link }: Disputed) {
  const [row] = await rig.sql<{ note: string; at: string }>(
    `SELECT b.client_note AS note, to_char(i.starts_local, 'YYYY-MM-DD"T"HH24:MI') AS at
       FROM bookings b JOIN booking_items i ON i.booking_id = b.id WHERE b.id = $1`,
    [id],
  );
  const there = await rig.there(link);
  return [
    [row?.note, row?.at],
    [there['customer_note'], there['booked_from']],
  ];
}

const inStep = (visit: Disputed, note: string, at: string) =>
  eventually(
    async () =>
      JSON.stringify(await bothSides(visit)) ===
      JSON.stringify([
        [note, at],
        [note, at],
      ]),
    { ...PATIENCE, what: `"${note}" at ${at} on both sides` },
  );

const answer = z.looseObject({
  ok: z.boolean(),
  state: z.string().optional(),
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
});

async function byCommand(...args: readonly string[]) {
  const { url, token: adminToken } = rig.engine.api;
  const { code, stdout } = await runBooksy({ url, adminToken }, 'conflicts', 'resolve', ...args, '--json');
  const said: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  return { code, said: answer.parse(said) };
}

describe('a side for each group', () => {
  it('by the API: each goes the way that was chosen for it, and nothing is in dispute any more', async () => {
    const visit = await disputed();
    const { conflict, time, there } = visit;
    const groups = { clientNote: 'platform', [time]: 'booksy' };
    expect((await rig.resolve(conflict, { choice: 'groups', groups, shown: conflict.shown })).status).toBe(
      200,
    );
    await inStep(visit, 'z platformy', there);
    await rig.quiet();
    expect((await rig.list(`?status=open&recordId=${visit.id}`)).conflicts).toEqual([]);
    const { history } = await rig.card(conflict.id);
    expect(history.find(({ action }) => action === 'resolved')).toMatchObject({ reasonCode: 'groups' });
  });

  it('that leaves one out, names a stranger or no side is refused, and nothing is decided', async () => {
    const { conflict, time, ...visit } = await disputed();
    const before = await bothSides({ conflict, time, ...visit });
    const refused = async (groups: Readonly<Record<string, string>>) => {
      const problem = problemOf(await rig.resolve(conflict, { choice: 'groups', groups }));
      return [problem.status, problem.code, problem.detail] as const;
    };
    expect(await refused({ clientNote: 'platform' })).toEqual([
      400,
      'conflict_choice_incomplete',
      expect.stringContaining(time),
    ]);
    const stranger = { clientNote: 'platform', [time]: 'booksy', clientPhone: 'booksy' };
    expect(await refused(stranger)).toEqual([
      400,
      'conflict_choice_incomplete',
      expect.stringContaining('nothing else'),
    ]);
    expect((await rig.resolve(conflict, { choice: 'groups', groups: { clientNote: 'ours' } })).status).toBe(
      400,
    );
    expect((await rig.resolve(conflict, { choice: 'groups' })).status).toBe(400);
    await rig.process('booking', visit.id);
    expect(await rig.row(conflict.id)).toMatchObject({ status: 'open', version: conflict.version });
    expect(await bothSides({ conflict, time, ...visit })).toEqual(before);
  });

  it('by the command line, which refuses the same', async () => {
    const visit = await disputed();
    const { conflict, time, here } = visit;
    const missing = await byCommand(conflict.id, 'groups', '--group', 'clientNote=booksy');
    expect(missing.code).toBe(1);
    expect(missing.said).toMatchObject({ ok: false, error: { code: 'conflict_choice_incomplete' } });
    const noSide = await byCommand(conflict.id, 'groups', '--group', 'clientNote');
    expect([noSide.code, noSide.said.error?.code]).toEqual([2, 'usage']);
    const done = await byCommand(
      conflict.id,
      'groups',
      '--group',
      'clientNote=booksy',
      '--group',
      `${time}=platform`,
    );
    expect(done).toMatchObject({ code: 0, said: { ok: true, state: 'resolved' } });
    await inStep(visit, 'z Booksy', here);
    expect(await rig.row(conflict.id)).toMatchObject({ status: 'resolved', resolution: 'groups' });
  });
});

describe('a value that neither side lets stand (R6)', () => {
  beforeAll(async () => {
    await rig.sql('CREATE TABLE test_shouted (id uuid PRIMARY KEY)');
    await rig.sql(`CREATE FUNCTION test_capitals() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
      IF EXISTS (SELECT FROM public.test_shouted s WHERE s.id = NEW.id) THEN NEW.client_note := upper(NEW.client_note); END IF;
      RETURN NEW; END $$`);
    // Before the product's own: what it counts is what is stored.
    await rig.sql(
      'CREATE TRIGGER aaa_capitals BEFORE UPDATE ON bookings FOR EACH ROW EXECUTE FUNCTION test_capitals()',
    );
  });

  it('is a conflict after three turns that webhooks told of; the rest goes on, a decision ends it', async () => {
    const { id, link } = await rig.bookedOnBoth({ note: 'przed' });
    await rig.sql('INSERT INTO test_shouted VALUES ($1)', [id]);
    const noteHere = async () =>
      (await rig.sql<{ note: string }>('SELECT client_note AS note FROM bookings WHERE id = $1', [id]))[0]
        ?.note;
    const noteThere = async () => String((await rig.there(link))['customer_note']);
    const nameThere = async (name: string) => (await rig.there(link))['customer_name'] === name;
    const rename = (family: string) =>
      rig.sql(`UPDATE bookings SET client_name = 'Zofia ' || $2 WHERE id = $1`, [id, family]);
    const found = async () =>
      (await rig.list(`?status=open&kind=normalised_differently&recordId=${id}`)).conflicts[0] ?? null;
    // Booksy's own program writes it small again whenever it has got it in capitals.
    for (let turn = 0; turn < 4 && (await found()) === null; turn += 1) {
      const [small, family] = [`mała ${String(turn)}`, 'ABCD'.charAt(turn) + 'backa'];
      await rig.engine.simulator.control('PATCH', `/visits/${link}`, { customer_note: small });
      await eventually(async () => (await found()) !== null || (await noteHere()) === small.toUpperCase(), {
        ...PATIENCE,
        what: `"${small}" here in capitals`,
      });
      // What the platform made of it goes out with the next edit of the visit.
      await rename(family);
      await eventually(() => nameThere(`Zofia ${family.charAt(0)}.`), {
        ...PATIENCE,
        what: 'the name at Booksy',
      });
      await rig.quiet();
    }
    const conflict = await rig.open('normalised_differently', id);
    expect(conflict.groups).toEqual(['clientNote']);
    // It stands still, while another field of the visit goes its way.
    const before = await noteThere();
    await rename('Inna');
    await eventually(() => nameThere('Zofia I.'), { ...PATIENCE, what: 'the name at Booksy' });
    await rig.quiet();
    expect(await noteThere()).toBe(before);
    expect((await rig.resolve(await rig.card(conflict.id), { choice: 'keep-platform' })).status).toBe(200);
    await rig.quiet();
    await rig.process('booking', id);
    expect(await noteThere()).toBe(before);
    expect((await rig.list(`?status=open&recordId=${id}`)).conflicts).toEqual([]);
  });
});
