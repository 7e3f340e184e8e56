import { Command, InvalidArgumentError } from 'commander';
import { findApi, type ApiOptions } from '../api-client.ts';
import {
  addCalendar,
  changeCalendar,
  listCalendars,
  pollCalendar,
  removeCalendar,
  type AddOptions,
  type ChangeOptions,
} from '../calendars/run.ts';
import { createFeed, listFeeds, revokeFeed, type CreateOptions } from '../calendars/feeds.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { createOutput } from '../output.ts';
import { withApi, withJson } from './options.ts';

type Options = ApiOptions & { readonly json: boolean };
type OfBusiness = Options & { readonly business: string };

/** `booksy calendars …`: calendars of others that block time here. */
export function calendarsCommand(): Command {
  return group('calendars', 'calendars of others (iCal) that block time: add, look at, change', [
    ofBusiness('list', 'calendars of a business and how they stand').action(async (options: OfBusiness) => {
      process.exitCode = await listCalendars(findApi(options), options.business, createOutput(options.json));
    }),
    ofBusiness('add', 'add one; its private address is read from standard input')
      .requiredOption('--name <name>', 'for people')
      .option('--staff <id>', 'whose time it blocks; left out: of everybody who works there')
      .option('--at-booksy <answer>', 'whether it blocks at Booksy, too: yes or no; left out: yes', yesOrNo)
      .option('--every <minutes>', 'how often it is read, 5 to 1440; left out: 15', minutes)
      .action(async (options: Options & AddOptions) => {
        process.exitCode = await addCalendar(findApi(options), options, createOutput(options.json));
      }),
    leaf('change', 'change what is named of one')
      .argument('<id>', 'id of the calendar')
      .option('--name <name>', 'another name')
      .option('--active <answer>', 'no: it is not read and blocks nothing; yes: it is read again', yesOrNo)
      .option('--at-booksy <answer>', 'whether it blocks at Booksy, too: yes or no', yesOrNo)
      .option('--every <minutes>', 'how often it is read, 5 to 1440', minutes)
      .option('--new-address', 'read another private address from standard input', false)
      .action(async (id: string, options: Options & ChangeOptions) => {
        process.exitCode = await changeCalendar(findApi(options), id, options, createOutput(options.json));
      }),
    leaf('remove', 'take one away, with its blocks to come')
      .argument('<id>', 'id of the calendar')
      .action(async (id: string, options: Options) => {
        process.exitCode = await removeCalendar(findApi(options), id, createOutput(options.json));
      }),
    leaf('poll', 'read one now')
      .argument('<id>', 'id of the calendar')
      .action(async (id: string, options: Options) => {
        process.exitCode = await pollCalendar(findApi(options), id, createOutput(options.json));
      }),
  ]);
}

/** `booksy feeds …`: calendars of ours for other programs. */
export function feedsCommand(): Command {
  return group('feeds', 'private feeds of our calendar for other programs', [
    ofBusiness('list', 'feeds of a business, without their addresses').action(async (options: OfBusiness) => {
      process.exitCode = await listFeeds(findApi(options), options.business, createOutput(options.json));
    }),
    ofBusiness('create', 'make one; its address is shown this once')
      .requiredOption('--name <name>', 'for people')
      .option('--staff <id>', 'whose calendar; left out: of the whole business')
      .option(
        '--details',
        'with names of clients and services; else it says only when somebody is busy',
        false,
      )
      .action(async (options: Options & CreateOptions) => {
        process.exitCode = await createFeed(findApi(options), options, createOutput(options.json));
      }),
    leaf('revoke', 'end one at once')
      .argument('<id>', 'id of the feed')
      .action(async (id: string, options: Options) => {
        process.exitCode = await revokeFeed(findApi(options), id, createOutput(options.json));
      }),
  ]);
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

function yesOrNo(text: string): boolean {
  if (text !== 'yes' && text !== 'no') throw new InvalidArgumentError('Say yes or no.');
  return text === 'yes';
}

function minutes(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 5 || count > 1440)
    throw new InvalidArgumentError('Give whole minutes from 5 to 1440.');
  return count;
}
