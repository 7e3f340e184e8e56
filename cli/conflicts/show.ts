import { ago, counted, table } from '../format.ts';
import { fit, type Painter } from '../terminal.ts';
import { entityWord } from '../words.ts';
import type { Counts } from './read.ts';
import type { Card, Conflict } from './wire.ts';

/** How it is shown: colours and the width there is. */
export type ConflictLook = { readonly paint: Painter; readonly columns: number; readonly now?: number };

/** Two lines for each conflict: what it is about, and its id for the next command. */
export function listLines(
  conflicts: readonly Conflict[],
  more: boolean,
  counts: Counts,
  { paint, now = Date.now() }: ConflictLook,
): string[] {
  if (conflicts.length === 0) return [paint.green('No conflict like that.')];
  const businesses = new Set(conflicts.map(({ businessId }) => businessId));
  const near = counts.escalated === 0 ? '' : `, ${counts.escalated} of them near their visit`;
  return [
    ...conflicts.flatMap((conflict) => [
      headline(conflict, paint),
      idLine(conflict, businesses.size > 1, paint, now),
    ]),
    '',
    `${counted(counts.open, 'conflict')} open${near}.`,
    ...(more ? ['There are more: --limit shows them.'] : []),
    'One with both sides: npm run -s booksy -- conflicts show <id>',
  ];
}

function headline(conflict: Conflict, paint: Painter): string {
  return `${mark(conflict, paint)} ${paint.bold(subject(conflict))}  ${conflict.kindText}`;
}

function subject({ recordLabel, entity, externalId, recordId }: Conflict): string {
  return recordLabel ?? `${entityWord(entity)} ${externalId ?? recordId ?? ''}`;
}

function mark({ status, escalatedAt, decision }: Conflict, paint: Painter): string {
  if (status !== 'open') return '·';
  if (decision?.state === 'pending') return paint.yellow('…');
  return escalatedAt === null ? paint.yellow('?') : paint.red('!');
}

function idLine(conflict: Conflict, several: boolean, paint: Painter, now: number): string {
  const { id, businessName, businessId, status, resolution, resolvedAt, openedAt } = conflict;
  const where = several ? `${businessName ?? businessId}, ` : '';
  const when =
    status === 'open' || resolvedAt === null
      ? `since ${ago(openedAt, now)}`
      : `${status} ${ago(resolvedAt, now)} (${resolution ?? ''})`;
  return paint.dim(`    ${id}  ${where}${when}`);
}

/** One conflict: both sides and what they last agreed on, what may be chosen, and free times. */
export function showLines(conflict: Card, look: ConflictLook): string[] {
  const { paint, now = Date.now() } = look;
  return [
    `${paint.bold(subject(conflict))}  ${conflict.kindText}`,
    conflict.reasonText,
    ...startLine(conflict, paint, now),
    ...decisionLine(conflict),
    '',
    ...sides(conflict, look),
    ...(conflict.other === null
      ? []
      : ['', `The other one: ${conflict.other.label} (${conflict.other.recordId})`]),
    ...visitLines(conflict),
    ...conflict.lost.map(({ name, value }) => `Lost at Booksy: ${name}: ${value ?? ''}`),
    ...choiceLines(conflict),
  ];
}

function visitLines({ visits }: Card): string[] {
  return visits.length < 2
    ? []
    : ['', `${counted(visits.length, 'visit')}:`, ...visits.map(({ label }) => `  ${label}`)];
}

function startLine({ startsAt, status }: Card, paint: Painter, now: number): string[] {
  if (startsAt === null || status !== 'open') return [];
  const near = Date.parse(startsAt) - now < 24 * 3_600_000;
  const text = `It begins ${ago(startsAt, now)}; then both sides keep what they have.`;
  return [near ? paint.red(text) : text];
}

function decisionLine({ decision, status, resolution }: Card): string[] {
  if (decision?.state === 'undone')
    return [
      `The decision (${decision.choice ?? ''}) was taken back: what is left to decide is another conflict.`,
    ];
  if (status !== 'open')
    return [`It is over: ${resolution ?? status}${decision?.by == null ? '' : `, by ${decision.by}`}.`];
  if (decision === null) return [];
  if (decision.state === 'pending') return [`A decision (${decision.choice ?? ''}) is being carried out.`];
  return [
    `The last decision (${decision.choice ?? ''}) was not carried out: ${decision.detail ?? decision.state}`,
  ];
}

const NOTHING = '–';

/** The three states, what is in dispute first and marked. */
function sides({ states, goneAtBooksy, deletedHere }: Card, { columns, paint }: ConflictLook): string[] {
  const disputed = states.some((state) => state.disputed);
  const rows = states.filter(
    (state) => state.disputed || (!disputed && (state.booksy ?? state.platform) !== null),
  );
  if (rows.length === 0) return [];
  const width = Math.max(12, Math.floor((columns - 34) / 3));
  const cell = (text: string | null): string => fit(text ?? NOTHING, width);
  return table(
    ['', goneAtBooksy ? 'Booksy (gone)' : 'Booksy', deletedHere ? 'Here (deleted)' : 'Here', 'Before'],
    rows.map((state) => [
      state.disputed ? paint.yellow(fit(state.name, 22)) : fit(state.name, 22),
      cell(goneAtBooksy ? null : state.booksy),
      cell(state.platform),
      cell(state.base),
    ]),
  );
}

function choiceLines({ id, choices, suggestions, mappings, states }: Card): string[] {
  const groups = states.filter(({ disputed }) => disputed).map(({ group }) => group);
  const command = (words: string): string => `  npm run -s booksy -- ${words}`;
  const free = suggestions.times[0]?.startsLocal ?? 'YYYY-MM-DDTHH:MM';
  const more: Readonly<Record<string, string>> = {
    move: ` --to ${free}`,
    groups: ` ${groups.map((group) => `--group ${group}=platform`).join(' ')}`,
  };
  return [
    ...(suggestions.times.length === 0
      ? []
      : [
          '',
          `Free: ${suggestions.times.map(({ startsLocal }) => startsLocal.replace('T', ' ')).join(', ')} (${suggestions.times[0]?.staffName ?? ''})`,
        ]),
    ...(suggestions.staff.length === 0
      ? []
      : [
          `Free at the same time: ${suggestions.staff.map(({ name, staffId }) => `${name} (${staffId})`).join(', ')}`,
        ]),
    ...(choices.length + mappings.length === 0 ? [] : ['', 'Decide:']),
    ...mappings.map(
      (mapping) => `${command(`mappings show ${mapping.id}`)}   which ${entityWord(mapping.entity)} it is`,
    ),
    ...choices.map(
      ({ choice, text }) => `${command(`conflicts resolve ${id} ${choice}${more[choice] ?? ''}`)}   ${text}`,
    ),
  ];
}
