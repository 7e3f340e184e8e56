import { Argument, Command, Option } from 'commander';
import { CONFLICT_KINDS } from '../../domain/conflict-kinds.ts';
import { CHOICES } from '../../domain/conflicts/resolution.ts';
import { findApi, type ApiOptions } from '../api-client.ts';
import { listConflicts, readConflict } from '../conflicts/read.ts';
import { resolve, type Decision } from '../conflicts/resolve.ts';
import { listLines, showLines } from '../conflicts/show.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { createOutput } from '../output.ts';
import { sayNotes } from '../pages.ts';
import { wholeNumber } from '../up/settings.ts';
import { ENTITY_WORDS } from '../words.ts';
import { DEFAULT_ROWS, parseEntity } from './mappings.ts';
import { withApi, withJson } from './options.ts';

type Options = ApiOptions & { readonly json: boolean };
const STATUSES = ['open', 'resolved', 'closed'] as const;

/** `booksy conflicts …`: what the two sides do not agree on, and who decides. */
export function conflictsCommand(): Command {
  const conflicts = new Command('conflicts').description(
    'what the two sides do not agree on and a person decides',
  );
  for (const command of [listCommand(), showCommand(), resolveCommand()])
    conflicts.addCommand(command.addHelpText('after', EXIT_CODES_HELP));
  return conflicts;
}

function leaf(name: string, description: string): Command {
  return withJson(withApi(new Command(name))).description(description);
}

type ListOptions = Options & {
  readonly business?: string;
  readonly kind?: string;
  readonly status: (typeof STATUSES)[number];
  readonly entity?: string;
  readonly record?: string;
  readonly escalated?: boolean;
  readonly all: boolean;
  readonly limit: number;
};

function listCommand(): Command {
  return leaf('list', 'conflicts that wait for a decision')
    .option('--business <id>', 'only this business')
    .addOption(new Option('--kind <kind>', 'only this kind').choices(CONFLICT_KINDS))
    .addOption(new Option('--status <status>', 'conflicts of this status').choices(STATUSES).default('open'))
    .addOption(new Option('--all', 'conflicts of every status').default(false).conflicts('status'))
    .option('--entity <kind>', `only about this kind of record: ${ENTITY_WORDS.join(', ')}`, parseEntity)
    .option('--record <id>', 'only about this record of ours')
    .option('--escalated', 'only those whose visit is near')
    .option('--limit <rows>', 'rows at most', wholeNumber(1), DEFAULT_ROWS)
    .action(async (given: ListOptions) => {
      const { business, kind, status, entity, record, escalated, all, limit, ...options } = given;
      const output = createOutput(options.json);
      const filter = { business, kind, status: all ? undefined : status, entity, record, escalated, limit };
      const { rows, more, notes, counts } = await listConflicts(findApi(options), filter);
      sayNotes(output, notes);
      const nothing = rows.length === 0 && status === 'open' && !all;
      output.result(
        { ok: true, conflicts: rows, counts, more },
        nothing
          ? [output.paint.green('No conflict waits for a decision.')]
          : listLines(rows, more, counts, { paint: output.paint, columns: output.columns() }),
      );
    });
}

function showCommand(): Command {
  return leaf('show', 'one conflict: both sides beside each other, what may be chosen, free times')
    .argument('<id>', 'id of the conflict')
    .action(async (id: string, options: Options) => {
      const output = createOutput(options.json);
      const { conflict, notes } = await readConflict(findApi(options), id);
      sayNotes(output, notes);
      output.result(
        { ok: true, conflict },
        showLines(conflict, { paint: output.paint, columns: output.columns() }),
      );
    });
}

function resolveCommand(): Command {
  return leaf('resolve', 'decide a conflict')
    .argument('<id>', 'id of the conflict')
    .addArgument(
      new Argument('<choice>', 'what is to be done; conflicts show tells which it offers').choices(CHOICES),
    )
    .option(
      '--group <group=side>',
      'with groups: the side of a group, platform or booksy; once for each',
      collect,
      [],
    )
    .option('--to <local>', 'with move: the new start, YYYY-MM-DDTHH:MM')
    .option('--visit <id>', 'with move: which visit, where there are several')
    .option('--staff <id>', 'with move: other staff')
    .option('--keep <id>', 'what stays, where a side does not name it')
    .option('--reason <text>', 'in your own words, for the audit trail')
    .option('--yes', 'do not ask before overbooking', false)
    .action(async (id: string, choice: string, given: Options & Omit<Decision, 'choice'>) => {
      process.exitCode = await resolve(findApi(given), id, { ...given, choice }, createOutput(given.json));
    });
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
