import { Command, Option } from 'commander';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { createOutput, type Output } from '../output.ts';
import { findSimulator, type SimulatorAddress, type SimulatorControl } from '../simulator/control.ts';
import {
  clock,
  faults,
  open,
  parseDay,
  parseObject,
  parseSpan,
  reset,
  settlement,
  type FaultOptions,
  type Sizes,
} from '../simulator/deeds.ts';
import type { SimulatorCommandOptions } from '../up/run-simulator.ts';
import { DEFAULT_RATE_LIMIT, parsePort, parseRateLimit, wholeNumber } from '../up/settings.ts';
import { withData, withJson } from './options.ts';

/** `booksy simulator`: the Booksy sandbox alone, until Ctrl-C; below it, what can be done to one that runs. */
export function simulatorCommand(): Command {
  const simulator = withJson(withData(withRateLimit(withSalonSize(new Command('simulator')))))
    .description('run the Booksy sandbox alone; Ctrl-C stops it')
    .option('--port <port>', 'port, 0 = any free one (SIMULATOR_PORT)', parsePort)
    .addHelpText('after', EXIT_CODES_HELP)
    .enablePositionalOptions()
    .action(async (options: SimulatorCommandOptions & { json: boolean }) => {
      const { simulator } = await import('../up/run-simulator.ts');
      process.exitCode = await simulator(options, createOutput(options.json));
    });
  const commands = [resetCommand(), clockCommand(), faultsCommand(), settlementCommand(), openCommand()];
  for (const command of commands) simulator.addCommand(command.addHelpText('after', EXIT_CODES_HELP));
  return simulator;
}

function withSalonSize(command: Command): Command {
  return command
    .option('--seed <number>', 'simulator: seed of the made-up salon', wholeNumber(0))
    .option('--salons <number>', 'simulator: how many salons', wholeNumber(1))
    .option('--visits <number>', 'simulator: visits of each salon', wholeNumber(0))
    .option('--clients <number>', 'simulator: clients of each salon', wholeNumber(0));
}

function withRateLimit(command: Command): Command {
  return command.addOption(
    new Option(
      '--rate-limit <calls/time>',
      'calls that the simulator allows (and our pacer uses), such as 200/min (what Booksy allows) or 2000/10s',
    )
      .argParser(parseRateLimit)
      .default(parseRateLimit(DEFAULT_RATE_LIMIT), DEFAULT_RATE_LIMIT),
  );
}

/** The options that size and pace the simulator: the same for `up` and `simulator`. */
export function withSimulatorSize(command: Command): Command {
  return withRateLimit(withSalonSize(command));
}

type Options = SimulatorAddress & { readonly json: boolean };

/** A command on a simulator that runs. */
function leaf(name: string, description: string): Command {
  return withJson(withData(new Command(name)))
    .description(description)
    .option(
      '--simulator <url>',
      'address of the simulator; default: SIMULATOR_URL, else that of the data folder',
    );
}

async function on(
  options: Options,
  deed: (control: SimulatorControl, output: Output) => Promise<void>,
): Promise<void> {
  await deed(findSimulator(options), createOutput(options.json));
}

function resetCommand(): Command {
  return withSalonSize(leaf('reset', 'make its salons anew; what is left out stays as it was')).action(
    (options: Options & Sizes) => on(options, (control, output) => reset(control, options, output)),
  );
}

function clockCommand(): Command {
  return leaf('clock', 'tell its time, or push it on: what falls due meanwhile happens')
    .option('--advance <time>', 'push the clock on, such as 20m, 2h or 3d', parseSpan)
    .option(
      '--skew <time>',
      'let it tell the time wrongly, such as 5s or --skew=-5s; 0s ends that',
      parseSpan,
    )
    .action((options: Options & { advance?: number; skew?: number }) =>
      on(options, (control, output) => clock(control, options, output)),
    );
}

function faultsCommand(): Command {
  return leaf('faults', 'show what is armed, arm a fault, or take all away')
    .option('--add <kind>', 'arm a fault, such as lose_answer, status or webhook_drop (simulator/README.md)')
    .option(
      '--route <route>',
      "calls it hits, such as 'GET /business/{business_id}/appointment/'; default: any",
    )
    .option('--count <hits>', 'how often it hits; default: once', wholeNumber(1))
    .option('--ms <milliseconds>', 'of slow and late ones', wholeNumber(0))
    .option('--status <code>', 'of kind status', wholeNumber(100))
    .option('--set <json>', 'other fields of the fault, such as \'{"rows":2}\'', parseObject)
    .option('--clear', 'take all faults away (before --add)', false)
    .action((options: Options & FaultOptions) =>
      on(options, (control, output) => faults(control, options, output)),
    );
}

function settlementCommand(): Command {
  return leaf('settlement', 'print the settlement statement of a salon as CSV')
    .option('--salon <id>', 'which salon; default: the first one', wholeNumber(1))
    .option('--from <day>', 'first day, YYYY-MM-DD; default: 30 days up to the last', parseDay)
    .option('--to <day>', "last day; default: the simulator's today", parseDay)
    .action((options: Options & { salon?: number; from?: string; to?: string }) =>
      on(options, (control, output) => settlement(control, options, output)),
    );
}

function openCommand(): Command {
  return leaf('open', 'open its page in the browser').action((options: Options) => on(options, open));
}
