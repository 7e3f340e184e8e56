import { Client, Connection } from '@temporalio/client';
import { v7 as uuidv7 } from 'uuid';
import { measureWorkflows, startStatementCounter } from '../../infra/local/measure.ts';
import { createLauncher, type Launcher } from '../../infra/temporal/launch.ts';
import { TASK_QUEUE } from '../../infra/temporal/names.ts';
import { createApiClient, type ApiClient } from '../api-client.ts';
import { EXIT } from '../exit-codes.ts';
import { counted, duration, thousands } from '../format.ts';
import { CliError, type Output } from '../output.ts';
import { entityLines, sumEntities, type EntityCounts } from '../sync/entities.ts';
import { createBoard } from '../sync/board.ts';
import { failureLines, lookOf, readOperation } from '../sync/follow.ts';
import { readStatus, sumWaiting } from '../sync/status.ts';
import { readCalls } from './simulator-calls.ts';
import { clean } from '../terminal.ts';
import type { Connected } from './engine.ts';
import type { Running } from './start.ts';

/** The object of `up --once --json` (SPEC §15). A number that cannot be had is null, never a guess. */
export type OnceReport = {
  readonly ok: boolean;
  readonly seconds: number;
  readonly entities: EntityCounts;
  /** Calls at Booksy, counted by the simulator; without those for tokens and for the list of businesses. */
  readonly calls: number | null;
  /** The least that an import of what the simulator holds can do with. */
  readonly leastCalls: number | null;
  readonly statements: number | null;
  readonly temporalEvents: number;
  readonly historyBytes: number;
  readonly actions: number;
  /** What waits for a person: open conflicts, unsure mappings, quarantined records. */
  readonly waiting: number;
};

/** Runs one full sync of every business and measures it. While it runs nothing here asks the database. */
export async function runOnce(
  running: Running,
  output: Output,
  signal: AbortSignal,
): Promise<{ object: OnceReport; lines: string[] }> {
  const { addresses, env } = running;
  const api = createApiClient(addresses.api, addresses.adminToken);
  await refusePaused(api);
  const connection = await Connection.connect({ address: addresses.temporalAddress });
  const temporal = new Client({ connection, namespace: env['TEMPORAL_NAMESPACE'] || 'default' });
  const statements = await startStatementCounter(addresses.databaseUrl);
  try {
    const callsBefore = await readCalls(addresses.simulator);
    const launcher = createLauncher({
      client: temporal,
      taskQueue: env['TEMPORAL_TASK_QUEUE'] || TASK_QUEUE,
    });
    const begun = performance.now();
    const since = new Date(Date.now() - 1_000);
    const ids = running.connected.map(({ businessId }) => businessId);
    const runs = await Promise.all(
      ids.map((businessId) => launcher.startFullSync({ businessId, runId: uuidv7(), actor: 'cli' })),
    );
    if (runs.some(({ mode }) => mode === 'dry_run')) {
      throw new CliError(
        'dry_run_under_way',
        'A dry run of an earlier start is under way: it and a full sync exclude each other.',
        'Run booksy up without --once and wait for its end, or cancel it: booksy sync cancel',
        EXIT.cannotStart,
      );
    }
    output.say(`Full sync of ${counted(runs.length, 'business', 'businesses')} …`);
    const shown = showProgress(launcher, running.connected, output, signal);
    // A failed workflow rejects; how it failed is read from the ledger below.
    await Promise.allSettled(ids.map((businessId) => launcher.fullSyncResult(businessId)));
    shown.stop();
    const seconds = (performance.now() - begun) / 1000;
    const statementCount = (await statements?.count()) ?? null;
    const callsAfter = await readCalls(addresses.simulator);
    const cost = await measureWorkflows(
      temporal,
      runs.map(({ workflowId }) => workflowId),
      since,
    );
    const seen = await Promise.all(runs.map(({ runId }) => readOperation(api, runId)));
    const operations = seen.filter((one) => one !== null);
    const waiting = sumWaiting((await readStatus(api)).businesses);
    const object: OnceReport = {
      ok: operations.length === runs.length && operations.every(({ status }) => status === 'completed'),
      seconds: Math.round(seconds * 1000) / 1000,
      entities: sumEntities(operations.map(({ counts }) => counts)),
      calls: callsAfter && callsBefore ? callsAfter.calls - callsBefore.calls : null,
      leastCalls: callsAfter?.least ?? null,
      statements: statementCount,
      temporalEvents: cost.temporalEvents,
      historyBytes: cost.historyBytes,
      actions: cost.actions,
      waiting,
    };
    return { object, lines: [...failureLines(operations), ...reportLines(object)] };
  } finally {
    await statements?.close();
    await connection.close();
  }
}

/** A paused business would wait for its resume, and `--once` with it. */
async function refusePaused(api: ApiClient): Promise<void> {
  const paused = (await readStatus(api)).businesses.filter((business) => business.paused !== null);
  if (paused.length === 0) return;
  throw new CliError(
    'business_paused',
    `${paused.map(({ name }) => name).join(', ')}: paused by a person.`,
    'Resume it first: booksy up, then booksy sync resume in another terminal.',
    EXIT.cannotStart,
  );
}

/** Asks the workflows themselves: that costs no SQL, so watching does not change what is measured. */
function showProgress(
  launcher: Launcher,
  businesses: readonly Connected[],
  output: Output,
  signal: AbortSignal,
): { stop(): void } {
  const board = createBoard();
  const look = async (): Promise<void> => {
    const runs = await Promise.all(
      businesses.map(async ({ businessId, name }) => {
        const progress = await launcher.fullSyncProgress(businessId).catch(() => null);
        const status = progress === null ? null : 'running';
        return { runId: businessId, name: clean(name), dry: false, paused: false, progress, status };
      }),
    );
    if (!stopped) output.progress(board.lines(runs, lookOf(output)));
  };
  let stopped = false;
  const timer = setInterval(() => void look(), 1_000);
  const stop = (): void => {
    stopped = true;
    clearInterval(timer);
  };
  signal.addEventListener('abort', stop);
  return { stop };
}

function reportLines(report: OnceReport): string[] {
  const number = (value: number | null): string => (value === null ? 'unknown' : thousands(value));
  return [
    '',
    `${report.ok ? 'Done' : 'Not done'} in ${duration(report.seconds)}:`,
    ...entityLines(report.entities),
    `  ${number(report.calls)} calls at Booksy (least possible ${number(report.leastCalls)}), ${number(report.statements)} SQL statements`,
    `  Temporal: ${number(report.temporalEvents)} events, ${number(report.historyBytes)} bytes of history, ${number(report.actions)} actions`,
    report.waiting === 0
      ? '  Nothing waits for you.'
      : `  ${number(report.waiting)} wait for a decision of yours.`,
  ];
}
