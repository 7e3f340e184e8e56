import { setTimeout as delay } from 'node:timers/promises';
import { atMost, type RowSpec, type Sizes } from '../row.ts';
import { startRig, type Rig } from '../support/rig.ts';
import { salonOf, writesOf } from '../support/salon.ts';
import { changesBetween, tupleCounts } from '../support/tuples.ts';

/** Pressing "sync now" again changes nothing here and writes nothing there. */
export function importUnchangedRows({ base }: Sizes): readonly RowSpec[] {
  return [
    {
      name: 'import.unchanged_writes',
      unit: 'tuples + writes',
      goal: atMost(0),
      async measure(bench) {
        const rig = await startRig(await bench.servers(), salonOf(base));
        try {
          bench.say(`unchanged re-sync of ${base} visits: first import`);
          const first = await rig.startWorker({ byItself: true });
          await rig.fullSync();
          // A connection that ends hands in its statistics; while it is open they may come late.
          await first.stop();
          await conflictsLookedAt(rig);
          await rig.salon.clearCounters();
          const before = await tupleCounts(rig.database);
          bench.say(`unchanged re-sync of ${base} visits: again`);
          const second = await rig.startWorker({ byItself: true });
          const { seconds } = await rig.fullSync();
          await second.stop();
          const changed = changesBetween(before, await tupleCounts(rig.database));
          const tuples = Object.values(changed).reduce((sum, count) => sum + count, 0);
          const counters = await rig.salon.counters();
          const writes = writesOf(counters);
          const where = Object.entries(changed).map(([table, count]) => `${table} ${count}`);
          return {
            value: tuples + writes,
            detail:
              `${base} visits read again in ${seconds.toFixed(1)} s with ${counters.calls.total} calls; ` +
              `${tuples} tuples changed${where.length > 0 ? ` (${where.join(', ')})` : ''}, ${writes} writes at Booksy`,
          };
        } finally {
          await rig.stop();
        }
      },
    },
  ];
}

/**
 * What the import left in doubt gets its workflow at the start of a worker, and at its first look each notes what its rule
 * wishes: the conflicts' own doing, once, whether or not anything is read again.
 *
 * @throws Error where one is not looked at within 2 minutes
 */
async function conflictsLookedAt(rig: Rig): Promise<void> {
  const worker = await rig.startWorker();
  const endsAt = performance.now() + 120_000;
  for (;;) {
    const [left] = await rig.database.query<{ count: string }>(
      `SELECT count(*) FROM booksy_sync_conflicts WHERE status = 'open' AND notify_admin IS NULL`,
    );
    if (left?.count === '0') break;
    if (performance.now() > endsAt) throw new Error(`${left?.count ?? '?'} conflicts were not looked at.`);
    await delay(100);
  }
  await worker.stop();
}
