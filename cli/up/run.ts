import { lockDataFolder, openDataFolder, type DataFolder } from '../../infra/local/data-folder.ts';
import { checkConfigured } from '../configuration.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printFailure, type Output } from '../output.ts';
import { choosePorts } from './ports.ts';
import { readyLines, readyObject } from './ready.ts';
import { endOrphans, removeRunFile } from './run-file.ts';
import type { UpOptions } from './settings.ts';
import type { Running } from './start.ts';
import { createSupervisor, StopRequested, type Supervisor } from './supervisor.ts';

/** Runs `booksy up` to its end. Everything heavy is loaded after what can be refused was refused. */
export async function up(options: UpOptions, output: Output): Promise<ExitCode> {
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
    const { startParts } = await import('./start.ts');
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
  const { runOnce } = await import('./once.ts');
  const report = await supervisor.guard(runOnce(running, output, supervisor.signal));
  // The answer is the last line: everything stops first.
  await running.revokeToken();
  await supervisor.stopAll((line) => say(`  ${line}`));
  output.result(report.object, report.lines);
  return report.object.ok ? EXIT.ok : EXIT.failed;
}

async function stay(running: Running, supervisor: Supervisor, output: Output): Promise<ExitCode> {
  const { syncWhatIsMissing } = await import('./first-sync.ts');
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
