import { Command, Option } from 'commander';
import { findApi, type ApiOptions } from '../api-client.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import {
  clearDay,
  removeOwn,
  removeWeek,
  setDay,
  setWeek,
  showHours,
  type SetWeekOptions,
  type ShowOptions,
} from '../hours/run.ts';
import {
  addTimeOff,
  changeTimeOff,
  listTimeOff,
  removeTimeOff,
  type ListOptions,
  type TimeOptions,
} from '../hours/time-off.ts';
import type { Intervals } from '../hours/wire.ts';
import { parseHours, type OwnerOptions } from '../hours/words.ts';
import { createOutput } from '../output.ts';
import { wholeNumber } from '../up/settings.ts';
import { DEFAULT_ROWS } from './mappings.ts';
import { withApi, withJson } from './options.ts';

type Options = ApiOptions & { readonly json: boolean };

const DAYS = [
  ['mon', 'Monday'],
  ['tue', 'Tuesday'],
  ['wed', 'Wednesday'],
  ['thu', 'Thursday'],
  ['fri', 'Friday'],
  ['sat', 'Saturday'],
  ['sun', 'Sunday'],
] as const;

/** `booksy hours …`: when a salon, its people and its rooms are there. */
export function hoursCommand(): Command {
  return group('hours', 'when a salon, its people and its rooms are there: weeks and single dates', [
    ofBusiness('show', 'weeks, schedules to come, and dates with hours of their own')
      .option('--from <date>', 'first date of those, YYYY-MM-DD; left out: today')
      .option('--to <date>', 'last date; left out: all to come')
      .action(async (options: Options & ShowOptions) => {
        process.exitCode = await showHours(findApi(options), options, createOutput(options.json));
      }),
    setWeekCommand(),
    ofOwner('remove-week', 'take a schedule away that has not begun')
      .requiredOption('--from <date>', 'its first day')
      .action(async (options: Options & OwnerOptions & { from: string }) => {
        process.exitCode = await removeWeek(findApi(options), options, createOutput(options.json));
      }),
    ofOwner(
      'remove-own',
      'take the own hours of a person or a room away, dates too: the salon’s count',
    ).action(async (options: Options & OwnerOptions) => {
      process.exitCode = await removeOwn(findApi(options), options, createOutput(options.json));
    }),
    ofOwner('set-day', 'give a date hours of its own, or close it')
      .argument('<date>', 'YYYY-MM-DD')
      .addOption(
        new Option('--hours <hours>', 'closed, or 09:00-13:00,14:00-18:00; over midnight 22:00-02:00+1')
          .argParser(parseHours)
          .makeOptionMandatory(),
      )
      .action(async (date: string, options: Options & OwnerOptions & { hours: Intervals }) => {
        process.exitCode = await setDay(findApi(options), date, options, createOutput(options.json));
      }),
    ofOwner('clear-day', 'take the hours of a date away: its week counts again')
      .argument('<date>', 'YYYY-MM-DD')
      .action(async (date: string, options: Options & OwnerOptions) => {
        process.exitCode = await clearDay(findApi(options), date, options, createOutput(options.json));
      }),
  ]);
}

function setWeekCommand(): Command {
  const command = ofOwner('set-week', 'set days of a week; those that are not named stay')
    .option('--from <date>', 'first day of a schedule; left out: the week that counts today')
    .option('--every <hours>', 'of every day that has no hours of its own here', parseHours);
  for (const [flag, name] of DAYS) command.option(`--${flag} <hours>`, `of ${name}`, parseHours);
  return command.action(async (options: Options & SetWeekOptions) => {
    process.exitCode = await setWeek(findApi(options), options, createOutput(options.json));
  });
}

/** `booksy time-off …`: when people and rooms are not there. */
export function timeOffCommand(): Command {
  return group('time-off', 'when people and rooms are not there', [
    ofOwner('list', 'time off by its start, blocks of calendars and reservations of Booksy among it')
      .option('--from <date>', 'first date, YYYY-MM-DD; left out: today')
      .option('--to <date>', 'last date; left out: all to come')
      .option('--limit <rows>', 'rows at most', wholeNumber(1), DEFAULT_ROWS)
      .action(async (options: Options & ListOptions) => {
        process.exitCode = await listTimeOff(findApi(options), options, createOutput(options.json));
      }),
    withReason(
      ofOwner('add', 'add time off of a person or a room')
        .requiredOption('--from <time>', FROM)
        .option('--to <time>', `${TO}; left out: the day of --from`),
    ).action(async (options: Options & OwnerOptions & TimeOptions) => {
      process.exitCode = await addTimeOff(findApi(options), options, createOutput(options.json));
    }),
    withReason(
      leaf('change', 'change what is named of a time off')
        .argument('<id>', 'id of the time off')
        .option('--from <time>', FROM)
        .option('--to <time>', TO),
    ).action(async (id: string, options: Options & TimeOptions) => {
      process.exitCode = await changeTimeOff(findApi(options), id, options, createOutput(options.json));
    }),
    leaf('remove', 'take a time off away')
      .argument('<id>', 'id of the time off')
      .action(async (id: string, options: Options) => {
        process.exitCode = await removeTimeOff(findApi(options), id, createOutput(options.json));
      }),
  ]);
}

const FROM = 'first whole day, 2026-12-01, or local time, 2026-12-01T09:00';
const TO = 'last whole day, or local time of the end';

function withReason(command: Command): Command {
  return command.option(
    '--reason <code>',
    'such as vacation, sick_day, training, other; of a room maintenance, break, other',
  );
}

function group(name: string, description: string, commands: readonly Command[]): Command {
  const all = new Command(name).description(description);
  for (const command of commands) all.addCommand(command.addHelpText('after', EXIT_CODES_HELP));
  return all;
}

function leaf(name: string, description: string): Command {
  return withJson(withApi(new Command(name))).description(description);
}

function ofBusiness(name: string, description: string): Command {
  return leaf(name, description).requiredOption('--business <id>', 'id of the business');
}

function ofOwner(name: string, description: string): Command {
  return ofBusiness(name, description)
    .option('--staff <id>', 'of this member of staff; neither: of the salon itself')
    .option('--room <id>', 'of this room');
}
