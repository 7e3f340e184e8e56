import { Command } from 'commander';
import { findApi, type ApiOptions } from '../api-client.ts';
import { auditLines, listAudit } from '../audit/list.ts';
import { anchorsIn, verifyAudit } from '../audit/verify.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { createOutput } from '../output.ts';
import { sayNotes } from '../pages.ts';
import { wholeNumber } from '../up/settings.ts';
import { ENTITY_WORDS } from '../words.ts';
import { DEFAULT_ROWS, parseEntity } from './mappings.ts';
import { withApi, withJson } from './options.ts';

type Options = ApiOptions & { readonly json: boolean };

/** `booksy audit …`: who or what did what, and whether the trail is whole. */
export function auditCommand(): Command {
  const audit = new Command('audit').description('who or what did what, and whether the trail is whole');
  for (const command of [listCommand(), verifyCommand()])
    audit.addCommand(command.addHelpText('after', EXIT_CODES_HELP));
  return audit;
}

function leaf(name: string, description: string): Command {
  return withJson(withApi(new Command(name))).description(description);
}

type ListOptions = Options & {
  readonly business?: string;
  readonly entity?: string;
  readonly record?: string;
  readonly run?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
};

function listCommand(): Command {
  return leaf('list', 'what was done, newest first')
    .option('--business <id>', 'only this business')
    .option('--entity <kind>', `only this kind: ${ENTITY_WORDS.join(', ')}`, parseEntity)
    .option('--record <id>', 'only what happened to this record')
    .option('--run <id>', 'only what this operation did')
    .option('--actor <name>', 'only what this one did: sync, api:<token id>, …')
    .option('--action <name>', 'only this kind of deed, such as updated')
    .option('--from <instant>', 'not before, such as 2026-03-01T10:00:00Z')
    .option('--to <instant>', 'before')
    .option('--limit <rows>', 'rows at most', wholeNumber(1), DEFAULT_ROWS)
    .action(async (options: ListOptions) => {
      const output = createOutput(options.json);
      const { business, entity, record, run, actor, action, from, to, limit } = options;
      const filter = { business, entity, record, run, actor, action, from, to, limit };
      const { rows, more, notes } = await listAudit(findApi(options), filter);
      sayNotes(output, notes);
      output.result({ ok: true, entries: rows, more }, auditLines(rows, more, output.paint));
    });
}

function verifyCommand(): Command {
  return leaf('verify', 'whether every chain of the trail is whole; exit code 1 where one is not')
    .option('--business <id>', 'only the chain of this business')
    .option(
      '--anchor <link>',
      'an anchor that an earlier verification printed: it must still be there; may be given again',
      (link: string, before: readonly string[]) => [...before, link],
      [],
    )
    .option('--anchors <file>', 'all anchors of the file that the worker writes every night')
    .action(async (options: Options & { business?: string; anchor: readonly string[]; anchors?: string }) => {
      const { business, anchors } = options;
      const output = createOutput(options.json);
      const anchor = [...options.anchor, ...(anchors === undefined ? [] : await anchorsIn(anchors))];
      process.exitCode = await verifyAudit(findApi(options), { business, anchor }, output);
    });
}
