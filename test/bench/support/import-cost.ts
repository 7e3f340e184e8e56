import { startStatementCounter } from '../../../infra/local/measure.ts';
import { fullSyncId } from '../../../infra/temporal/launch.ts';
import type { Bench } from '../row.ts';
import { readHistories, type HistoryReport } from './histories.ts';
import { personalTexts } from './personal.ts';
import { startRig } from './rig.ts';
import { salonOf } from './salon.ts';
import { readStatements, resetStatements, statementLines, type StatementCount } from './statements.ts';

/** What one import of a salon cost, counted. */
export interface ImportCost extends HistoryReport {
  readonly visits: number;
  readonly seconds: number;
  readonly calls: number;
  readonly leastCalls: number;
  /** As SPEC 14 counts them: without transaction control, pacer and token. */
  readonly statements: number;
  readonly perStatement: readonly StatementCount[];
  readonly clients: number;
  /** Most that was alive in the worker after a garbage collection, and most that it held of the machine's memory. */
  readonly peakLiveBytes: number;
  readonly peakRssBytes: number;
  readonly heapSamples: number;
}

/**
 * One import of a fresh salon into a fresh database with the limit lifted, once per size. The worker collects garbage all the
 * time for the memory rows: counters do not notice, times would, and are measured elsewhere.
 */
export function importCost(bench: Bench, visits: number): Promise<ImportCost> {
  return bench.shared(`import of ${String(visits)}`, () => measureImport(bench, visits));
}

async function measureImport(bench: Bench, visits: number): Promise<ImportCost> {
  const servers = await bench.servers();
  bench.say(`import of ${String(visits)} visits: making the salon`);
  const rig = await startRig(servers, salonOf(visits));
  try {
    const cards = await rig.salon.clients();
    const worker = await rig.startWorker({ probeHeap: true, byItself: true });
    await resetStatements(rig.database);
    // What the start took is not what the import takes.
    await worker.ask('heap');
    const counter = await startStatementCounter(rig.database.url);
    if (counter === null) throw new Error('pg_stat_statements is not loaded: statements cannot be counted.');
    bench.say(`import of ${String(visits)} visits: importing`);
    const begunAt = new Date();
    const { seconds } = await rig.fullSync();
    const statements = await counter.count();
    await counter.close();
    const perStatement = await readStatements(rig.database);
    const heap = await worker.ask('heap');
    const { calls, leastCalls } = await rig.salon.counters();
    const ids = rig.businessIds.map((id) => fullSyncId(id));
    const histories = await readHistories(rig.temporal, rig.taskQueue, begunAt, ids, personalTexts(cards));
    bench.say(`import of ${String(visits)} visits: ${seconds.toFixed(1)} s`);
    if (bench.explain) for (const line of statementLines(perStatement, 200)) bench.say(line);
    return {
      ...histories,
      visits,
      seconds,
      calls: calls.total,
      leastCalls: leastCalls.total,
      statements,
      perStatement,
      clients: cards.length,
      peakLiveBytes: Number(heap['peakLiveBytes']),
      peakRssBytes: Number(heap['peakRssBytes']),
      heapSamples: Number(heap['samples']),
    };
  } finally {
    await rig.stop();
  }
}
