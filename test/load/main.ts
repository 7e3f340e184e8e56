/**
 * `npm run test:load -- [--short] [--only NAME]… [--json]`: puts the product under load and counts whether every promise was
 * kept: high volume, many users, the rate limit, a stressed database. With `--json` one object as the last line on stdout;
 * progress on stderr. Exit code 0 where nothing was violated, 1 where something was, 2 where the question was wrong.
 */
import { Command, Option } from 'commander';
import { runLoad, SCENARIOS } from './run.ts';
import type { LoadReport } from './scenario.ts';

interface Given {
  readonly only?: readonly string[];
  readonly short?: true;
  readonly json?: true;
}

async function main(argv: readonly string[]): Promise<number> {
  const command = new Command('test:load')
    .description('Puts the product under load and counts whether every promise was kept.')
    .addOption(new Option('--only <name...>', 'only these').choices(SCENARIOS.map(({ name }) => name)))
    .option('--short', 'little of each: minutes become seconds')
    .option('--json', 'one JSON object as the last line')
    .exitOverride();
  try {
    command.parse([...argv], { from: 'user' });
  } catch {
    return 2;
  }
  const given = command.opts<Given>();
  const begun = performance.now();
  const report = await runLoad({
    size: given.short === true ? 'short' : 'full',
    only: given.only ?? [],
    say: (line) =>
      process.stderr.write(`[${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s] ${line}\n`),
  });
  process.stdout.write(given.json === true ? `${JSON.stringify(report)}\n` : `${lines(report).join('\n')}\n`);
  return report.ok ? 0 : 1;
}

function lines({ ok, seconds, scenarios }: LoadReport): string[] {
  return [
    ...scenarios.flatMap((one) => [
      `${one.ok ? '✓' : '✗'} ${one.name.padEnd(9)} ${one.seconds} s  ${Object.entries(one.counts)
        .map(([key, value]) => `${key} ${String(value)}`)
        .join(', ')}`,
      ...one.violations.map((violation) => `    ${violation}`),
    ]),
    `${ok ? 'Every promise was kept' : 'A promise was broken'}, ${String(seconds)} s. Times are of this machine and promise nothing.`,
  ];
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
