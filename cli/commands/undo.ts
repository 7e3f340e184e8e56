import { Command } from 'commander';
import { findApi, type ApiOptions } from '../api-client.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { createOutput } from '../output.ts';
import { askUndo, confirmUndo, showUndo, type ConfirmOptions } from '../undo/run.ts';
import { ENTITY_WORDS } from '../words.ts';
import { parseEntity } from './mappings.ts';
import { withApi, withJson } from './options.ts';

type Options = ApiOptions & { readonly json: boolean };

/** `booksy undo …`: taking back what the sync did, after a look at what would change. */
export function undoCommand(): Command {
  const undo = new Command('undo').description('take back what the sync did');
  const commands = [
    leaf('run', 'what taking back an operation would do; changes nothing')
      .argument('<runId>', 'id of the operation')
      .action(async (runId: string, options: Options) => {
        const asked = { runId, entity: undefined, recordId: undefined };
        process.exitCode = await askUndo(findApi(options), asked, createOutput(options.json));
      }),
    leaf('record', 'what taking back the last change of a record would do; changes nothing')
      .argument('<kind>', `kind of the record: ${ENTITY_WORDS.join(', ')}`, parseEntity)
      .argument('<recordId>', 'id of the record here')
      .option('--run <id>', 'what this operation did to it, instead of its last change')
      .action(async (entity: string, recordId: string, options: Options & { run?: string }) => {
        const asked = { runId: options.run, entity, recordId };
        process.exitCode = await askUndo(findApi(options), asked, createOutput(options.json));
      }),
    leaf('show', 'an undo as it is now')
      .argument('<id>', 'id of the undo')
      .action(async (id: string, options: Options) => {
        process.exitCode = await showUndo(findApi(options), id, createOutput(options.json));
      }),
    leaf('confirm', 'take it back, as it was shown')
      .argument('<id>', 'id of the undo')
      .option('--at-booksy', 'that the record is changed at Booksy too, where its client may be told', false)
      .option('--yes', 'do not ask', false)
      .action(async (id: string, options: Options & ConfirmOptions) => {
        process.exitCode = await confirmUndo(findApi(options), id, options, createOutput(options.json));
      }),
  ];
  for (const command of commands) undo.addCommand(command.addHelpText('after', EXIT_CODES_HELP));
  return undo;
}

function leaf(name: string, description: string): Command {
  return withJson(withApi(new Command(name))).description(description);
}
