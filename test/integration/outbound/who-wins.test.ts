import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processRecord } from '../../../domain/protocol/process.ts';
import { eventually } from '../../support/eventually.ts';
import { startRig, type OutboundRig } from './support/rig.ts';
import { underFaultsOf } from './support/under-faults.ts';

/** `latest` both ways and its margins (R9), and values that neither side lets stand (R6): PostgreSQL, the simulator over HTTP. */

let rig: OutboundRig;

beforeAll(async () => {
  // The API takes the webhooks in; nothing drains them but the tests.
  rig = await startRig({ api: true });
  await rig.sql(
    `INSERT INTO sync_rules (business_id, id, name, source_system, priority, conditions, actions, policies)
     VALUES ($1, 'latest', 'The later one wins', 'both', 50, $2, $3, $4)`,
    [
      rig.businessId,
      { bufferTimes: { before: 0, after: 0 }, maxAdvanceBooking: 365 },
      { syncAvailability: true, autoResolveConflicts: true, notifyAdmin: true },
      { 'booking.*': 'latest' },
    ],
  );
}, 300_000);

afterAll(() => rig.stop());

const { conflicts, portOf } = underFaultsOf(() => rig);

interface Pushed {
  readonly id: string;
  readonly link: string;
}
async function pushed(): Promise<Pushed> {
  const id = await rig.book(rig.freeHour(), { note: 'wspólna' });
  await rig.process('booking', id);
  const link = (await rig.linkOf(id)) ?? '';
  // The news of our own create.
  await eventually(async () => (await told(link)) > 0);
  await rig.sql('DELETE FROM webhook_logs WHERE external_id = $1', [link]);
  return { id, link };
}
const told = async (link: string) =>
  (await rig.sql('SELECT 1 FROM webhook_logs WHERE external_id = $1', [link])).length;
const editHere = (id: string, note: string) =>
  rig.sql('UPDATE bookings SET client_note = $2 WHERE id = $1', [id, note]);
const editThere = (link: string, note: string, silent = true) =>
  rig.engine.simulator.control('PATCH', `/visits/${link}`, { customer_note: note, silent });
const noteHere = async (id: string) =>
  (await rig.sql<{ note: string }>('SELECT client_note AS note FROM bookings WHERE id = $1', [id]))[0]?.note;
const noteThere = async (link: string) => (await rig.there(link))['customer_note'];
/** Both notes, and the kinds of open conflicts. */
const outcome = async ({ id, link }: Pushed) => [
  await noteHere(id),
  await noteThere(link),
  (await conflicts(id)).map(({ kind }) => kind),
];
/** The last read that showed the base was sent so many milliseconds after the edit here. */
const baseShownAfter = ({ id }: Pushed, ms: number) =>
  rig.sql(
    `UPDATE external_bookings m SET observed_sent_at = o.created_at + make_interval(secs => $2)
       FROM sync_outbox o WHERE o.record_id = $1 AND m.booking_id = $1`,
    [id, ms / 1000],
  );

describe('`latest` (R9)', () => {
  it.each([
    [1_900, 'within the margin a person decides', ['nasza', 'z Booksy', ['field']]],
    [2_100, 'just beyond it Booksy wins', ['z Booksy', 'z Booksy', []]],
    [-5_000, 'a read before our edit proves nothing', ['nasza', 'z Booksy', ['field']]],
  ])('the base was shown %i ms after our edit: %s', async (ms, _, expected) => {
    const visit = await pushed();
    await editHere(visit.id, 'nasza');
    await baseShownAfter(visit, ms);
    await editThere(visit.link, 'z Booksy');
    await rig.process('booking', visit.id);
    expect(await outcome(visit)).toEqual(expected);
  });

  it.each([
    [2_100, 'ours wins where their value was shown well before our edit', ['nasza', 'nasza', []]],
    [1_900, 'within the margin a person decides', ['nasza', 'z Booksy', ['field']]],
    [-1_000, 'news after our edit proves nothing', ['nasza', 'z Booksy', ['field']]],
  ])('a webhook came %i ms before our edit: %s', async (ms, _, expected) => {
    const visit = await pushed();
    await editThere(visit.link, 'z Booksy', false);
    await eventually(async () => (await told(visit.link)) > 0);
    await editHere(visit.id, 'nasza');
    await rig.sql(
      `UPDATE webhook_logs w SET received_at = o.created_at - make_interval(secs => $2)
         FROM sync_outbox o WHERE o.record_id = $1 AND w.external_id = $3`,
      [visit.id, ms / 1000, visit.link],
    );
    await rig.process('booking', visit.id);
    expect(await outcome(visit)).toEqual(expected);
    expect(await rig.process('booking', visit.id)).toMatchObject({ writes: 0 });
  });

  it('two edits here leave it to a person: which of them was when is not known', async () => {
    const visit = await pushed();
    await editHere(visit.id, 'pierwsza');
    await editHere(visit.id, 'nasza');
    await baseShownAfter(visit, 60_000);
    await editThere(visit.link, 'z Booksy');
    await rig.process('booking', visit.id);
    expect(await outcome(visit)).toEqual(['nasza', 'z Booksy', ['field']]);
  });
});

