import { randomUUID } from 'node:crypto';
import { Context, heartbeat } from '@temporalio/activity';
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import { afterEach, describe, expect, it } from 'vitest';
import type { InboundActivities, StepReport } from '../../activities/index.ts';
import { createLauncher, fullSyncId, type Launcher } from '../../infra/temporal/launch.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal.ts';

/** A list of so many steps of ten rows each. */
const walkOf = (steps: number) => {
  let step = 0;
  return async () => {
    step += 1;
    return { done: step >= steps, rowsDone: step * 10, rowsTotal: steps * 10, complete: step >= steps };
  };
};

/** Stand-ins for the activities that note what was called, in its order. */
function standIns(overrides: Partial<InboundActivities> = {}) {
  const calls: string[] = [];
  const finished: Parameters<InboundActivities['finishRun']>[0][] = [];
  const walks = { clients: walkOf(2), ahead: walkOf(3), recent: walkOf(1), past: walkOf(1) };
  const activities: InboundActivities = {
    beginRun: async () => ({ windowKeys: ['ahead', 'recent', 'past'] }),
    readHold: async () => ({ paused: false }),
    syncCatalog: async () => ({}),
    syncHours: async () => ({}),
    settleCards: async () => ({}),
    pushLacking: async () => ({}),
    planOutbound: async () => ({}),
    syncRecord: async () => undefined,
    walkClients: walks.clients,
    walkVisits: ({ windowKey }) => walks[windowKey](),
    finishRun: async (input) => {
      finished.push(input);
    },
    ...overrides,
  };
  const noted = Object.fromEntries(
    Object.entries(activities).map(([name, activity]: [string, (input: never) => Promise<unknown>]) => [
      name,
      (input: never) => {
        calls.push(name);
        return activity(input);
      },
    ]),
  );
  return { calls, finished, activities: noted };
}

