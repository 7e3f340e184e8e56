import { Command, Option } from 'commander';
import { findApi, type ApiOptions } from '../api-client.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import {
  decideHoliday,
  listHolidays,
  parseHours,
  suggestHolidays,
  type DecideOptions,
  type ListOptions,
  type SuggestOptions,
} from '../holidays/run.ts';
import { createOutput } from '../output.ts';
import { withApi, withJson } from './options.ts';

type Options = ApiOptions & { readonly json: boolean };

/** `booksy holidays …`: public holidays, and days of one's own. */
export function holidaysCommand(): Command {
  const holidays = new Command('holidays').description('public holidays, and days of one’s own');
  const commands = [
    ofBusiness('list', 'holidays and what was decided about each')
      .option('--from <date>', 'first date, YYYY-MM-DD; left out: the first of this year')
      .option('--to <date>', 'last date; left out: the last of the next year')
      .action(async (options: Options & ListOptions) => {
        process.exitCode = await listHolidays(findApi(options), options, createOutput(options.json));
      }),
    ofBusiness('suggest', 'suggest the public holidays of this year and the next')
      .option('--country <code>', 'two letters; left out: that of the business')
      .option('--region <code>', 'as the country names it, e.g. BY')
      .action(async (options: Options & SuggestOptions) => {
        process.exitCode = await suggestHolidays(findApi(options), options, createOutput(options.json));
      }),
    ofBusiness('decide', 'close on a date, open on it, or take that back')
      .argument('<date>', 'YYYY-MM-DD')
      .addOption(
        new Option('--state <state>', 'closed, open, or suggested: takes a decision back')
          .choices(['closed', 'open', 'suggested'])
          .makeOptionMandatory(),
      )
      .option('--hours <hours>', 'with open: 09:00-13:00,14:00-18:00', parseHours)
      .option('--name <name>', 'for a day of one’s own, which is no public holiday')
      .action(async (date: string, options: Options & DecideOptions) => {
        process.exitCode = await decideHoliday(findApi(options), date, options, createOutput(options.json));
      }),
  ];
  for (const command of commands) holidays.addCommand(command.addHelpText('after', EXIT_CODES_HELP));
  return holidays;
}

function ofBusiness(name: string, description: string): Command {
  return withJson(withApi(new Command(name)))
    .description(description)
    .requiredOption('--business <id>', 'id of the business');
}
