import { Command } from 'commander';
import { openDataFolder, lockDataFolder, type DataFolder } from '../../infra/local/data-folder.ts';
import { checkConfigured } from '../configuration.ts';
import { EXIT, EXIT_CODES_HELP, type ExitCode } from '../exit-codes.ts';
import { createOutput, printFailure, type Output } from '../output.ts';
import { runOnce } from '../up/once.ts';
import { choosePorts } from '../up/ports.ts';
import { readyLines, readyObject } from '../up/ready.ts';
import { endOrphans, removeRunFile } from '../up/run-file.ts';
import { DEFAULT_RATE_LIMIT, parsePort, type UpOptions } from '../up/settings.ts';
import { startParts, type Running } from '../up/start.ts';
import { createSupervisor, StopRequested, type Supervisor } from '../up/supervisor.ts';
import { syncWhatIsMissing } from '../up/first-sync.ts';
import { withData, withJson } from './options.ts';
import { withSimulatorSize } from './simulator.ts';

/** `booksy up`: everything on this machine, until Ctrl-C. */
export function upCommand(): Command {
  const command = new Command('up')
    .description(
      'start PostgreSQL, Temporal, the Booksy simulator, worker and API, and sync; Ctrl-C stops all in order',
    )
    .option('--once', 'run one full sync, print what it did and cost, and stop', false)
    .option('--api-port <port>', 'port of the API, 0 = any free one (API_PORT)', parsePort)
    .option('--temporal-port <port>', 'port of Temporal (TEMPORAL_PORT)', parsePort)
    .option('--temporal-ui-port <port>', 'port of the Temporal Web UI (TEMPORAL_UI_PORT)', parsePort)
    .option('--postgres-port <port>', 'port of PostgreSQL (POSTGRES_PORT)', parsePort)
    .option('--simulator-port <port>', 'port of the simulator (SIMULATOR_PORT)', parsePort)
    .addHelpText(
      'after',
      `
Ports are free ones unless set, so several copies run side by side with a data folder each.
The size of the simulator counts when its data is made: on the first start of a data folder.
Booksy allows 200 calls a minute; the default here is ${DEFAULT_RATE_LIMIT}, so that a salon arrives in seconds.
With DATABASE_URL, TEMPORAL_ADDRESS or BOOKSY_BASE_URL set, that one is used instead of a local part.
${EXIT_CODES_HELP}`,
    );
  return withJson(withData(withSimulatorSize(command))).action(
    async (options: UpOptions & { json: boolean }) => {
      process.exitCode = await up(options, createOutput(options.json));
    },
  );
}

async function up(options: UpOptions, output: Output): Promise<ExitCode> {
  checkConfigured(process.env);
  const folder = openDataFolder(options.data);
  const unlock = lockDataFolder(folder);
  const supervisor = createSupervisor();
  const request = (): void => supervisor.requestStop();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, request);
  let running: Running | null = null;
  const say = (line: string): void => output.say(line);
  try {
    say(`Booksy Sync, data in ${folder.dir}`);
    await endOrphans(folder, say);
    const ports = await choosePorts(folder, options, process.env);
    running = await startParts({ folder, options, env: process.env, ports, supervisor, say });
    if (options.once) return await once(running, supervisor, output, say);
    return await stay(running, supervisor, output);
  } catch (error) {
    if (error instanceof StopRequested) {
      say(options.once ? 'Interrupted.' : 'Stopping.');
      return options.once ? EXIT.interrupted : EXIT.ok;
    }
    return printFailure(error, output.json);
  } finally {
    await stopEverything(folder, running, supervisor, output);
    unlock();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, request);
  }
}

async function once(
  running: Running,
  supervisor: Supervisor,
  output: Output,
  say: (line: string) => void,
): Promise<ExitCode> {
  const report = await supervisor.guard(runOnce(running, output, supervisor.signal));
  // The answer is the last line: everything stops first.
  await running.revokeToken();
  await supervisor.stopAll((line) => say(`  ${line}`));
  output.result(report.object, report.lines);
  return report.object.ok ? EXIT.ok : EXIT.failed;
}

async function stay(running: Running, supervisor: Supervisor, output: Output): Promise<ExitCode> {
  const sync = await supervisor.guard(syncWhatIsMissing(running, output));
  output.result(readyObject(running.addresses), readyLines(running));
  await supervisor.guard(sync.report(supervisor.signal));
  return supervisor.watch();
}

async function stopEverything(
  folder: DataFolder,
  running: Running | null,
  supervisor: Supervisor,
  output: Output,
): Promise<void> {
  // A database that died cannot take the token back: the next start does.
  await running?.revokeToken().catch(() => undefined);
  await supervisor.stopAll((line) => output.say(`  ${line}`));
  removeRunFile(folder);
}
