import { Command } from 'commander';
import { findApi, type ApiOptions } from '../api-client.ts';
import {
  bookVisit,
  endVisit,
  freeTimes,
  showVisit,
  type BookOptions,
  type FreeOptions,
} from '../bookings/run.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { createOutput } from '../output.ts';
import { withApi, withJson } from './options.ts';

type Options = ApiOptions & { readonly json: boolean };

/** `booksy availability`: when a salon can take a visit. */
export function availabilityCommand(): Command {
  return withJson(withApi(new Command('availability')))
    .description('when a salon can take a visit')
    .requiredOption('--business <id>', 'id of the business')
    .requiredOption(
      '--items <variants>',
      'ids of variants with commas between, each with @ and the id of a member of staff, or @any',
    )
    .requiredOption('--from <date>', 'first date, YYYY-MM-DD')
    .option('--to <date>', 'last date; left out: the first one')
    .option('--explain <time>', 'also say why this local time (YYYY-MM-DDTHH:MM) is free or not')
    .action(async (options: Options & FreeOptions) => {
      process.exitCode = await freeTimes(findApi(options), options, createOutput(options.json));
    })
    .addHelpText('after', EXIT_CODES_HELP);
}

/** `booksy bookings …`: visits as the platform books them. */
export function bookingsCommand(): Command {
  const bookings = new Command('bookings').description('book visits, look at them, cancel them');
  const commands = [
    leaf('create', 'book a visit')
      .requiredOption('--business <id>', 'id of the business')
      .option('--items <variants>', 'as of `availability`; with --at')
      .option('--at <time>', 'local time of the start, YYYY-MM-DDTHH:MM')
      .option('--hold <id>', 'a hold of the same token, in place of --items and --at')
      .option('--profile <id>', 'an existing client')
      .option('--given-name <name>', 'given name of the client')
      .option('--family-name <name>', 'family name of the client')
      .option('--email <address>', 'e-mail of the client')
      .option('--phone <number>', 'phone of the client')
      .option('--note <text>', 'what the client wants the salon to know')
      .option('--overbook', 'although the time is taken or closed; needs the scope bookings:overbook', false)
      .action(async (options: Options & BookOptions) => {
        process.exitCode = await bookVisit(findApi(options), options, createOutput(options.json));
      }),
    leaf('show', 'one visit')
      .argument('<id>', 'id of the visit')
      .action(async (id: string, options: Options) => {
        process.exitCode = await showVisit(findApi(options), id, createOutput(options.json));
      }),
    leaf('cancel', 'cancel a visit: its time is free at once')
      .argument('<id>', 'id of the visit')
      .option('--reason <text>', 'for the audit trail; say nothing about people')
      .action(async (id: string, options: Options & { reason?: string }) => {
        process.exitCode = await endVisit(findApi(options), id, options.reason, createOutput(options.json));
      }),
  ];
  for (const command of commands) bookings.addCommand(command.addHelpText('after', EXIT_CODES_HELP));
  return bookings;
}

function leaf(name: string, description: string): Command {
  return withJson(withApi(new Command(name))).description(description);
}
