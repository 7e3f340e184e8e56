import { Command, Option } from 'commander';
import { findApi, type ApiOptions } from '../api-client.ts';
import { errorLines, listErrors, release, retry, skip, type ReleaseOptions } from '../errors/index.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { createOutput } from '../output.ts';
import { sayNotes } from '../pages.ts';
import { wholeNumber } from '../up/settings.ts';
import { DEFAULT_ROWS } from './mappings.ts';
import { withApi, withJson } from './options.ts';

type Options = ApiOptions & { readonly json: boolean };
type ListOptions = Options & {
  readonly business?: string;
  readonly kind?: string;
  readonly limit: number;
};
const KINDS = ['quarantine', 'run', 'open', 'record', 'circuit', 'calendar'] as const;

/** `booksy errors …`: what went wrong and waits for somebody. */
export function errorsCommand(): Command {
  const errors = new Command('errors').description('what went wrong, and what is held back');
  for (const command of [listCommand(), retryCommand(), skipCommand(), releaseCommand()])
    errors.addCommand(command.addHelpText('after', EXIT_CODES_HELP));
  return errors;
}

function leaf(name: string, description: string): Command {
  return withJson(withApi(new Command(name))).description(description);
}

function listCommand(): Command {
  return leaf('list', 'records set aside, runs that failed, steps that are being tried again')
    .option('--business <id>', 'only this business')
    .addOption(
      new Option(
        '--kind <kind>',
        'quarantine (set aside), run (a run that failed), open (a step that is being tried again), record (one that failed alone), circuit (everything waits), calendar (one that cannot be read)',
      ).choices(KINDS),
    )
    .option('--limit <rows>', 'rows at most', wholeNumber(1), DEFAULT_ROWS)
    .action(async ({ business, kind, limit, ...options }: ListOptions) => {
      const output = createOutput(options.json);
      const { rows, more, notes } = await listErrors(findApi(options), { business, kind, limit });
      sayNotes(output, notes);
      output.result({ ok: true, errors: rows, more }, errorLines(rows, more, output.paint));
    });
}

function retryCommand(): Command {
  return leaf('retry', 'try it again now')
    .argument('<id>', 'id of the error, as errors list shows it')
    .action(async (id: string, options: Options) => {
      process.exitCode = await retry(findApi(options), id, createOutput(options.json));
    });
}

function skipCommand(): Command {
  return leaf('skip', 'leave a record that failed alone until it changes again')
    .argument('<id>', 'id of the error, as errors list shows it')
    .action(async (id: string, options: Options) => {
      process.exitCode = await skip(findApi(options), id, createOutput(options.json));
    });
}

function releaseCommand(): Command {
  return leaf('release', 'permit what was held back because it concerned too many records at once')
    .argument('<id>', 'id of the error, as errors list shows it')
    .option('--yes', 'do not ask', false)
    .option('--affected <count>', 'only if it concerns exactly so many records', wholeNumber(0))
    .action(async (id: string, options: Options & ReleaseOptions) => {
      process.exitCode = await release(findApi(options), id, options, createOutput(options.json));
    });
}
