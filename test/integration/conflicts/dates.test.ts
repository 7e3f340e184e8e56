import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localOf, resolveLocal } from '../../../domain/local-time.ts';
import { startMissingConflicts } from '../../../infra/temporal/launch-conflicts.ts';
import { eventually } from '../../support/eventually.ts';
import { layConflict } from './support/lay.ts';
import { startConflictRig, type ConflictRig } from './support/rig.ts';

/** What is no visit has its date too: it is near before it and over after it (R10). */

let rig: ConflictRig;
const HOUR_MS = 3_600_000;
const ESCALATE_MS = 36 * HOUR_MS;

beforeAll(async () => {
  rig = await startConflictRig({ env: { CONFLICT_ESCALATE_HOURS: '36' } });
});

afterAll(() => rig.stop());

const PATIENCE = { timeoutMs: 30_000 };
const handleOf = (id: string) => rig.engine.worker.client.workflow.getHandle(`conflict/${id}`);
const started = () =>
  startMissingConflicts(
    { db: rig.engine.deps.db, client: rig.engine.worker.client, taskQueue: rig.engine.worker.taskQueue },
    [rig.businessId],
  );

interface Dates {
  readonly escalate_at: Date | null;
  readonly escalated_at: Date | null;
  readonly overtaken_at: Date | null;
}
const datesOf = async (id: string) =>
  (
    await rig.sql<Dates>(
      'SELECT escalate_at, escalated_at, overtaken_at FROM booksy_sync_conflicts WHERE id = $1',
      [id],
    )
  )[0];
/** The dates once its workflow has written them down. */
const dated = (id: string, escalateAt: number) =>
  eventually(
    async () => {
      const dates = await datesOf(id);
      return dates?.escalate_at?.getTime() === escalateAt ? dates : null;
    },
    { ...PATIENCE, what: 'the date from which it escalates' },
  );
/** The date so many days from today in the salon, and when it begins. */
function day(days: number) {
  const date = localOf(new Date(Date.now() + days * 24 * HOUR_MS).toISOString(), rig.zone).slice(0, 10);
  return { date, begins: Date.parse(resolveLocal(`${date}T00:00`, rig.zone).instant) };
}

describe('a conflict about a date', () => {
  it('of opening hours escalates before it, and is over once it has passed', async () => {
    const [schedule] = await rig.sql<{ id: string }>(
      `SELECT id FROM hours_schedules WHERE business_id = $1 AND part = 'custom' ORDER BY id LIMIT 1`,
      [rig.businessId],
    );
    const [far, near] = [day(30), day(40)];
    const { id } = await layConflict(rig, {
      kind: 'outcome_unknown',
      entity: 'hours',
      recordId: schedule?.id ?? '',
      groups: [`date:${near.date}`, `date:${far.date}`],
    });
    await started();
    const dates = await dated(id, far.begins - ESCALATE_MS);
    expect(dates.escalated_at).toBeNull();
    expect(dates.overtaken_at?.getTime()).toBe(day(41).begins);

    const tomorrow = day(1);
    await rig.sql('UPDATE booksy_sync_conflicts SET groups = $2 WHERE id = $1', [
      id,
      [`date:${tomorrow.date}`],
    ]);
    await handleOf(id).signal('wake');
    await eventually(async () => (await datesOf(id))?.escalated_at != null, {
      ...PATIENCE,
      what: 'the escalation',
    });
    expect((await rig.row(id)).status).toBe('open');

    await rig.sql('UPDATE booksy_sync_conflicts SET groups = $2 WHERE id = $1', [
      id,
      [`date:${day(-2).date}`],
    ]);
    await handleOf(id).signal('wake');
    await eventually(async () => (await rig.row(id)).status === 'closed', {
      ...PATIENCE,
      what: 'the end of the conflict',
    });
    expect((await rig.row(id)).resolution).toBe('overtaken');
  });

  it('of time off escalates before it begins, and is over then', async () => {
    const id = uuidv7();
    const from = new Date(Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + 240 * HOUR_MS);
    const local = localOf(from.toISOString(), rig.zone);
    await rig.sql(
      `INSERT INTO time_off (id, business_id, owner_kind, owner_id, starts_local, ends_local, zone, starts_at, ends_at, reason_code)
       VALUES ($1, $2, 'staff', $3, $4::timestamp, $4::timestamp + interval '1 hour', $5, $6, $6::timestamptz + interval '1 hour', 'other')`,
      [id, rig.businessId, rig.staff.id, local, rig.zone, from],
    );
    const conflict = await layConflict(rig, { kind: 'outcome_unknown', entity: 'time_off', recordId: id });
    await started();
    const dates = await dated(conflict.id, from.getTime() - ESCALATE_MS);
    expect(dates.overtaken_at?.getTime()).toBe(from.getTime());
  });

  it('of a visit that was deleted here escalates before it begins at Booksy, and waits on', async () => {
    const visit = await rig.bookedOnBoth({ note: 'przed' });
    await rig.editThere(visit.link, { customer_note: 'z Booksy' });
    await rig.sql('DELETE FROM bookings WHERE id = $1', [visit.id]);
    const { id } = await rig.open('deleted_against_changed', visit.id);
    const dates = await dated(id, Date.parse(resolveLocal(visit.at, rig.zone).instant) - ESCALATE_MS);
    expect(dates.overtaken_at).toBeNull();
  });
});