describe('fullSync', () => {
  let worker: TestWorker | undefined;
  // Also replays every run of the test.
  afterEach(async () => {
    await worker?.stop();
    worker = undefined;
  });

  async function start(
    activities: object,
    settings: Partial<WorkerOptions> = {},
  ): Promise<{ worker: TestWorker; launcher: Launcher; businessId: string }> {
    worker = await startTestWorker({ activities, worker: settings });
    return { worker, launcher: createLauncher(worker), businessId: randomUUID() };
  }

  it('walks the entities in their order, each list to its end, and closes the ledger', async () => {
    const { calls, finished, activities } = standIns();
    const { launcher, businessId } = await start(activities);
    const runId = randomUUID();
    await launcher.startFullSync({ businessId, runId, actor: 'test' });
    await launcher.fullSyncResult(businessId);
    expect(calls).toEqual([
      'beginRun',
      'syncCatalog',
      'syncHours',
      ...['walkClients', 'walkClients'],
      ...['walkVisits', 'walkVisits', 'walkVisits', 'walkVisits', 'walkVisits'],
      'settleCards',
      'pushLacking',
      'finishRun',
    ]);
    expect(finished).toEqual([{ businessId, runId, status: 'completed', error: null }]);
  });

  it('answers with its progress while it runs, and not afterwards', async () => {
    let goOn = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (goOn = resolve));
    const { activities } = standIns({
      walkVisits: async () => {
        await waiting;
        return { done: true, rowsDone: 5, rowsTotal: 5, complete: true };
      },
    });
    const { launcher, businessId } = await start(activities);
    await launcher.startFullSync({ businessId, runId: randomUUID(), actor: 'test' });
    const progress = await eventually(async () => {
      const answer = await launcher.fullSyncProgress(businessId);
      return answer?.phase === 'visits' ? answer : null;
    });
    expect(progress).toMatchObject({
      windowKey: 'ahead',
      rowsDone: 20,
      rowsTotal: 20,
      totalIsKnown: false,
      etaSeconds: null,
    });
    goOn();
    await launcher.fullSyncResult(businessId);
    expect(await launcher.fullSyncProgress(businessId)).toBeNull();
  });

  it('runs once per business: a second start finds the first', async () => {
    let goOn = (): void => undefined;
    const waiting = new Promise<StepReport>((resolve) => (goOn = () => resolve({})));
    const { activities } = standIns({ syncCatalog: () => waiting });
    const { launcher, businessId } = await start(activities);
    const first = await launcher.startFullSync({ businessId, runId: randomUUID(), actor: 'test' });
    const second = await launcher.startFullSync({ businessId, runId: randomUUID(), actor: 'test' });
    expect(first.alreadyRunning).toBe(false);
    expect(second).toEqual({ ...first, alreadyRunning: true });
    goOn();
    await launcher.fullSyncResult(businessId);
  });

  it('goes on after a failure that passes', async () => {
    let attempts = 0;
    const { finished, activities } = standIns({
      syncCatalog: async () => {
        attempts += 1;
        if (attempts === 1) throw ApplicationFailure.retryable('The other side is away.', 'unavailable');
        return {};
      },
    });
    const { launcher, businessId } = await start(activities);
    await launcher.startFullSync({ businessId, runId: randomUUID(), actor: 'test' });
    await launcher.fullSyncResult(businessId);
    expect(attempts).toBe(2);
    expect(finished).toMatchObject([{ status: 'completed' }]);
  });

  it('ends with the code of a failure that does not pass, in the ledger and in Temporal', async () => {
    const { calls, finished, activities } = standIns({
      syncHours: async () => {
        throw ApplicationFailure.nonRetryable(
          'The credentials were refused. Enter new ones.',
          'auth_revoked',
        );
      },
    });
    const { launcher, businessId } = await start(activities);
    await launcher.startFullSync({ businessId, runId: randomUUID(), actor: 'test' });
    const error: unknown = await launcher.fullSyncResult(businessId).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(error).toMatchObject({ cause: { type: 'auth_revoked' } });
    expect(calls).not.toContain('walkClients');
    expect(finished).toMatchObject([
      {
        status: 'failed',
        error: { code: 'auth_revoked', detail: 'The credentials were refused. Enter new ones.' },
      },
    ]);
  });

  it('closes the ledger as cancelled only when nothing works any more, and may then be started again', async () => {
    let working = false;
    const { finished, activities } = standIns({
      walkVisits: async () => {
        working = true;
        const beat = setInterval(() => heartbeat(), 50);
        try {
          return await Context.current().cancelled;
        } finally {
          clearInterval(beat);
          working = false;
        }
      },
      finishRun: async (input) => {
        finished.push(input);
        stillWorking.push(working);
      },
    });
    const stillWorking: boolean[] = [];
    const { launcher, businessId } = await start(activities, { maxHeartbeatThrottleInterval: 50 });
    await launcher.startFullSync({ businessId, runId: randomUUID(), actor: 'test' });
    await eventually(() => working, { timeoutMs: 30_000 });
    await launcher.cancelFullSync(businessId);
    await expect(launcher.fullSyncResult(businessId)).rejects.toThrow();
    expect(finished).toMatchObject([{ status: 'cancelled', error: { code: 'cancelled' } }]);
    expect(stillWorking).toEqual([false]);
    const again = await launcher.startFullSync({ businessId, runId: randomUUID(), actor: 'test' });
    expect(again.alreadyRunning).toBe(false);
  });

  it('waits where an activity finds it held, and goes on when it is woken and free', async () => {
    let held = true;
    const looks: unknown[] = [];
    const { calls, finished, activities } = standIns({
      syncHours: async () => (held ? { paused: true } : {}),
      readHold: async ({ wish }) => {
        looks.push(wish);
        return { paused: held };
      },
    });
    const { launcher, businessId } = await start(activities);
    await launcher.startFullSync({ businessId, runId: randomUUID(), actor: 'test' });
    await eventually(async () => (await launcher.fullSyncProgress(businessId))?.paused === true);
    expect(calls).toEqual(['beginRun', 'syncCatalog', 'syncHours']);
    // Woken for nothing: it looks, and waits on.
    await launcher.wakeFullSync(businessId);
    await eventually(() => looks.length === 1);
    expect((await launcher.fullSyncProgress(businessId))?.paused).toBe(true);
    held = false;
    expect(await launcher.wakeFullSync(businessId)).toBe(true);
    await launcher.fullSyncResult(businessId);
    expect(looks).toEqual([null, null]);
    expect(calls.filter((name) => name === 'syncHours')).toHaveLength(2);
    expect(finished).toMatchObject([{ status: 'completed' }]);
    expect(await launcher.wakeFullSync(businessId)).toBe(false);
  });

  it('takes pause and resume typed in the Web UI, once they are written down', async () => {
    let paused = false;
    const wishes: unknown[] = [];
    let goOn = (): void => undefined;
    const waiting = new Promise<StepReport>((resolve) => (goOn = () => resolve({})));
    const { calls, activities } = standIns({
      syncCatalog: () => waiting,
      readHold: async ({ wish }) => {
        wishes.push(wish);
        if (wish !== null) paused = wish === 'pause';
        return { paused };
      },
    });
    const { worker: running, launcher, businessId } = await start(activities);
    await launcher.startFullSync({ businessId, runId: randomUUID(), actor: 'test' });
    const handle = running.client.workflow.getHandle(fullSyncId(businessId));
    await handle.signal('pause');
    goOn();
    await eventually(async () => (await launcher.fullSyncProgress(businessId))?.paused === true);
    expect(calls).not.toContain('syncHours');
    await handle.signal('resume');
    await launcher.fullSyncResult(businessId);
    expect(wishes).toEqual(['pause', 'resume']);
    expect(calls).toContain('finishRun');
  });

  it('can be cancelled while it is held', async () => {
    const { finished, activities } = standIns({
      syncCatalog: async () => ({ paused: true }),
      readHold: async () => ({ paused: true }),
    });
    const { launcher, businessId } = await start(activities);
    await launcher.startFullSync({ businessId, runId: randomUUID(), actor: 'test' });
    await eventually(async () => (await launcher.fullSyncProgress(businessId))?.paused === true);
    expect(await launcher.cancelFullSync(businessId)).toBe(true);
    await expect(launcher.fullSyncResult(businessId)).rejects.toThrow(WorkflowFailedError);
    expect(finished).toMatchObject([{ status: 'cancelled' }]);
  });

  it('plans what a push would do at the end of a dry run, and settles no cards', async () => {
    const begun: unknown[] = [];
    const { calls, activities } = standIns({
      beginRun: async (input) => {
        begun.push(input.mode);
        return { windowKeys: ['ahead'] };
      },
    });
    const { launcher, businessId } = await start(activities);
    const started = await launcher.startFullSync({
      businessId,
      runId: randomUUID(),
      actor: 'test',
      mode: 'dry_run',
    });
    expect(started.mode).toBe('dry_run');
    await launcher.fullSyncResult(businessId);
    expect(begun).toEqual(['dry_run']);
    expect(calls.slice(-2)).toEqual(['planOutbound', 'finishRun']);
    expect(calls).not.toContain('settleCards');
    expect(calls).not.toContain('pushLacking');
  });

  it('can be found by its business while it is open', async () => {
    let goOn = (): void => undefined;
    const waiting = new Promise<StepReport>((resolve) => (goOn = () => resolve({})));
    const { activities } = standIns({ syncCatalog: () => waiting });
    const { launcher, businessId } = await start(activities);
    await launcher.startFullSync({ businessId, runId: randomUUID(), actor: 'test' });
    const open = await eventually(async () => {
      const list = await launcher.listOpen({ businessIds: [businessId, randomUUID()] });
      return list.length > 0 ? list : null;
    });
    expect(open).toMatchObject([{ workflowId: fullSyncId(businessId), kind: 'full_sync', businessId }]);
    expect(await launcher.listOpen({ businessIds: [randomUUID()] })).toEqual([]);
    goOn();
    await launcher.fullSyncResult(businessId);
  });

  it('leaves a small history without rows', async () => {
    const { activities } = standIns();
    const { worker: own, launcher, businessId } = await start(activities);
    const { workflowId } = await launcher.startFullSync({ businessId, runId: randomUUID(), actor: 'test' });
    await launcher.fullSyncResult(businessId);
    const { events = [] } = await own.client.workflow.getHandle(workflowId).fetchHistory();
    // Six events an activity, one for each change of phase, five around it, two for each marker of a version.
    expect((events ?? []).length).toBeLessThanOrEqual(13 * 6 + 9 + 5 + 4);
  });
});
