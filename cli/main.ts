import { Command, CommanderError } from 'commander';
import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import { auditCommand } from './commands/audit.ts';
import { calendarsCommand, feedsCommand } from './commands/calendars.ts';
import { conflictsCommand } from './commands/conflicts.ts';
import { doctorCommand } from './commands/doctor.ts';
import { errorsCommand } from './commands/errors.ts';
import { healthCommand } from './commands/health.ts';
import { holidaysCommand } from './commands/holidays.ts';
import { hoursCommand, timeOffCommand } from './commands/hours.ts';
import { mappingsCommand } from './commands/mappings.ts';
import { monitorCommand } from './commands/monitor.ts';
import { migrateCommand } from './commands/migrate.ts';
import { rulesCommand } from './commands/rules.ts';
import { seedCommand } from './commands/seed.ts';
import { simulatorCommand } from './commands/simulator.ts';
import { syncCommand } from './commands/sync.ts';
import { tokenCommand } from './commands/token.ts';
import { undoCommand } from './commands/undo.ts';
import { availabilityCommand, bookingsCommand } from './commands/bookings.ts';
import { upCommand } from './commands/up.ts';
import { webhooksCommand } from './commands/webhooks.ts';
import { EXIT, EXIT_CODES_HELP } from './exit-codes.ts';
import { CliError, printFailure } from './output.ts';

/** The whole command line. Actions set `process.exitCode`; failures are thrown. */
export function createProgram(): Command {
  const program = new Command('booksy')
    .description('Keeps a booking platform and the Booksy marketplace in step.')
    .helpCommand('help [command]', 'help for a command')
    // Options belong to the command they stand behind: `simulator` has some of its own and commands below it.
    .enablePositionalOptions()
    .showHelpAfterError('(booksy help shows what there is)')
    .addHelpText('after', EXIT_CODES_HELP);
  for (const command of [
    upCommand(),
    doctorCommand(),
    migrateCommand(),
    seedCommand(),
    simulatorCommand(),
    syncCommand(),
    mappingsCommand(),
    conflictsCommand(),
    errorsCommand(),
    rulesCommand(),
    auditCommand(),
    undoCommand(),
    availabilityCommand(),
    bookingsCommand(),
    calendarsCommand(),
    feedsCommand(),
    hoursCommand(),
    timeOffCommand(),
    holidaysCommand(),
    healthCommand(),
    monitorCommand(),
    webhooksCommand(),
    tokenCommand(),
  ]) {
    program.addCommand(command);
  }
  return program;
}

/** Runs the command line of this process and ends it with the code of {@link EXIT}. */
export async function main(argv: readonly string[]): Promise<void> {
  ignoreClosedPipes();
  await run(argv);
  // A pipe may not have taken everything yet; and something that was given up (a download) may still hold the process.
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))),
  );
  process.exit();
}

/** Nobody reads any more (`booksy … | head`, a closed terminal): that must not end what this process watches over. */
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

async function run(argv: readonly string[]): Promise<void> {
  const json = argv.includes('--json');
  const program = createProgram();
  quiet(program, json);
  try {
    // Values of the real environment win over those of the file.
    if (existsSync('.env')) loadEnvFile('.env');
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version end with code 0; what was not understood is a usage error.
      process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
      if (error.exitCode !== 0 && json) printFailure(usageError(error), true);
      return;
    }
    process.exitCode = printFailure(error, json);
  }
}

function usageError(error: CommanderError): CliError {
  return new CliError('usage', error.message.replace(/^error: /, ''), 'See: booksy help', EXIT.usage);
}

/** Commander must throw instead of ending the process, in every subcommand; under --json its words go nowhere. */
function quiet(command: Command, json: boolean): void {
  command.exitOverride();
  if (json) command.configureOutput({ writeErr: () => undefined, outputError: () => undefined });
  command.commands.forEach((child) => quiet(child, json));
}
