import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMissingConflicts } from '../../../infra/temporal/launch-conflicts.ts';
import { eventually } from '../../support/eventually.ts';
import { historyToCommit } from '../../support/history-file.ts';
import { startConflictRig, type ConflictRig } from './support/rig.ts';

/** Waiting for a person: reminders, escalation, the visit's start, and workflows that were lost (R10, R32). */

let rig: ConflictRig;

beforeAll(async () => {
  rig = await startConflictRig({ env: { CONFLICT_REMIND_HOURS: '12', CONFLICT_ESCALATE_HOURS: '36' } });
}, 240_000);

afterAll(() => rig.stop());

const PATIENCE = { timeoutMs: 20_000 };
const HOUR_MS = 3_600_000;
const REMIND_MS = 12 * HOUR_MS;

const handleOf = (id: string) => rig.engine.worker.client.workflow.getHandle(`conflict/${id}`);

const isRunning = async (id: string) => (await rig.workflowOf(id)) === 'running';

const rebuild = () =>
  startMissingConflicts(
    { db: rig.engine.deps.db, client: rig.engine.worker.client, taskQueue: rig.engine.worker.taskQueue },
    [rig.businessId],
  );

/** A visit whose note was changed on both sides, its conflict's workflow running, its dates those of the configuration. */
async function waiting() {
  const visit = await rig.bookedOnBoth({ note: 'przed' });
  await rig.editThere(visit.link, { customer_note: 'z Booksy' });
  await rig.sql(`UPDATE bookings SET client_note = 'z platformy' WHERE id = $1`, [visit.id]);
  const conflict = await rig.open('field', visit.id);
  // Not a day, as by default: the configuration says twelve hours, and its workflow writes them down first.
  await eventually(
    async () => Number((await dates(conflict.id))?.remind_at) - Date.parse(conflict.openedAt) === REMIND_MS,
    { ...PATIENCE, what: 'the date that the configuration sets' },
  );
  return { ...visit, conflict };
}

const dates = async (id: string) =>
  (
    await rig.sql<
      Record<'reminded_at' | 'remind_at' | 'escalated_at' | 'escalate_at' | 'overtaken_at', Date | null>
    >(
      'SELECT reminded_at, remind_at, escalated_at, escalate_at, overtaken_at FROM booksy_sync_conflicts WHERE id = $1',
      [id],
    )
  )[0];

describe('a conflict that waits', () => {
  it('is reminded of when its stored date comes, as often as configured, and says so in the trail', async () => {
    const { conflict } = await waiting();
    const first = await dates(conflict.id);
    expect(Number(first?.remind_at) - Date.parse(conflict.openedAt)).toBe(REMIND_MS);
    expect(Number(first?.overtaken_at) - Number(first?.escalate_at)).toBe(36 * HOUR_MS);
    await rig.sql(`UPDATE booksy_sync_conflicts SET remind_at = now() - interval '1 second' WHERE id = $1`, [
      conflict.id,
    ]);
    await handleOf(conflict.id).signal('wake');
    const reminded = await eventually(
      async () => {
        const now = await dates(conflict.id);
        return now?.reminded_at == null ? null : now;
      },
      { ...PATIENCE, what: 'the reminder' },
    );
    expect(Number(reminded.remind_at) - Number(reminded.reminded_at)).toBe(REMIND_MS);
    const { history } = await rig.card(conflict.id);
    expect(history.filter(({ action }) => action === 'conflict_reminded')).toHaveLength(1);
  });

  it('escalates when the visit comes near, and the inbox can be asked for it', async () => {
    const { conflict, id } = await waiting();
    expect((await dates(conflict.id))?.escalated_at).toBeNull();
    // The visit moves to within 36 hours: the dates go with it.
    const at = new Date(Date.now() + 30 * HOUR_MS).toISOString();
    await rig.sql(
      `UPDATE bookings SET starts_at = $2, ends_at = $2::timestamptz + interval '1 hour' WHERE id = $1`,
      [id, at],
    );
    await handleOf(conflict.id).signal('wake');
    await eventually(async () => (await dates(conflict.id))?.escalated_at !== null, {
      ...PATIENCE,
      what: 'the escalation',
    });
    const near = await rig.list('?status=open&escalated=true');
    expect(near.conflicts.map((each) => each.id)).toContain(conflict.id);
    expect(near.counts.escalated).toBeGreaterThanOrEqual(1);
    const others = await rig.list('?status=open&escalated=false');
    expect(others.conflicts.map((each) => each.id)).not.toContain(conflict.id);
  });

  it('closes as overtaken when the visit begins: both keep what they have', async () => {
    const { conflict, id, link } = await waiting();
    const soon = new Date(Date.now() + 1500).toISOString();
    await rig.sql(
      `UPDATE bookings SET starts_at = $2, ends_at = $2::timestamptz + interval '1 hour' WHERE id = $1`,
      [id, soon],
    );
    await handleOf(conflict.id).signal('wake');
    // No signal at its start: the workflow's own timer, from the stored date.
    await eventually(async () => (await rig.row(conflict.id)).status === 'closed', {
      ...PATIENCE,
      what: 'the end',
    });
    expect((await rig.row(conflict.id)).resolution).toBe('overtaken');
    await rig.process('booking', id);
    const [own] = await rig.sql<{ client_note: string }>('SELECT client_note FROM bookings WHERE id = $1', [
      id,
    ]);
    expect([own?.client_note, (await rig.there(link))['customer_note']]).toEqual(['z platformy', 'z Booksy']);
    expect((await rig.list(`?status=open&recordId=${id}`)).conflicts).toEqual([]);
    await eventually(async () => !(await isRunning(conflict.id)), {
      ...PATIENCE,
      what: 'the end of the workflow',
    });
  });
});

