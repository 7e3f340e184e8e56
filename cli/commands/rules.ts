import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { findApi, type ApiOptions } from '../api-client.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-codes.ts';
import { CliError, createOutput } from '../output.ts';
import {
  deleteRule,
  exportRules,
  importRules,
  listRules,
  readRule,
  saveRule,
  theBusiness,
} from '../rules/calls.ts';
import { freshRule, rulesOfFile, withValues } from '../rules/edit.ts';
import { diffLines, listLines, showLines } from '../rules/show.ts';
import type { RuleAnswer } from '../rules/wire.ts';
import { withApi, withJson } from './options.ts';

type Options = ApiOptions & { readonly json: boolean; readonly business?: string };

/** `booksy rules …`: which way each group flows, who wins, how far ahead is pushed. */
export function rulesCommand(): Command {
  const rules = new Command('rules').description(
    'which way each group flows, who wins, how far ahead is pushed',
  );
  for (const command of [
    listCommand(),
    showCommand(),
    setCommand(),
    deleteCommand(),
    exportCommand(),
    importCommand(),
  ])
    rules.addCommand(command.addHelpText('after', EXIT_CODES_HELP));
  return rules;
}

function leaf(name: string, description: string): Command {
  return withJson(withApi(new Command(name)))
    .description(description)
    .option('--business <id>', 'of this business; default: the only one there is');
}

function listCommand(): Command {
  return withJson(withApi(new Command('list')))
    .description('the rules of each business')
    .option('--business <id>', 'only this business')
    .action(async ({ business, ...options }: Options) => {
      const output = createOutput(options.json);
      const { rows } = await listRules(findApi(options), business);
      output.result({ ok: true, rules: rows }, listLines(rows, output.paint));
    });
}

function showCommand(): Command {
  return leaf('show', 'one rule, value by value, with its versions')
    .argument('<ruleId>', 'id of the rule')
    .action(async (id: string, { business, ...options }: Options) => {
      const output = createOutput(options.json);
      const api = findApi(options);
      const answer = await readRule(api, await theBusiness(api, business), id);
      output.result({ ok: true, ...answer }, showLines(answer, output.paint));
    });
}

function setCommand(): Command {
  return leaf('set', 'change values of a rule, or make a new one')
    .argument('<ruleId>', 'id of the rule; one that is not there begins as the default rule')
    .argument('<values...>', 'path=value, e.g. conditions.maxAdvanceBooking=60 policies.booking.time=booksy')
    .action(async (id: string, values: string[], { business, ...options }: Options) => {
      const output = createOutput(options.json);
      const api = findApi(options);
      const of = await theBusiness(api, business);
      const { rule } = await present(readRule(api, of, id));
      const body = { version: rule?.version ?? 0, rule: withValues(rule?.rule ?? freshRule(id), values) };
      const change = await saveRule(api, of, id, body);
      output.result({ ok: true, change }, diffLines([change], output.paint));
    });
}

/** A rule that was never there is one to be made. */
async function present(reading: Promise<RuleAnswer>): Promise<Pick<RuleAnswer, 'rule'>> {
  return reading.catch((error: unknown) => {
    if (error instanceof CliError && error.code === 'not_found') return { rule: null };
    throw error;
  });
}

function deleteCommand(): Command {
  return leaf('delete', 'take a rule away; its versions stay')
    .argument('<ruleId>', 'id of the rule')
    .action(async (id: string, { business, ...options }: Options) => {
      const output = createOutput(options.json);
      const api = findApi(options);
      const of = await theBusiness(api, business);
      const { rule } = await readRule(api, of, id);
      if (rule === null)
        throw new CliError('not_found', `The rule ${id} was deleted before.`, 'See: booksy rules list');
      const change = await deleteRule(api, of, id, rule.version);
      output.result({ ok: true, change }, diffLines([change], output.paint));
    });
}

function exportCommand(): Command {
  return leaf('export', 'the rules of a business as a file')
    .argument('[file]', 'where to; default: standard output')
    .action(async (file: string | undefined, { business, ...options }: Options) => {
      const output = createOutput(options.json);
      const api = findApi(options);
      const content = await exportRules(api, await theBusiness(api, business));
      const text = JSON.stringify(content, null, 2);
      if (file !== undefined) writeFileSync(file, `${text}\n`);
      output.result(
        { ok: true, ...(file === undefined ? content : { file, rules: content.rules.length }) },
        file === undefined ? [text] : [`${String(content.rules.length)} rules are in ${file}.`],
      );
    });
}

type ImportOptions = Options & { readonly dryRun: boolean; readonly replace: boolean };

function importCommand(): Command {
  return leaf('import', 'take rules from a file, all of them or none')
    .argument('<file>', 'as export writes it, a list of rules, or a single rule; - is standard input')
    .option('--dry-run', 'show what it would change and write nothing', false)
    .option('--replace', 'delete the rules that the file does not name', false)
    .action(async (file: string, { business, dryRun, replace, ...options }: ImportOptions) => {
      const output = createOutput(options.json);
      const api = findApi(options);
      const { changes } = await importRules(api, await theBusiness(api, business), {
        ...rulesOfFile(file),
        replace,
        dryRun,
      });
      output.result({ ok: true, dryRun, changes }, [
        ...diffLines(changes, output.paint),
        ...(dryRun ? ['Nothing was written: without --dry-run it is.'] : []),
      ]);
      process.exitCode = EXIT.ok;
    });
}
