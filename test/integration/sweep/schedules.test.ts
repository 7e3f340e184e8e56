import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  ensureSchedules,
  readSchedules,
  sweepNow,
  type ScheduleScope,
} from '../../../infra/temporal/schedules.ts';
import { startTestWorker, type TestWorker } from '../../support/temporal.ts';
import { eventually } from '../../support/eventually.ts';

/** Schedules are made and kept right, whoever starts, and however often (SPEC 3.5). */

let worker: TestWorker;
let scope: ScheduleScope;
const ALL = { total: 2, paused: 0 };

beforeAll(async () => {
  worker = await startTestWorker({ activities: {} });
  scope = await scopeWithoutStarts();
});

afterEach(() => deleteAll());

/** When the schedules start something is spread by their ids: here nothing starts by itself while the tests run. */
async function scopeWithoutStarts(): Promise<ScheduleScope> {
  for (let n = 0; ; n += 1) {
    scope = { client: worker.client, taskQueue: `${worker.taskQueue}-${String(n)}`, accountKey: 'default' };
    await changes();
    const schedules = await readSchedules(scope);
    await deleteAll();
    if (schedules.every(({ nextAt }) => Date.parse(nextAt ?? '') > Date.now() + 120_000)) return scope;
  }
}

async function deleteAll(): Promise<void> {
  for (const { id, exists } of await readSchedules(scope))
    if (exists) await worker.client.schedule.getHandle(id).delete();
}

afterAll(() => worker.stop());

const changes = async (businesses = ALL) =>
  (await ensureSchedules(scope, businesses)).map(({ change }) => change);
const near = async () => {
  const found = (await readSchedules(scope)).find(({ id }) => id.endsWith('/near'));
  if (found === undefined) throw new Error('There is no near schedule.');
  return found;
};

describe('ensureSchedules', { timeout: 240_000 }, () => {
  it('makes near, far, nightly, the calendars’ and reconcile, and doing it again changes nothing', async () => {
    expect(await changes()).toEqual(['made', 'made', 'made', 'made', 'made']);
    expect(await changes()).toEqual(['kept', 'kept', 'kept', 'kept', 'kept']);
    const schedules = await readSchedules(scope);
    expect(schedules.map(({ everySeconds, exists }) => [everySeconds, exists])).toEqual([
      [300, true],
      [3600, true],
      [86_400, true],
      [300, true],
      [300, true],
    ]);
    for (const { nextAt } of schedules) expect(Date.parse(nextAt ?? '')).toBeGreaterThan(Date.now());
  });

  it('two workers that start at once do no harm', async () => {
    const both = await Promise.all([changes(), changes(), changes()]);
    const made = both.flat().filter((change) => change === 'made');
    expect(made).toHaveLength(5);
    expect(await changes()).toEqual(['kept', 'kept', 'kept', 'kept', 'kept']);
  });

  it('sets right what somebody changed, and states its policies', async () => {
    await changes();
    const handle = worker.client.schedule.getHandle((await near()).id);
    await handle.update((before) => ({
      ...before,
      spec: { intervals: [{ every: '1 day' }] },
      action: { ...before.action, memo: {} },
    }));
    expect(await changes()).toEqual(['set_right', 'kept', 'kept', 'kept', 'kept']);
    const { spec, policies } = await handle.describe();
    expect(spec.intervals).toMatchObject([{ every: 300_000 }]);
    expect(policies).toMatchObject({ catchupWindow: 60_000, overlap: 'SKIP' });
  });

  it('R30 rests while every business is paused, says so, and goes on by itself', async () => {
    await changes({ total: 2, paused: 1 });
    expect(await near()).toMatchObject({ paused: false, note: '1 of 2 businesses are paused and left out.' });
    await changes({ total: 2, paused: 2 });
    expect(await near()).toMatchObject({ paused: true, nextAt: null });
    expect((await readSchedules(scope)).at(-1)).toMatchObject({ paused: false, note: null });
    await changes(ALL);
    expect(await near()).toMatchObject({ paused: false, note: null });
  });

  it('a schedule that a person paused stays paused', async () => {
    await changes();
    const { id } = await near();
    await worker.client.schedule.getHandle(id).pause('the owner asked for quiet');
    expect(await changes()).toEqual(['kept', 'kept', 'kept', 'kept', 'kept']);
    expect(await changes({ total: 2, paused: 2 })).toEqual([
      'kept',
      'set_right',
      'set_right',
      'kept',
      'kept',
    ]);
    expect(await near()).toMatchObject({ paused: true, note: 'the owner asked for quiet' });
  });

  it('shows what it started last', async () => {
    await changes();
    expect((await near()).lastAt).toBeNull();
    expect(await sweepNow(scope)).toBe(true);
    const last = await eventually(async () => {
      const found = await near();
      return found.lastWorkflowId === null ? null : found;
    });
    expect(last.lastWorkflowId).toContain(`${scope.taskQueue}/sweep/default/near`);
    await worker.client.workflow.getHandle(last.lastWorkflowId ?? '').terminate('The test has ended.');
  });

  it('a schedule that is missing is told as missing', async () => {
    expect(await near()).toMatchObject({ exists: false, nextAt: null });
    expect(await sweepNow(scope)).toBe(false);
  });
});
