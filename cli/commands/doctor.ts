import { Command } from 'commander';
import { parsePort } from '../up/settings.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-codes.ts';
import { createOutput } from '../output.ts';
import type { DoctorOptions, Finding } from '../doctor/index.ts';
import { withData, withJson } from './options.ts';

/** `booksy doctor`: looks at everything `up` needs, changes nothing. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description(
      'check versions, ports, folders, database, Temporal, configuration, Booksy; say how to mend each',
    )
    .option('--api-port <port>', 'port of the API (API_PORT)', parsePort)
    .option('--temporal-port <port>', 'port of Temporal (TEMPORAL_PORT)', parsePort)
    .option('--temporal-ui-port <port>', 'port of the Temporal Web UI (TEMPORAL_UI_PORT)', parsePort)
    .option('--postgres-port <port>', 'port of PostgreSQL (POSTGRES_PORT)', parsePort)
    .option('--simulator-port <port>', 'port of the simulator (SIMULATOR_PORT)', parsePort)
    .addHelpText('after', EXIT_CODES_HELP);
  return withJson(withData(command)).action(async (options: DoctorOptions & { json: boolean }) => {
    const { diagnose } = await import('../doctor/index.ts');
    const findings = await diagnose(options, process.env);
    const ok = findings.every(({ status }) => status !== 'fail');
    createOutput(options.json).result({ ok, checks: findings }, [
      ...findings.flatMap(findingLines),
      ok ? 'Nothing stands in the way.' : 'Mend what is marked ✗.',
    ]);
    process.exitCode = ok ? EXIT.ok : EXIT.failed;
  });
}

const MARKS: Readonly<Record<Finding['status'], string>> = { ok: '✓', warn: '!', fail: '✗', skipped: '·' };

function findingLines({ name, status, detail, next }: Finding): string[] {
  return [
    `  ${MARKS[status]} ${name.padEnd(14)} ${detail}`,
    ...(next === undefined ? [] : [`    ${' '.repeat(14)} → ${next}`]),
  ];
}
