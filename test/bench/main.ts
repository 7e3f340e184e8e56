/**
 * `npm run bench -- [--only PREFIX]… [--size N] [--json] [--statements]`: measures what SPEC 14 promises. The table or, with
 * `--json`, one object as the last line on stdout; progress on stderr. Exit code 0 where every row holds, 1 where one does
 * not, 2 where the question was wrong.
 */
import { Command, InvalidArgumentError } from 'commander';
import { reportLines } from './print.ts';
import { DEFAULT_SIZES, NoRowsError, runBench } from './run.ts';

interface Given {
  readonly only: readonly string[];
  readonly size?: number;
  readonly json?: true;
  readonly statements?: true;
}

async function main(argv: readonly string[]): Promise<number> {
  const command = new Command('bench')
    .description('Measures what the specification promises in numbers.')
    .option('--only <prefix>', 'only rows whose names begin so; may be repeated', repeated, [])
    .option('--size <visits>', 'one size for all rows instead of 10,000 and 100,000', size)
    .option('--statements', 'tell on stderr which statements an import sent how often')
    .option('--json', 'one JSON object as the last line');
  command.parse([...argv], { from: 'user' });
  const given = command.opts<Given>();
  const begun = performance.now();
  const say = (line: string): void => {
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    process.stderr.write(`[${seconds.padStart(4)} s] ${line}\n`);
  };
  const report = await runBench({
    only: given.only,
    sizes: given.size === undefined ? DEFAULT_SIZES : { base: given.size, large: null },
    explain: given.statements === true,
    say,
    onRow: ({ name, value, holds }) => say(`${name} = ${String(value)}${holds ? '' : '  (missed)'}`),
  });
  if (given.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write(`${reportLines(report).join('\n')}\n`);
  return report.rows.every(({ holds }) => holds) ? 0 : 1;
}

function repeated(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function size(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 100) throw new InvalidArgumentError('Give a whole number from 100 on.');
  return value;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof NoRowsError ? 2 : 1);
  },
);
