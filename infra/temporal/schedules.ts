import { createHash } from 'node:crypto';
import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleDescription,
  type ScheduleOptions,
  type ScheduleOptionsStartWorkflowAction,
  type Workflow,
} from '@temporalio/client';
import type { Db } from '../database/index.ts';
import { TASK_QUEUE, WORKFLOW_TYPES } from './names.ts';
import {
  SWEEP_TIERS,
  type CalendarPollInput,
  type ReconcileInput,
  type SweepInput,
  type SweepTier,
} from './schedules-types.ts';
import { kindAttribute } from './search-attributes.ts';

/**
 * The schedules of an installation: made where they are missing and set right where they differ, at every start and every
 * five minutes (reconcileWorkflows). Two workers may do it at once: both want the same.
 */

export interface ScheduleScope {
  readonly client: Client;
  readonly taskQueue: string;
  /** The Booksy account that is swept (R36). */
  readonly accountKey: string;
}

/** How the businesses of the account stand, for the schedules that work on them (R30). */
export interface Businesses {
  readonly total: number;
  readonly paused: number;
}

/** Businesses of the account, and how many of them a person holds (R30). */
export async function countBusinesses(db: Pick<Db, '$queryRaw'>): Promise<Businesses> {
  const rows = await db.$queryRaw<Businesses[]>`
    SELECT count(*)::int AS total, count(paused_at)::int AS paused
      FROM businesses WHERE booksy_business_id IS NOT NULL`;
  return rows[0] ?? { total: 0, paused: 0 };
}

export interface ScheduleReport {
  readonly id: string;
  readonly change: 'made' | 'set_right' | 'kept' | 'missing';
}