describe('a workflow that was lost (R32)', () => {
  it('is rebuilt from its row with its dates, and goes on', async () => {
    const { conflict } = await waiting();
    const before = await dates(conflict.id);
    await handleOf(conflict.id).terminate('The test loses it.');
    expect(await isRunning(conflict.id)).toBe(false);
    // The list of running ones lags a moment behind.
    await eventually(
      async () => {
        await rebuild();
        return isRunning(conflict.id);
      },
      { ...PATIENCE, what: 'the workflow again' },
    );
    expect(await rebuild()).toBe(0);
    expect(await dates(conflict.id)).toEqual(before);
    await handleOf(conflict.id).signal('resolve', { choice: 'ignore' });
    await eventually(async () => (await rig.row(conflict.id)).status === 'resolved', {
      ...PATIENCE,
      what: 'the decision',
    });
  });

  it('carries out a decision whose signal was lost with it', async () => {
    const { conflict } = await waiting();
    await handleOf(conflict.id).terminate('The test loses it.');
    const decided = uuidv7();
    await rig.sql(
      `UPDATE booksy_sync_conflicts
          SET resolution_id = $2, resolution_outcome = 'pending', resolved_by = 'api:test',
              resolution_choice = $3
        WHERE id = $1`,
      [
        conflict.id,
        decided,
        JSON.stringify({
          choice: 'keep-booksy',
          groups: {},
          move: null,
          version: conflict.version,
          shown: null,
          mayOverbook: true,
        }),
      ],
    );
    await eventually(
      async () => {
        await rebuild();
        return (await rig.row(conflict.id)).status === 'resolved';
      },
      { ...PATIENCE, what: 'the decision being carried out' },
    );
    expect(await rig.row(conflict.id)).toMatchObject({ resolution: 'keep-booksy', resolved_by: 'api:test' });
  });

  it('is started by a decision where there is none', async () => {
    const { conflict } = await waiting();
    await handleOf(conflict.id).terminate('The test loses it.');
    expect((await rig.resolve(conflict, { choice: 'ignore' })).status).toBe(200);
  });

  it('holds no value and no name in its history', async () => {
    const { conflict } = await waiting();
    expect((await rig.resolve(conflict, { choice: 'keep-platform', reason: 'Zofia prosiła' })).status).toBe(
      200,
    );
    const history = historyToCommit(await handleOf(conflict.id).fetchHistory());
    const payloads = [...history.matchAll(/"data": ?"([^"]+)"/g)].map(([, data = '']) =>
      Buffer.from(data, 'base64').toString('utf8'),
    );
    // The scan finds what is there: the choice and the conflict's id are.
    expect(payloads.join('\n')).toContain('keep-platform');
    expect(payloads.join('\n')).toContain(conflict.id);
    const text = `${history}\n${payloads.join('\n')}`;
    for (const word of ['z platformy', 'z Booksy', 'Zofia', 'prosiła']) expect(text).not.toContain(word);
  });
});

describe('the sync rule decides where it may (R9, SPEC 4.2)', () => {
  const rule = (policies: object, auto = true) =>
    rig.sql(
      `INSERT INTO sync_rules (business_id, id, name, source_system, priority, conditions, actions, policies, updated_by)
       VALUES ($1, 'house', 'House rule', 'both', 9,
               '{"bufferTimes":{"before":15,"after":15},"maxAdvanceBooking":90}', $2, $3, 'test')
       ON CONFLICT (business_id, id) DO UPDATE SET actions = excluded.actions, policies = excluded.policies`,
      [
        rig.businessId,
        JSON.stringify({ syncAvailability: true, autoResolveConflicts: auto, notifyAdmin: true }),
        JSON.stringify(policies),
      ],
    );

  it('an open conflict follows the rule as soon as it decides, with rule and reason in row and trail', async () => {
    await rule({}, false);
    const { conflict, id, link } = await waiting();
    await rule({ 'booking.clientNote': 'booksy' });
    await handleOf(conflict.id).signal('wake');
    await eventually(async () => (await rig.row(conflict.id)).status === 'resolved', {
      ...PATIENCE,
      what: 'the decision',
    });
    expect(await rig.row(conflict.id)).toMatchObject({
      resolution: 'keep-booksy',
      resolved_by: 'rule:house',
      rule_id: 'house',
    });
    const { history, decision } = await rig.card(conflict.id);
    expect(decision).toMatchObject({ state: 'applied', ruleId: 'house', reason: 'policy_booksy' });
    expect(history.find(({ action }) => action === 'resolved')).toMatchObject({
      actor: 'rule:house',
      reasonCode: 'policy_booksy',
    });
    await eventually(
      async () =>
        (await rig.sql<{ client_note: string }>('SELECT client_note FROM bookings WHERE id = $1', [id]))[0]
          ?.client_note === 'z Booksy',
      { ...PATIENCE, what: 'the note here' },
    );
    expect((await rig.there(link))['customer_note']).toBe('z Booksy');
    await rule({}, false);
  });

  it('a group that the rule leaves to a person keeps the whole conflict waiting', async () => {
    await rule({ 'booking.clientNote': 'manual' });
    const { conflict } = await waiting();
    await handleOf(conflict.id).signal('wake');
    await handleOf(conflict.id).signal('resolve', { choice: 'nonsense' });
    await eventually(
      async () => {
        const { events } = await handleOf(conflict.id).fetchHistory();
        return (
          (events ?? []).filter(({ activityTaskCompletedEventAttributes: done }) => done != null).length >= 2
        );
      },
      { ...PATIENCE, what: 'another look' },
    );
    expect((await rig.row(conflict.id)).status).toBe('open');
    await rule({}, false);
  });
});
