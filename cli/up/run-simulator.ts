import { keptSecrets, lockDataFolder, openDataFolder } from '../../infra/local/data-folder.ts';
import { choosePort, freePort } from '../../infra/local/ports.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printFailure, type Output } from '../output.ts';
import { endOrphans, removeRunFile, writeRunFile } from './run-file.ts';
import { portSetting, type SimulatorOptions } from './settings.ts';
import { startSimulator } from './simulator.ts';
import { createSupervisor, StopRequested } from './supervisor.ts';

/** What `booksy simulator` was told. */
export type SimulatorCommandOptions = SimulatorOptions & { readonly port?: number; readonly data: string };

/** Runs the sandbox of a data folder until a stop is requested. */
export async function simulator(options: SimulatorCommandOptions, output: Output): Promise<ExitCode> {
  const folder = openDataFolder(options.data);
  const unlock = lockDataFolder(folder);
  const supervisor = createSupervisor();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => supervisor.requestStop());
  try {
    await endOrphans(folder, (line) => output.say(line));
    const wanted = portSetting(options.port, process.env, 'SIMULATOR_PORT');
    const port = wanted
      ? await choosePort(wanted, 'the simulator', '--port or SIMULATOR_PORT')
      : await freePort();
    const { url } = await startSimulator({ folder, options, port, env: process.env, supervisor });
    // The commands below `booksy simulator` find it by this.
    writeRunFile(folder, supervisor.parts(), { simulator: url });
    const { simulatorClientId, simulatorClientSecret } = keptSecrets(folder);
    output.result(
      { ready: true, simulator: url, clientId: simulatorClientId, clientSecret: simulatorClientSecret },
      [
        `The Booksy sandbox runs at ${url}`,
        `  BOOKSY_BASE_URL=${url}/public-api/pl/`,
        `  BOOKSY_API_KEY=${simulatorClientId}`,
        `  BOOKSY_API_SECRET=${simulatorClientSecret}`,
        `  Control surface: ${url}/_control/ · Ctrl-C stops it`,
      ],
    );
    return await supervisor.watch();
  } catch (error) {
    return error instanceof StopRequested ? EXIT.ok : printFailure(error, output.json);
  } finally {
    await supervisor.stopAll((line) => output.say(line));
    removeRunFile(folder);
    unlock();
  }
}
