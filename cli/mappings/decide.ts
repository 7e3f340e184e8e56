import type { ApiClient } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { sayNotes } from '../pages.ts';
import { decided } from '../wire-review.ts';
import { MAPPINGS, readMapping } from './read.ts';
import { showLines } from './show.ts';

/** What a person decides about a card. */
export type Decision =
  { readonly decision: 'link'; readonly recordId: string } | { readonly decision: 'separate' | 'unmerge' };

const DONE: Readonly<Record<Decision['decision'], string>> = {
  link: 'They are one now.',
  separate: 'It is a record of its own now.',
  unmerge: 'They are two again: values and visits went back to the record they came from.',
};

/**
 * Shows the card with its candidates and decides. Nothing is asked: the version just read is sent along, so that a card
 * that changed in between is refused (`mapping_changed`) and not decided by an outdated look.
 */
export async function decide(
  api: ApiClient,
  id: string,
  decision: Decision,
  output: Output,
): Promise<ExitCode> {
  const { mapping, notes } = await readMapping(api, id);
  sayNotes(output, notes);
  const shown = showLines(mapping, { paint: output.paint, columns: output.columns() });
  // The commands at its end are what is being done.
  shown.slice(0, shown.indexOf('Decide:')).forEach((line) => output.say(line));
  const { businessId, entity, externalId, version } = mapping;
  const answer = decided.parse(
    await api.post(MAPPINGS, { businessId, entity, externalId, version, ...decision }),
  );
  sayNotes(output, answer.notes);
  const applied = answer.state === 'applied';
  output.result(
    { ok: true, id, state: answer.state, ...decision, operation: answer.operation },
    applied
      ? [output.paint.green(DONE[decision.decision])]
      : [
          'Recorded. It is being carried out and cannot get lost.',
          `See it: npm run -s booksy -- mappings show ${id}`,
        ],
  );
  return EXIT.ok;
}
