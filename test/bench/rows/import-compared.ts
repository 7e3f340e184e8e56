import { atLeast, type Bench, type RowSpec, type Sizes } from '../row.ts';
import { contentOf, expectSameContent } from '../support/content.ts';
import { startPart } from '../support/part.ts';
import { startRig } from '../support/rig.ts';
import { salonOf } from '../support/salon.ts';

/** Our import against what is written without it: the same salon, machine and servers, one after the other, limit lifted. */

interface Timed {
  readonly seconds: number;
  readonly calls: number;
  readonly content: ReadonlyMap<string, readonly string[]>;
}

const SCRIPTS = {
  per_record: { entry: 'test/bench/per-record.ts', name: 'the per-record script', least: 10 },
  batched: { entry: 'test/bench/batched.ts', name: 'the page-batched script', least: 1 },
} as const;

export function importComparedRows({ base }: Sizes): readonly RowSpec[] {
  return (['per_record', 'batched'] as const).map((key) => {
    const { entry, name, least } = SCRIPTS[key];
    return {
      name: `import.vs_${key}`,
      unit: 'x as fast',
      goal: atLeast(least),
      async measure(bench) {
        const ours = await bench.shared('timed import', () => timeImport(bench, base));
        const theirs = await timeScript(bench, base, entry, name);
        expectSameContent(ours.content, theirs.content, { one: 'Our import', other: name });
        return {
          value: theirs.seconds / ours.seconds,
          detail:
            `${base} visits: ours ${ours.seconds.toFixed(1)} s (${ours.calls} calls), ` +
            `${name} ${theirs.seconds.toFixed(1)} s (${theirs.calls} calls); the same rows in ${ours.content.size} tables`,
        };
      },
    };
  });
}

async function timeImport(bench: Bench, visits: number): Promise<Timed> {
  const rig = await startRig(await bench.servers(), salonOf(visits));
  try {
    await rig.startWorker({ byItself: true });
    bench.say(`timed import of ${visits} visits: ours`);
    const { seconds } = await rig.fullSync();
    const { calls } = await rig.salon.counters();
    return { seconds, calls: calls.total, content: await contentOf(rig.database) };
  } finally {
    await rig.stop();
  }
}

async function timeScript(bench: Bench, visits: number, entry: string, name: string): Promise<Timed> {
  const servers = await bench.servers();
  const rig = await startRig(servers, salonOf(visits));
  try {
    const script = await startPart(servers, { entry, env: rig.env });
    try {
      bench.say(`timed import of ${visits} visits: ${name}`);
      const answer = await script.ask('run', { withinMs: 1_800_000 });
      const { calls } = await rig.salon.counters();
      return {
        seconds: Number(answer['seconds']),
        calls: calls.total,
        content: await contentOf(rig.database),
      };
    } finally {
      await script.stop();
    }
  } finally {
    await rig.stop();
  }
}
