import { setTimeout as delay } from 'node:timers/promises';
import { atMost, sizeLabel, type Bench, type RowSpec, type Sizes } from '../row.ts';
import { startLive, type Live, type LiveVisit } from '../support/live.ts';
import { salonOf } from '../support/salon.ts';
import { readStatements, resetStatements, statementLines } from '../support/statements.ts';

/** What one change costs in a big salon against a small one: calls, statements, buffers (SPEC 14). */

const SMALL = 1_000;
/** Changes of each direction; the first ones fill caches and are not counted. */
const CHANGES = 20;
const WARM_UP = 10;

interface Cost {
  readonly calls: number;
  readonly statements: number;
  readonly buffers: number;
}

export function syncCostRows({ large }: Sizes): readonly RowSpec[] {
  if (large === null) return [];
  return [
    {
      name: 'sync.cost_ratio_100k',
      unit: 'times',
      goal: atMost(1.2),
      async measure(bench) {
        const [small, big] = [await costOf(bench, SMALL), await costOf(bench, large)];
        const ratios = (['calls', 'statements', 'buffers'] as const).map((what) => big[what] / small[what]);
        return {
          value: Math.max(...ratios),
          detail: `a change both ways: ${words(small)} at ${sizeLabel(SMALL)} visits, ${words(big)} at ${sizeLabel(large)}; calls and statements must be equal`,
        };
      },
    },
  ];
}

function words({ calls, statements, buffers }: Cost): string {
  return `${calls.toFixed(2)} calls, ${statements.toFixed(1)} statements, ${buffers.toFixed(0)} buffers`;
}

function costOf(bench: Bench, visits: number): Promise<Cost> {
  return bench.shared(`cost of a change at ${String(visits)}`, async () => {
    bench.say(`cost of a change at ${String(visits)} visits: first import`);
    const live = await startLive(await bench.servers(), { ...salonOf(visits), byItself: true });
    try {
      // As autovacuum leaves it some minutes after an import.
      await live.rig.database.query('ANALYZE');
      const all = await live.visits();
      await changes(live, all.slice(0, WARM_UP));
      await settled(live);
      await live.rig.salon.clearCounters();
      await resetStatements(live.rig.database);
      await changes(live, all.slice(WARM_UP, WARM_UP + CHANGES));
      await settled(live);
      const ours = (await readStatements(live.rig.database)).filter(({ query }) => !OF_OTHERS.test(query));
      const statements = ours.filter(({ query }) => !NOT_COUNTED.test(query));
      if (bench.explain) for (const line of statementLines(statements, 70)) bench.say(line);
      const { calls } = await live.rig.salon.counters();
      const share = 2 * Math.min(CHANGES, all.length - WARM_UP);
      return {
        calls: calls.total / share,
        statements: statements.reduce((sum, each) => sum + each.calls, 0) / share,
        buffers: ours.reduce((sum, each) => sum + each.buffers, 0) / share,
      };
    } finally {
      await live.stop();
    }
  });
}

/** What is not a change's: the pacer, the token, the relay's clock. */
const OF_OTHERS = /\/\*\s*(pacer|token|relay)\s*\*\//i;
/** What is not counted as a statement besides: transaction control, and the edit itself, whose pages are. */
const NOT_COUNTED = /^\s*(begin|commit|rollback|set|listen|update bookings set client_note)\b/i;

/** One after the other, so that none shares another's statements. */
async function changes(live: Live, visits: readonly LiveVisit[]): Promise<void> {
  for (const visit of visits) {
    await live.changeThere(visit);
    await live.changeHere(visit);
    await settled(live);
  }
}

/** Until both boxes are empty: a write's own webhook belongs to its cost. */
async function settled(live: Live): Promise<void> {
  for (;;) {
    await delay(150);
    const [row] = await live.rig.database.query<{ n: string }>(
      `SELECT (SELECT count(*) FROM sync_outbox) + (SELECT count(*) FROM webhook_logs WHERE drained_at IS NULL) AS n`,
    );
    if (Number(row?.n ?? 0) === 0) return;
  }
}
