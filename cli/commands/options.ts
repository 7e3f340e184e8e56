import type { Command } from 'commander';

/** Folder of everything that `booksy up` keeps. */
export const DEFAULT_DATA = '.data';

/** --data, on every command that touches the folder or finds the running `up` by it. */
export function withData(command: Command): Command {
  return command.option('--data <dir>', 'data folder', DEFAULT_DATA);
}

/** --json, on every command. */
export function withJson(command: Command): Command {
  return command.option(
    '--json',
    'print one JSON object as the last line of stdout; progress goes to stderr',
    false,
  );
}

/** --api and --token, on commands that talk to a running API. */
export function withApi(command: Command): Command {
  return withData(command)
    .option(
      '--api <url>',
      'address of the API; default: BOOKSY_SYNC_API, else that of the `up` on the data folder',
    )
    .option('--token <token>', 'API token; default: BOOKSY_SYNC_TOKEN, else the operator token of that `up`');
}
