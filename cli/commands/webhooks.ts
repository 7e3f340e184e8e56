import { Command, InvalidArgumentError, Option } from 'commander';
import { findApi, type ApiOptions } from '../api-client.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { createOutput } from '../output.ts';
import { sayNotes } from '../pages.ts';
import { wholeNumber } from '../up/settings.ts';
import { listWebhooks, parseInstant, webhookLines, type WebhookFilter } from '../webhooks/list.ts';
import { replayMany, replayOne } from '../webhooks/replay.ts';
import { listSecrets, removeSecret, setSecret, type SetOptions } from '../webhooks/secrets.ts';
import { DEFAULT_ROWS } from './mappings.ts';
import { withApi, withData, withJson } from './options.ts';

type Options = ApiOptions & { readonly json: boolean };
const ACTIONS = ['CREATED', 'MODIFIED', 'CANCELLED'] as const;
const STATES = ['waiting', 'drained'] as const;
const KINDS = ['signature', 'path_token'] as const;

/** `booksy webhooks …`: what Booksy sent, sending it through again, and the secrets that prove it. */
export function webhooksCommand(): Command {
  const webhooks = new Command('webhooks').description('what Booksy sent, and the secrets that prove it');
  for (const command of [listCommand(), replayCommand()])
    webhooks.addCommand(command.addHelpText('after', EXIT_CODES_HELP));
  const secret = new Command('secret').description('secrets of one business, straight in the database');
  for (const command of [setCommand(), secretListCommand(), removeCommand()])
    secret.addCommand(command.addHelpText('after', EXIT_CODES_HELP));
  return webhooks.addCommand(secret);
}

function filtered(command: Command): Command {
  return withJson(withApi(command))
    .option('--business <id>', 'only this business')
    .addOption(new Option('--action <action>', 'only this action').choices(ACTIONS))
    .option('--appointment <id>', 'only of this appointment, by its id at Booksy')
    .option('--since <when>', 'received then or later: an instant, or how long ago (90m, 2h, 3d)', instant)
    .option('--until <when>', 'received before then', instant);
}

function listCommand(): Command {
  return filtered(new Command('list').description('what came, newest first; never a body'))
    .addOption(new Option('--state <state>', 'waiting (in the box) or drained (used)').choices(STATES))
    .option('--limit <rows>', 'rows at most', wholeNumber(1), DEFAULT_ROWS)
    .action(async (options: Options & WebhookFilter & { state?: string; limit: number }) => {
      const output = createOutput(options.json);
      const listed = await listWebhooks(findApi(options), options);
      sayNotes(output, listed.notes);
      const { rows, more, counts } = listed;
      output.result({ ok: true, webhooks: rows, counts, more }, webhookLines(listed, output.paint));
    });
}

function replayCommand(): Command {
  return filtered(
    new Command('replay').description('send webhooks through again: one by its id, or those of a filter'),
  )
    .argument('[id]', 'id of the webhook, as webhooks list shows it')
    .option('--yes', 'do not ask', false)
    .action(async (id: string | undefined, options: Options & WebhookFilter & { yes: boolean }) => {
      const output = createOutput(options.json);
      const api = findApi(options);
      process.exitCode =
        id === undefined
          ? await replayMany(api, { filter: options, yes: options.yes }, output)
          : await replayOne(api, id, output);
    });
}

function setCommand(): Command {
  return withJson(withData(new Command('set')))
    .description('give a business a secret of its own; those before it hold for a while')
    .requiredOption('--business <id>', 'the business', uuid)
    .addOption(
      new Option('--kind <kind>', 'signature (signs the webhook), path_token (stands in its address)')
        .choices(KINDS)
        .default('signature'),
    )
    .option('--overlap <hours>', 'how long those before it still hold', wholeNumber(0), 72)
    .option('--stdin', 'read the secret from stdin; without it one is made and shown this once', false)
    .action(async (options: SetOptions & { json: boolean }) => {
      process.exitCode = await setSecret(options, createOutput(options.json));
    });
}

function secretListCommand(): Command {
  return withJson(withData(new Command('list')))
    .description('which secrets hold, and until when; never the secrets')
    .option('--business <id>', 'only this business', uuid)
    .action(async (options: { business?: string; data: string; json: boolean }) => {
      process.exitCode = await listSecrets(options, createOutput(options.json));
    });
}

function removeCommand(): Command {
  return withJson(withData(new Command('remove')))
    .description('end a secret at once')
    .argument('<secretId>', 'id of the secret, as secret list shows it', uuid)
    .action(async (secretId: string, { data, json }: { data: string; json: boolean }) => {
      process.exitCode = await removeSecret(secretId, data, createOutput(json));
    });
}

function instant(text: string): string {
  return parseInstant(text);
}

function uuid(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('It must be an id (uuid).');
}
