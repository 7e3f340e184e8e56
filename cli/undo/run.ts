import type { ApiClient } from '../api-client.ts';
import { confirmTyped, type Asking } from '../confirm.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { counted } from '../format.ts';
import { CliError, type Output } from '../output.ts';
import { sayNotes } from '../pages.ts';
import { undoAnswer, type Undo } from '../wire-audit.ts';
import { undoLines } from './show.ts';

const UNDO = '/api/admin/booksy/undo';

/** What is to be undone. */
export type UndoAsked = {
  readonly runId: string | undefined;
  readonly entity: string | undefined;
  readonly recordId: string | undefined;
};

/** Asks what undoing would do. Nothing changes. */
export async function askUndo(api: ApiClient, asked: UndoAsked, output: Output): Promise<ExitCode> {
  const body = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  return said(await api.post(UNDO, body), output);
}

/** Shows an undo as it is now. */
export async function showUndo(api: ApiClient, id: string, output: Output): Promise<ExitCode> {
  return said(await api.get(`${UNDO}/${encodeURIComponent(id)}`), output);
}

export type ConfirmOptions = {
  /** `--yes`: nothing is asked. */
  readonly yes: boolean;
  /** `--at-booksy`: the record is changed there too. */
  readonly atBooksy: boolean;
};

/**
 * Shows what would change, lets a person confirm it, and has it carried out.
 * @throws CliError `undo_needs_booksy` where --at-booksy is missing, `confirmation_needed`, `not_confirmed`
 */
export async function confirmUndo(
  api: ApiClient,
  id: string,
  { yes, atBooksy }: ConfirmOptions,
  output: Output,
  asking?: Asking,
): Promise<ExitCode> {
  const path = `${UNDO}/${encodeURIComponent(id)}`;
  const { undo } = undoAnswer.parse(await api.get(path));
  if (undo.state === 'planned') {
    if (undo.needsBooksyConfirmation && !atBooksy) {
      throw new CliError(
        'undo_needs_booksy',
        'It would also be changed at Booksy, where its client may be told.',
        'Look at it, then give --at-booksy.',
        EXIT.usage,
      );
    }
    undoLines(undo, output.paint).forEach((line) => {
      output.say(line);
    });
    const expected = String(undo.counts.undoable);
    const question = `Type ${expected} to take back ${counted(undo.counts.undoable, undo.decision === null ? 'record' : 'decision')}: `;
    await confirmTyped(output, { given: yes, expected, question }, ...(asking === undefined ? [] : [asking]));
  }
  const { undo: after, notes } = undoAnswer.parse(await api.post(`${path}/confirm`, { atBooksy }));
  sayNotes(output, notes);
  output.result({ ok: true, undo: after }, undoLines(after, output.paint));
  return EXIT.ok;
}

function said(answer: unknown, output: Output): ExitCode {
  const { undo, notes } = undoAnswer.parse(answer);
  sayNotes(output, notes);
  const ok = usable(undo);
  output.result({ ok, undo }, undoLines(undo, output.paint));
  return ok ? EXIT.ok : EXIT.failed;
}

/** Whether anything can come of it. */
function usable({ state, counts }: Undo): boolean {
  if (state === 'planned') return counts.undoable > 0;
  return state !== 'refused' && state !== 'expired';
}
