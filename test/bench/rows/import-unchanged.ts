import { atMost, type RowSpec, type Sizes } from '../row.ts';
import { startRig } from '../support/rig.ts';
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
          const first = await rig.startWorker();
          await rig.fullSync();
          // A connection that ends hands in its statistics; while it is open they may come late.
          await first.stop();
          await rig.salon.clearCounters();
          const before = await tupleCounts(rig.database);
          bench.say(`unchanged re-sync of ${base} visits: again`);
          const second = await rig.startWorker();
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
