/**
 * Fault runs (TRUST §3): real processes, edits on both sides, faults fixed by a seed; then quiet, sweeps, and a checker.
 *
 * npm run test:faults -- --seed S --runs N [--wave W] [--size K] [--naive W] [--json] [--only FAULT …]
 *
 * `--size`: runs at once. `--wave`: this wave only. `--only`: only these faults, storms and scenarios. `--naive`: so many of the
 * same waves again with the safety taken out of the engine; the checker must find something in them.
 */
import { parseArgs } from 'node:util';
import { runFaults } from './run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '20' },
    size: { type: 'string', default: '16' },
    wave: { type: 'string' },
    naive: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
  },
});

const whole = (text: string, name: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  process.stderr.write(`--${name} must be a whole number above 0.\n`);
  return process.exit(2);
};

const say = (line: string): void => {
  (values.json ? process.stderr : process.stdout).write(`${line}\n`);
};
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    say('stopping: every process of this run is being ended');
    stopping.abort();
  });
}

const result = await runFaults({
  seed: values.seed,
  runs: whole(values.runs, 'runs'),
  size: whole(values.size, 'size'),
  onlyWave: values.wave === undefined ? null : whole(values.wave, 'wave'),
  onlyFaults: values.only ?? null,
  naiveWaves: values.naive === '0' ? 0 : whole(values.naive, 'naive'),
  signal: stopping.signal,
  say,
});
process.stdout.write(`${JSON.stringify(result.summary)}\n`);
process.exit(result.failed ? 1 : 0);
