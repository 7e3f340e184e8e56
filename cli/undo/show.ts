import { ago, counted, table } from '../format.ts';
import { clean, type Painter } from '../terminal.ts';
import type { Undo, UndoDecisionRow, UndoRecordRow } from '../wire-audit.ts';
import { entityWord } from '../words.ts';

const COMMAND = 'npm run -s booksy -- undo';

const ENDS: Readonly<Record<string, string>> = {
  cancel: 'is cancelled',
  hide: 'is switched off',
  remove: 'is removed',
};

/** An undo as people read it: what changes back, what stays and why, and what to do next. */
export function undoLines(undo: Undo, paint: Painter, now = Date.now()): string[] {
  return [
    `${paint.bold(`Undo ${undo.id}`)}${undo.businessName === null ? '' : ` of ${undo.businessName}`}: ${stateWords(undo, now)}`,
    ...decisionLines(undo.decision, paint),
    ...undo.records.flatMap((record) => ['', ...recordLines(record, undo, paint)]),
    ...(undo.moreRecords === 0 ? [] : ['', `… and ${counted(undo.moreRecords, 'more record')}.`]),
    ...leftLines(undo, paint),
    ...nextLines(undo),
  ];
}

function stateWords({ state, counts, decision, outcome, expiresAt }: Undo, now: number): string {
  switch (state) {
    case 'planning':
      return 'being worked out';
    case 'planned':
      return `${decision === null ? `${counted(counts.changes, 'change')} of ${counted(counts.undoable, 'record')}` : counted(counts.undoable, 'decision')} would be taken back (offered until ${ago(expiresAt, now)})`;
    case 'confirmed':
      return 'confirmed, being carried out';
    case 'done':
      return `${counted(counts.done, 'record')} taken back`;
    default:
      return `${state}${outcome === null ? '' : ` (${outcome})`}`;
  }
}

function decisionLines(decision: UndoDecisionRow | null, paint: Painter): string[] {
  if (decision === null) return [];
  const { kindText, choice, entity, label, recordId, conflictId, does, left } = decision;
  const of = recordId === null ? '' : ` of ${entityWord(entity)} ${label ?? recordId}`;
  return [
    '',
    `${paint.bold(`Conflict "${kindText}"${of}`)}, decided by ${choice}`,
    paint.dim(`  ${conflictId}`),
    ...does.map(({ text }) => `  ${text}`),
    ...left.map(({ text }) => `  ${paint.dim('·')} ${text}`),
  ];
}

function recordLines(record: UndoRecordRow, undo: Undo, paint: Painter): string[] {
  const name = `${entityWord(record.entity)} ${record.label ?? record.recordId}`;
  const rows = record.changes.map(({ group, from, to }) => [
    group,
    textOf(from, undo.names),
    textOf(to, undo.names),
  ]);
  return [
    `${paint.bold(name)}${record.atBooksy ? paint.yellow('  also at Booksy') : ''}`,
    ...(record.label === null ? [] : [paint.dim(`  ${record.recordId}`)]),
    ...(rows.length === 0 ? [] : table(['group', 'now', 'back to'], rows)),
    ...(record.end === null ? [] : [`  ${ENDS[record.end] ?? record.end}`]),
    ...(record.restore ? ['  is made again'] : []),
    ...record.left.map(
      ({ group, text }) => `  ${paint.dim('·')} ${group === null ? '' : `${group}: `}${text}`,
    ),
  ];
}

/** A value in one line, with names in place of ids. */
function textOf(value: unknown, names: Readonly<Record<string, string>>): string {
  if (value === undefined) return '(not there)';
  if (value === null) return '(nothing)';
  if (typeof value === 'string') return clean(names[value] ?? value);
  if (Array.isArray(value)) return value.map((each: unknown) => textOf(each, names)).join(', ');
  if (typeof value !== 'object') return JSON.stringify(value);
  return Object.entries(value)
    .filter(([, part]) => part !== null && part !== false)
    .map(([key, part]) => `${key} ${textOf(part, names)}`)
    .join(', ');
}

function leftLines({ counts, leftRecords }: Undo, paint: Painter): string[] {
  if (counts.left.length === 0) return [];
  return [
    '',
    'Left as it is:',
    ...counts.left.map(({ count, text }) => `  ${String(count)} × ${text}`),
    ...leftRecords.map(({ entity, recordId, reason }) =>
      paint.dim(`    ${entityWord(entity)} ${recordId} (${reason})`),
    ),
  ];
}

function nextLines(undo: Undo): string[] {
  const { state, counts, id, needsBooksyConfirmation, runId, recordId } = undo;
  if (undo.opened !== null)
    return ['', `It is open again: npm run -s booksy -- conflicts show ${undo.opened}`];
  if (state === 'planning') return ['', `See it in a moment: ${COMMAND} show ${id}`];
  if (state !== 'planned') return [];
  if (counts.undoable === 0) return ['', 'Nothing of it can be taken back.'];
  const alone =
    recordId === null && counts.atBooksy > 0
      ? [
          `${counted(counts.atBooksy, 'record')} would be changed at Booksy and ${counts.atBooksy === 1 ? 'is' : 'are'} left; one by one:`,
          `  ${COMMAND} record <kind> <recordId> --run ${runId ?? ''}`,
        ]
      : [];
  return [
    '',
    `Take it back: ${COMMAND} confirm ${id}${needsBooksyConfirmation ? ' --at-booksy' : ''}`,
    ...alone,
  ];
}