describe('a value that neither side lets stand (R6)', () => {
  /** The platform writes notes of one visit in capitals, whoever brings them. */
  const shouting = (id: string) => rig.sql(`SELECT test_shout($1)`, [id]);

  beforeAll(async () => {
    await rig.sql(`CREATE TABLE test_shouted (id uuid PRIMARY KEY)`);
    await rig.sql(`CREATE FUNCTION test_shout(uuid) RETURNS void LANGUAGE sql AS
      $$ INSERT INTO test_shouted VALUES ($1) $$`);
    await rig.sql(`CREATE FUNCTION test_capitals() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
      IF EXISTS (SELECT FROM public.test_shouted s WHERE s.id = NEW.id) THEN NEW.client_note := upper(NEW.client_note); END IF;
      RETURN NEW; END $$`);
    // Before the product's own: what it counts is what is stored.
    await rig.sql(
      'CREATE TRIGGER aaa_capitals BEFORE UPDATE ON bookings FOR EACH ROW EXECUTE FUNCTION test_capitals()',
    );
  });

  it('stops after three turns in ten minutes without a person’s edit, and a person is asked', async () => {
    const visit = await pushed();
    await shouting(visit.id);
    const seen: unknown[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      // Booksy writes it small again, each time that it got it.
      await editThere(visit.link, `mała ${String(turn)}`);
      for (let look = 0; look < 2; look += 1) await rig.process('booking', visit.id);
      seen.push(await outcome(visit));
      if ((await conflicts(visit.id)).length > 0) break;
    }
    expect(seen.at(-1)).toEqual([expect.any(String), expect.any(String), ['normalised_differently']]);
    expect(seen.length).toBeLessThanOrEqual(3);
    // It is quiet now, and the rest of the visit still goes both ways.
    const puts = async () =>
      (await rig.engine.simulator.counters()).calls.byRoute[
        'PUT /business/{business_id}/appointment/{appointment_id}/'
      ] ?? 0;
    const before = await puts();
    await editThere(visit.link, 'mała znowu');
    await rig.process('booking', visit.id);
    await rig.process('booking', visit.id);
    expect(await puts()).toBe(before);
    expect(await conflicts(visit.id)).toHaveLength(1);
  });

  it('turns that lie further apart than ten minutes are no ping-pong', async () => {
    const visit = await pushed();
    await shouting(visit.id);
    for (let turn = 0; turn < 5; turn += 1) {
      await editThere(visit.link, `mała ${String(turn)}`);
      for (let look = 0; look < 2; look += 1) await rig.process('booking', visit.id);
      // As if eleven minutes had passed: the instants lie in the mirror.
      await rig.sql(
        `UPDATE external_bookings SET flips = jsonb_set(flips, '{turns}', coalesce((
           SELECT jsonb_object_agg(g.key, (SELECT jsonb_agg(split_part(t, ':', 1) || ':' ||
                    to_char((substr(t, strpos(t, ':') + 1)::timestamptz - interval '11 minutes') AT TIME ZONE 'UTC',
                            'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) FROM jsonb_array_elements_text(g.value) t))
             FROM jsonb_each(flips -> 'turns') g), '{}'::jsonb))
          WHERE booking_id = $1 AND flips ? 'turns'`,
        [visit.id],
      );
    }
    expect(await conflicts(visit.id)).toEqual([]);
  });

  it('a person’s edit in between is none either', async () => {
    const visit = await pushed();
    for (let turn = 0; turn < 4; turn += 1) {
      await editThere(visit.link, `stamtąd ${String(turn)}`);
      await rig.process('booking', visit.id);
      await editHere(visit.id, `stąd ${String(turn)}`);
      await rig.process('booking', visit.id);
    }
    expect(await outcome(visit)).toEqual(['stąd 3', 'stąd 3', []]);
  });
});

describe('the status in a PUT (R5, R13a)', () => {
  /** Changes a note while the salon cancels between our read and our write. */
  async function cancelledInBetween(visit: Pushed): Promise<unknown> {
    await editHere(visit.id, 'w trakcie');
    const port = await portOf(visit.id);
    const send = port.send.bind(port);
    let done = false;
    port.send = async (...given) => {
      if (!done)
        await rig.engine.simulator.control('PATCH', `/visits/${visit.link}`, { status: 'C', silent: true });
      done = true;
      return send(...given);
    };
    await processRecord(port);
    await rig.process('booking', visit.id);
    return (await rig.there(visit.link))['status'];
  }

  it('is left out where Booksy lets us: a cancel in the gap stays one, and comes here', async () => {
    const visit = await pushed();
    expect(await cancelledInBetween(visit)).toBe('C');
    expect(await rig.sql('SELECT status FROM bookings WHERE id = $1', [visit.id])).toEqual([
      { status: 'cancelled' },
    ]);
  });

  it('that Booksy insists on, and we leave out, is a card and no storm', async () => {
    const visit = await pushed();
    await rig.engine.simulator.configure({ flags: { statusOptionalInPut: false } });
    await editHere(visit.id, 'bez statusu');
    await rig.process('booking', visit.id);
    await rig.engine.simulator.configure({ flags: { statusOptionalInPut: true } });
    expect(await outcome(visit)).toEqual(['bez statusu', 'wspólna', ['refused_by_booksy']]);
  });

  it('goes with it as it was just read where Booksy insists', async () => {
    const strict = await startRig({
      simulator: { visits: 40, clients: 15, flags: { statusOptionalInPut: false } },
      env: { BOOKSY_CAP_STATUS_OPTIONAL_IN_PUT: 'false' },
    });
    try {
      for (const status of ['confirmed', 'pending']) {
        const id = await strict.book(strict.freeHour(), { status });
        await strict.process('booking', id);
        const link = (await strict.linkOf(id)) ?? '';
        const before = (await strict.there(link))['status'];
        await strict.sql(`UPDATE bookings SET client_note = 'ze statusem' WHERE id = $1`, [id]);
        expect(await strict.process('booking', id)).toMatchObject({ outcome: 'written', conflicts: 0 });
        expect(await strict.there(link)).toMatchObject({ customer_note: 'ze statusem', status: before });
      }
    } finally {
      await strict.stop();
    }
  }, 240_000);
});
