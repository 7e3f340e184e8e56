import { Command } from 'commander';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { createOutput } from '../output.ts';
import { DEFAULT_RATE_LIMIT, parsePort, type UpOptions } from '../up/settings.ts';
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
      const { up } = await import('../up/run.ts');
      process.exitCode = await up(options, createOutput(options.json));
    },
  );
}
