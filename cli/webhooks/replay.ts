import type { ApiClient } from '../api-client.ts';
import { confirmTyped, type Asking } from '../confirm.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { counted, thousands } from '../format.ts';
import { CliError, type Output } from '../output.ts';
import { filterOf, WEBHOOKS, type WebhookFilter } from './list.ts';
import { replayed } from './wire.ts';

/** `booksy webhooks replay <id>`. */
export async function replayOne(api: ApiClient, id: string, output: Output): Promise<ExitCode> {
  const answer = replayed.parse(await api.post(`${WEBHOOKS}/${encodeURIComponent(id)}/replay`, {}));
  output.result({ ok: true, matching: answer.matching, replayed: answer.replayed, merged: answer.merged }, [
    answer.replayed > 0
      ? 'It is in the box again: what it is about is read at Booksy.'
      : 'It waits in the box already.',
  ]);
  return EXIT.ok;
}

/** What a replay of many was told. */
export type ReplayOptions = { readonly filter: WebhookFilter; readonly yes: boolean };

/**
 * `booksy webhooks replay` by a filter: counts first, wants a yes, and replays exactly that number: should it change
 * meanwhile, the API refuses (`replay_changed`).
 */
export async function replayMany(
  api: ApiClient,
  { filter, yes }: ReplayOptions,
  output: Output,
  asking?: Asking,
): Promise<ExitCode> {
  const named = Object.fromEntries(
    Object.entries(filterOf(filter)).filter(([, value]) => value !== undefined),
  );
  if (Object.keys(named).length === 0) {
    throw new CliError(
      'usage',
      'It is not said which webhooks.',
      'Give an id, or --since, --until, --action, --appointment or --business.',
      EXIT.usage,
    );
  }
  // A range without an end grows while a person looks: it ends now.
  const body = { receivedTill: new Date().toISOString(), ...named };
  const { matching } = replayed.parse(await api.post(`${WEBHOOKS}/replay`, body));
  if (matching === 0) {
    output.result({ ok: true, matching, replayed: 0, merged: 0 }, [
      'None of those was used yet: nothing to replay.',
    ]);
    return EXIT.ok;
  }
  output.say(
    `${counted(matching, 'webhook')} would go back into the box, and what they are about would be read at Booksy.`,
  );
  const question = `Type ${matching} to replay: `;
  await confirmTyped(output, { given: yes, expected: String(matching), question }, asking);
  const done = replayed.parse(await api.post(`${WEBHOOKS}/replay`, { ...body, expected: matching }));
  const merged =
    done.merged === 0
      ? ''
      : ` ${thousands(done.merged)} are the same news as others: one read tells for all.`;
  output.result({ ok: true, matching: done.matching, replayed: done.replayed, merged: done.merged }, [
    `${counted(done.replayed, 'webhook')} in the box again.${merged}`,
  ]);
  return EXIT.ok;
}
