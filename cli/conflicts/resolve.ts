import type { ApiClient } from '../api-client.ts';
import { confirmTyped, type Asking } from '../confirm.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { CliError, type Output } from '../output.ts';
import { sayNotes } from '../pages.ts';
import { CONFLICTS, readConflict } from './read.ts';
import { showLines } from './show.ts';
import { resolved } from './wire.ts';

/** What a person decides about a conflict. */
export type Decision = {
  readonly choice: string;
  /** `group=platform` or `group=booksy`. */
  readonly group: readonly string[];
  /** Local start of a move. */
  readonly to?: string;
  readonly visit?: string;
  readonly staff?: string;
  readonly keep?: string;
  readonly reason?: string;
  /** Overbooking is not asked about. */
  readonly yes: boolean;
};

/**
 * Shows both sides and decides. The version and the states just read are sent along, so that a conflict that changed in
 * between is refused (`conflict_changed`) and not decided by an outdated look.
 */
export async function resolve(
  api: ApiClient,
  id: string,
  decision: Decision,
  output: Output,
  asking?: Asking,
): Promise<ExitCode> {
  const { conflict, notes } = await readConflict(api, id);
  sayNotes(output, notes);
  const lines = showLines(conflict, { paint: output.paint, columns: output.columns() });
  // The commands at its end are what is being done.
  const end = lines.indexOf('Decide:');
  lines.slice(0, end < 0 ? lines.length : end).forEach((line) => output.say(line));
  if (decision.choice === 'keep-both') {
    const question = 'This books one time twice, on purpose. Type overbook to do it: ';
    await confirmTyped(output, { given: decision.yes, expected: 'overbook', question }, asking);
  }
  const answer = resolved.parse(
    await api.post(`${CONFLICTS}/${encodeURIComponent(id)}/resolve`, {
      version: conflict.version,
      shown: conflict.shown,
      ...bodyOf(decision),
    }),
  );
  sayNotes(output, answer.notes);
  const done = answer.state === 'resolved';
  output.result(
    { ok: true, id, state: answer.state, choice: decision.choice, resolutionId: answer.resolutionId },
    done
      ? [output.paint.green('Resolved.'), `It can be undone by its id: ${answer.resolutionId}`]
      : [
          'Recorded. It is being carried out and cannot get lost.',
          `See it: npm run -s booksy -- conflicts show ${id}`,
        ],
  );
  return EXIT.ok;
}

function bodyOf({
  choice,
  group,
  to,
  visit,
  staff,
  keep,
  reason,
}: Decision): Readonly<Record<string, unknown>> {
  return {
    choice,
    ...(group.length === 0 ? {} : { groups: Object.fromEntries(group.map(sideOf)) }),
    ...(to === undefined
      ? {}
      : {
          move: {
            startsLocal: to,
            ...(visit === undefined ? {} : { recordId: visit }),
            ...(staff === undefined ? {} : { staffId: staff }),
          },
        }),
    ...(keep === undefined ? {} : { keep }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** The last `=` parts them: names of groups may hold one. */
function sideOf(text: string): readonly [string, string] {
  const at = text.lastIndexOf('=');
  const side = text.slice(at + 1);
  if (at < 1 || (side !== 'platform' && side !== 'booksy')) {
    throw new CliError(
      'usage',
      `Not a side: ${text}`,
      'Give --group <group>=platform or <group>=booksy.',
      EXIT.usage,
    );
  }
  return [text.slice(0, at), side];
}
