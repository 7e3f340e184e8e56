import { Command, InvalidArgumentError, Option } from 'commander';
import { findApi, type ApiOptions } from '../api-client.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { decide, type Decision } from '../mappings/decide.ts';
import { listMappings, readMapping } from '../mappings/read.ts';
import { listLines, showLines } from '../mappings/show.ts';
import { createOutput } from '../output.ts';
import { sayNotes } from '../pages.ts';
import { wholeNumber } from '../up/settings.ts';
import { ENTITY_WORDS, entityNamed } from '../words.ts';
import { withApi, withJson } from './options.ts';

type Options = ApiOptions & { readonly json: boolean };
const STATES = ['unsure', 'linked', 'rejected'] as const;
/** Rows of a list unless told otherwise. */
export const DEFAULT_ROWS = 100;

/** `booksy mappings …`: which card of Booksy is which record here. */
export function mappingsCommand(): Command {
  const mappings = new Command('mappings').description('which card of Booksy is which record here');
  const commands = [
    listCommand(),
    showCommand(),
    leaf('link', 'this card is that record')
      .argument('<id>', 'id of the mapping')
      .argument('<recordId>', 'id of the record here')
      .action((id: string, recordId: string, options: Options) =>
        decided(id, { decision: 'link', recordId }, options),
      ),
    leaf('separate', 'this card is none of ours: a record of its own')
      .argument('<id>', 'id of the mapping')
      .action((id: string, options: Options) => decided(id, { decision: 'separate' }, options)),
    leaf('unmerge', 'this card was linked wrongly: take the two apart again')
      .argument('<id>', 'id of the mapping')
      .action((id: string, options: Options) => decided(id, { decision: 'unmerge' }, options)),
  ];
  for (const command of commands) mappings.addCommand(command.addHelpText('after', EXIT_CODES_HELP));
  return mappings;
}

function leaf(name: string, description: string): Command {
  return withJson(withApi(new Command(name))).description(description);
}

async function decided(id: string, decision: Decision, options: Options): Promise<void> {
  process.exitCode = await decide(findApi(options), id, decision, createOutput(options.json));
}

type ListOptions = Options & {
  readonly business?: string;
  readonly entity?: string;
  readonly state?: (typeof STATES)[number];
  readonly all: boolean;
  readonly limit: number;
};

function listCommand(): Command {
  return leaf('list', 'cards that wait for a decision')
    .option('--business <id>', 'only this business')
    .option('--entity <kind>', `only this kind: ${ENTITY_WORDS.join(', ')}`, parseEntity)
    .addOption(new Option('--state <state>', 'cards in this state').choices(STATES).default('unsure'))
    .addOption(new Option('--all', 'cards in every state').default(false).conflicts('state'))
    .option('--limit <rows>', 'rows at most', wholeNumber(1), DEFAULT_ROWS)
    .action(async ({ business, entity, state, all, limit, ...options }: ListOptions) => {
      const output = createOutput(options.json);
      const filter = { business, entity, state: all ? undefined : state, limit };
      const { rows, more, notes } = await listMappings(findApi(options), filter);
      sayNotes(output, notes);
      const look = { paint: output.paint, columns: output.columns() };
      const nothing = rows.length === 0 && state === 'unsure' && !all;
      output.result(
        { ok: true, mappings: rows, more },
        nothing ? [output.paint.green('No card waits for a decision.')] : listLines(rows, more, look),
      );
    });
}

function showCommand(): Command {
  return leaf('show', 'one card beside its candidates, with the reasons')
    .argument('<id>', 'id of the mapping')
    .action(async (id: string, options: Options) => {
      const output = createOutput(options.json);
      const { mapping, notes } = await readMapping(findApi(options), id);
      sayNotes(output, notes);
      output.result(
        { ok: true, mapping },
        showLines(mapping, { paint: output.paint, columns: output.columns() }),
      );
    });
}

/** For commander: `client` or `profile`, `visit` or `booking`, … */
export function parseEntity(text: string): string {
  const entity = entityNamed(text);
  if (entity === null) throw new InvalidArgumentError(`Give one of ${ENTITY_WORDS.join(', ')}.`);
  return entity;
}