/** A schedule as it is in Temporal. ISO instants. */
export interface ScheduleStatus {
  readonly id: string;
  readonly what: string;
  readonly everySeconds: number;
  readonly nextAt: string | null;
  readonly lastAt: string | null;
  /** The workflow that it started last. */
  readonly lastWorkflowId: string | null;
  readonly paused: boolean;
  readonly note: string | null;
  /** False: Temporal has no such schedule. */
  readonly exists: boolean;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

interface Wanted {
  readonly id: string;
  readonly what: string;
  readonly everyMs: number;
  /** Missed starts are made up for within this time: the default of a year would be a flood. */
  readonly catchupMs: number;
  readonly kind: string;
  readonly action: Pick<ScheduleOptionsStartWorkflowAction<Workflow>, 'workflowType' | 'args' | 'workflowId'>;
  /** It works on businesses, and rests while all of them are paused. */
  readonly restsWithBusinesses: boolean;
}

const SWEEPS: Readonly<Record<SweepTier, { what: string; everyMs: number; catchupMs: number }>> = {
  near: { what: 'Sweep what is due', everyMs: 5 * MINUTE_MS, catchupMs: MINUTE_MS },
  far: { what: 'Sweep the far window', everyMs: 60 * MINUTE_MS, catchupMs: 10 * MINUTE_MS },
  nightly: {
    what: 'Sweep everything, compare platform and base, tidy up',
    everyMs: DAY_MS,
    catchupMs: 6 * 60 * MINUTE_MS,
  },
};

/** Ids of the schedules of an account. Installations on other task queues of one namespace have their own. */
function wantedSchedules({ taskQueue, accountKey }: Omit<ScheduleScope, 'client'>): readonly Wanted[] {
  const own = taskQueue === TASK_QUEUE ? '' : `${taskQueue}/`;
  const sweeps = SWEEP_TIERS.map((tier): Wanted => {
    const id = `${own}sweep/${accountKey}/${tier}`;
    const input: SweepInput = { version: 1, accountKey, tier };
    return {
      id,
      ...SWEEPS[tier],
      kind: 'sweep',
      action: { workflowType: WORKFLOW_TYPES.sweep, args: [input], workflowId: id },
      restsWithBusinesses: true,
    };
  });
  const id = `${own}reconcile-workflows/${accountKey}`;
  const input: ReconcileInput = { version: 1, accountKey };
  const poll: CalendarPollInput = { version: 1, accountKey };
  const pollId = `${own}calendar-poll/${accountKey}`;
  return [
    ...sweeps,
    {
      id: pollId,
      what: 'Poll the calendars that are due',
      everyMs: 5 * MINUTE_MS,
      catchupMs: MINUTE_MS,
      kind: 'calendar_poll',
      action: { workflowType: WORKFLOW_TYPES.calendarPoll, args: [poll], workflowId: pollId },
      // A paused business writes nothing to Booksy; its own time is blocked all the same.
      restsWithBusinesses: false,
    },
    {
      id,
      what: 'Restart what rows say should run',
      everyMs: 5 * MINUTE_MS,
      catchupMs: MINUTE_MS,
      kind: 'reconcile',
      action: { workflowType: WORKFLOW_TYPES.reconcileWorkflows, args: [input], workflowId: id },
      restsWithBusinesses: false,
    },
  ];
}

/**
 * When within its interval a schedule fires, by its id: those of many installations do not fire at once. The nightly one
 * stays between 01:00 and 04:00 UTC.
 */
function offsetOf({ id, everyMs }: Pick<Wanted, 'id' | 'everyMs'>): number {
  const hash = createHash('sha256').update(id).digest().readUInt32BE(0);
  return everyMs === DAY_MS ? 60 * MINUTE_MS + (hash % (180 * MINUTE_MS)) : hash % everyMs;
}

/** Beginning of the notes by which this product says that it paused a schedule itself. */
const OWN_PAUSE = 'Paused by Booksy Sync';

/**
 * Makes the schedules and sets them right. A schedule that a person paused in the Temporal Web UI stays paused; one that
 * rests because every business is paused goes on by itself when one is resumed (R30).
 */
export async function ensureSchedules(
  scope: ScheduleScope,
  businesses: Businesses,
): Promise<readonly ScheduleReport[]> {
  const reports: ScheduleReport[] = [];
  for (const wanted of wantedSchedules(scope)) {
    const made = await make(scope, wanted, businesses);
    reports.push({ id: wanted.id, change: made ? 'made' : await setRight(scope, wanted, businesses) });
  }
  return reports;
}

/** Sets right those that there are: a business was paused or resumed. */
export async function settleSchedules(
  scope: ScheduleScope,
  businesses: Businesses,
): Promise<readonly ScheduleReport[]> {
  return Promise.all(
    wantedSchedules(scope).map(async (wanted): Promise<ScheduleReport> => {
      const change = await unlessMissing(() => setRight(scope, wanted, businesses), 'missing');
      return { id: wanted.id, change };
    }),
  );
}

/** False where it is there already. */
async function make(
  { client, taskQueue }: ScheduleScope,
  wanted: Wanted,
  businesses: Businesses,
): Promise<boolean> {
  const state = stateOf(wanted, businesses);
  try {
    await client.schedule.create({ ...optionsOf(wanted, taskQueue), scheduleId: wanted.id, state });
    return true;
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return false;
    throw error;
  }
}

async function setRight(
  { client, taskQueue }: ScheduleScope,
  wanted: Wanted,
  businesses: Businesses,
): Promise<'set_right' | 'kept' | 'missing'> {
  const state = stateOf(wanted, businesses);
  const options = optionsOf(wanted, taskQueue);
  const handle = client.schedule.getHandle(wanted.id);
  const found = await handle.describe();
  const pausedByPerson = found.state.paused && !(found.state.note ?? '').startsWith(OWN_PAUSE);
  const right = pausedByPerson ? { paused: true, note: found.state.note ?? '' } : state;
  if (
    found.action.memo?.[FINGERPRINT] === options.action.memo?.[FINGERPRINT] &&
    found.state.paused === right.paused &&
    (found.state.note ?? '') === right.note
  )
    return 'kept';
  await handle.update(() => ({ ...options, state: right }));
  return 'set_right';
}

/** Memo key of what the schedule was made from: another one means that it is set right. */
const FINGERPRINT = 'madeFrom';

function optionsOf(
  wanted: Wanted,
  taskQueue: string,
): Omit<ScheduleOptions<ScheduleOptionsStartWorkflowAction<Workflow>>, 'scheduleId' | 'state' | 'memo'> {
  const { everyMs, catchupMs, action, kind, what } = wanted;
  const offsetMs = offsetOf(wanted);
  const madeFrom = createHash('sha256')
    .update(JSON.stringify([everyMs, offsetMs, catchupMs, action, kind, what, taskQueue]))
    .digest('hex')
    .slice(0, 16);
  return {
    spec: { intervals: [{ every: everyMs, offset: offsetMs }] },
    action: {
      type: 'startWorkflow',
      ...action,
      taskQueue,
      memo: { [FINGERPRINT]: madeFrom },
      typedSearchAttributes: [{ key: kindAttribute, value: kind }],
      staticSummary: what,
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: catchupMs },
  };
}

function stateOf(
  { restsWithBusinesses }: Wanted,
  { total, paused }: Businesses,
): { readonly paused: boolean; readonly note: string } {
  if (!restsWithBusinesses || paused === 0) return { paused: false, note: '' };
  if (paused < total) {
    return {
      paused: false,
      note: `${String(paused)} of ${String(total)} businesses are paused and left out.`,
    };
  }
  return { paused: true, note: `${OWN_PAUSE}: every business is paused. It goes on when one is resumed.` };
}

/** Lets the sweeper look at once at what is due. False where there is no such schedule yet. */
export async function sweepNow(scope: ScheduleScope): Promise<boolean> {
  return trigger(scope, ({ id }) => id.endsWith('/near'));
}

/** Polls at once the calendars that are due. False where there is no such schedule yet. */
export async function pollCalendarsNow(scope: ScheduleScope): Promise<boolean> {
  return trigger(scope, ({ kind }) => kind === 'calendar_poll');
}

/** Looks at once whether everything runs that should (R32). False where there is no such schedule yet. */
export async function reconcileNow(scope: ScheduleScope): Promise<boolean> {
  return trigger(scope, ({ kind }) => kind === 'reconcile');
}

async function trigger(scope: ScheduleScope, wanted: (each: Wanted) => boolean): Promise<boolean> {
  const found = wantedSchedules(scope).find(wanted);
  if (found === undefined) return false;
  return unlessMissing(async () => {
    // Whoever is at work may have looked past it already: once more after it.
    await scope.client.schedule.getHandle(found.id).trigger(ScheduleOverlapPolicy.BUFFER_ONE);
    return true;
  }, false);
}

/** All schedules as Temporal has them. What was started last is read from the recent actions: running ones lag behind. */
export async function readSchedules(scope: ScheduleScope): Promise<readonly ScheduleStatus[]> {
  return Promise.all(
    wantedSchedules(scope).map(async (wanted): Promise<ScheduleStatus> => {
      const found = await unlessMissing(() => scope.client.schedule.getHandle(wanted.id).describe(), null);
      return statusOf(wanted, found);
    }),
  );
}

function statusOf({ id, what, everyMs }: Wanted, found: ScheduleDescription | null): ScheduleStatus {
  const last = found?.info.recentActions.at(-1);
  const next = found?.info.nextActionTimes[0];
  const note = found?.state.note ?? '';
  return {
    id,
    what,
    everySeconds: everyMs / 1000,
    nextAt: found === null || found.state.paused ? null : (next?.toISOString() ?? null),
    lastAt: last?.takenAt.toISOString() ?? null,
    lastWorkflowId: last?.action.workflow.workflowId ?? null,
    paused: found?.state.paused ?? false,
    note: note === '' ? null : note,
    exists: found !== null,
  };
}

async function unlessMissing<T>(ask: () => Promise<T>, missing: T): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return missing;
    throw error;
  }
}
