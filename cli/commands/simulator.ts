import { Command, Option } from 'commander';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { createOutput } from '../output.ts';
import type { SimulatorCommandOptions } from '../up/run-simulator.ts';
import { DEFAULT_RATE_LIMIT, parsePort, parseRateLimit, wholeNumber } from '../up/settings.ts';
import { withData, withJson } from './options.ts';

/** `booksy simulator`: the Booksy sandbox alone, until Ctrl-C. */
export function simulatorCommand(): Command {
  return withJson(withData(withSimulatorSize(new Command('simulator'))))
    .description('run the Booksy sandbox alone; Ctrl-C stops it')
    .option('--port <port>', 'port, 0 = any free one (SIMULATOR_PORT)', parsePort)
    .addHelpText('after', EXIT_CODES_HELP)
    .action(async (options: SimulatorCommandOptions & { json: boolean }) => {
      const { simulator } = await import('../up/run-simulator.ts');
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
    .addOption(
      new Option(
        '--rate-limit <calls/time>',
        'calls that the simulator allows (and our pacer uses), such as 200/min (what Booksy allows) or 2000/10s',
      )
        .argParser(parseRateLimit)
        .default(parseRateLimit(DEFAULT_RATE_LIMIT), DEFAULT_RATE_LIMIT),
    );
}
