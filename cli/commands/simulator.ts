import { Command } from 'commander';
import { keptSecrets, lockDataFolder, openDataFolder } from '../../infra/local/data-folder.ts';
import { choosePort, freePort } from '../../infra/local/ports.ts';
import { EXIT, EXIT_CODES_HELP, type ExitCode } from '../exit-codes.ts';
import { createOutput, printFailure, type Output } from '../output.ts';
import { startSimulator } from '../up/simulator.ts';
import { createSupervisor, StopRequested } from '../up/supervisor.ts';
import {
  DEFAULT_RATE_LIMIT,
  parsePort,
  parseRateLimit,
  portSetting,
  wholeNumber,
  type SimulatorOptions,
} from '../up/settings.ts';
import { withData, withJson } from './options.ts';

type Options = SimulatorOptions & { readonly port?: number; readonly data: string; readonly json: boolean };

/** `booksy simulator`: the Booksy sandbox alone, until Ctrl-C. */
export function simulatorCommand(): Command {
  return withJson(withData(withSimulatorSize(new Command('simulator'))))
    .description('run the Booksy sandbox alone; Ctrl-C stops it')
    .option('--port <port>', 'port, 0 = any free one (SIMULATOR_PORT)', parsePort)
    .addHelpText('after', EXIT_CODES_HELP)
    .action(async (options: Options) => {
      process.exitCode = await simulator(options, createOutput(options.json));
    });
}

/** The options that size and pace the simulator: the same for `up` and `simulator`. */
export function withSimulatorSize(command: Command): Command {
  return command
    .option('--seed <number>', 'simulator: seed of the made-up salon', wholeNumber(0))
    .option('--salons <number>', 'simulator: how many salons', wholeNumber(1))
    .option('--visits <number>', 'simulator: visits of each salon', wholeNumber(0))
    .option('--clients <number>', 'simulator: clients of each salon', wholeNumber(0))
    .option(
      '--rate-limit <calls/time>',
      'calls that the simulator allows (and our pacer uses), such as 200/min (what Booksy allows) or 2000/10s',
      parseRateLimit,
      parseRateLimit(DEFAULT_RATE_LIMIT),
    );
}

async function simulator(options: Options, output: Output): Promise<ExitCode> {
  const folder = openDataFolder(options.data);
  const unlock = lockDataFolder(folder);
  const supervisor = createSupervisor();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => supervisor.requestStop());
  try {
    const wanted = portSetting(options.port, process.env, 'SIMULATOR_PORT');
    const port = wanted
      ? await choosePort(wanted, 'the simulator', '--port or SIMULATOR_PORT')
      : await freePort();
    const { url } = await startSimulator({ folder, options, port, env: process.env, supervisor });
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
    unlock();
  }
}
