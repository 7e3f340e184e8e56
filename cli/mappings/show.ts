import { ago, bar } from '../format.ts';
import { fit, pad, visibleWidth, type Painter } from '../terminal.ts';
import { entityWord } from '../words.ts';
import type { Candidate, Mapping } from '../wire-review.ts';

/** How it is shown: colours and the width there is. */
export type MappingLook = { readonly paint: Painter; readonly columns: number; readonly now?: number };

/** Narrower than this, card and candidate stand below each other. */
const SIDE_BY_SIDE_FROM = 76;
const WIDEST_COLUMN = 52;

/** Two lines for each card: what it is, what it is most likely, and its id for the next command. */
export function listLines(mappings: readonly Mapping[], more: boolean, { paint }: MappingLook): string[] {
  if (mappings.length === 0) return [paint.green('No card like that.')];
  const businesses = new Set(mappings.map(({ businessId }) => businessId));
  return [
    ...mappings.flatMap((mapping) => {
      const { id, entity, businessName, externalId } = mapping;
      const where = businesses.size > 1 ? `${businessName ?? mapping.businessId}, ` : '';
      return [
        `${stateMark(mapping, paint)} ${paint.bold(cardLabel(mapping))}  ${guess(mapping)}`,
        paint.dim(`    ${id}  ${where}${entityWord(entity)} ${externalId}`),
      ];
    }),
    '',
    ...(more ? ['There are more: --limit shows them.'] : []),
    'One with its candidates: npm run -s booksy -- mappings show <id>',
  ];
}

function stateMark({ state, decision, appliedAt }: Mapping, paint: Painter): string {
  if (decision !== null && appliedAt === null) return paint.yellow('…');
  return state === 'unsure' ? paint.yellow('?') : state === 'linked' ? paint.green('=') : '·';
}

function cardLabel({ card, entity, externalId }: Mapping): string {
  return card?.label ?? `${entityWord(entity)} ${externalId}`;
}

/** What it most likely is, in a few words. */
function guess(mapping: Mapping): string {
  const { state, decision, appliedAt, recordLabel, recordId, candidates } = mapping;
  const [best] = candidates;
  if (decision !== null && appliedAt === null) return `decided (${decision}), being carried out`;
  if (state === 'linked') return `is ${recordLabel ?? recordId ?? 'linked'}`;
  if (state === 'rejected') return 'a record of its own';
  if (best === undefined) return 'no candidate';
  const others = candidates.length - 1;
  return `maybe ${best.label ?? best.recordId} (${score(best.score)}${others > 0 ? `, ${others} more` : ''})`;
}

/** 0.874 → "87 %": never 100 where it is not certain. */
function score(value: number): string {
  return `${value >= 1 ? 100 : Math.min(99, Math.round(value * 100))} %`;
}

/** One card beside each of its candidates, why each is one, and what can be done. */
export function showLines(mapping: Mapping, look: MappingLook): string[] {
  const { paint } = look;
  const { id, entity, externalId, businessName, businessId, candidates } = mapping;
  return [
    `${paint.bold(cardLabel(mapping))}  ${entityWord(entity)} ${externalId} of ${businessName ?? businessId}`,
    stateLine(mapping, look.now ?? Date.now()),
    ...(mapping.reasonText === null ? [] : [`Why: ${mapping.reasonText}`]),
    ...candidates.flatMap((candidate, index) => ['', ...candidateLines(mapping, candidate, index + 1, look)]),
    ...(candidates.length === 0
      ? ['', 'Nothing here resembles it.', ...(mapping.card?.lines ?? []).map((line) => `  ${line}`)]
      : []),
    '',
    ...nextLines(mapping, id),
  ];
}

function stateLine(
  { state, decision, decidedAt, appliedAt, recordId, recordLabel }: Mapping,
  now: number,
): string {
  const record = recordLabel === null ? (recordId ?? '') : `${recordLabel} (${recordId ?? ''})`;
  const state_ =
    state === 'linked'
      ? `Linked with ${record}.`
      : state === 'rejected'
        ? 'A record of its own: a person said so.'
        : 'Unsure: nothing was made here for it yet.';
  if (decision === null) return state_;
  const when = decidedAt === null ? '' : ` ${ago(decidedAt, now)}`;
  const done = appliedAt === null ? 'not carried out yet' : 'carried out';
  return `${state_} A person decided "${decision}"${when}, ${done}.`;
}

function candidateLines(mapping: Mapping, candidate: Candidate, number: number, look: MappingLook): string[] {
  const { paint } = look;
  const chosen = candidate.recordId === mapping.recordId ? '  (linked)' : '';
  const left = [paint.bold(cardLabel(mapping)), ...(mapping.card?.lines ?? [])];
  const right = [
    paint.bold(candidate.label ?? candidate.recordId),
    ...candidate.lines,
    paint.dim(candidate.recordId),
  ];
  return [
    `${number}. ${paint.green(bar(candidate.score, 12))} ${score(candidate.score)}${chosen}`,
    ...beside(['At Booksy', 'Here'], left, right, look),
    ...candidate.reasons.map(({ text }) => `   – ${text}`),
  ];
}

/** Two columns, or two blocks where there is no room. Lines that both have stand in the same order, not on one line. */
function beside(
  heads: readonly [string, string],
  left: readonly string[],
  right: readonly string[],
  { columns, paint }: MappingLook,
): string[] {
  if (columns < SIDE_BY_SIDE_FROM) {
    return [
      `   ${paint.dim(heads[0])}`,
      ...left.map((line) => `     ${line}`),
      `   ${paint.dim(heads[1])}`,
      ...right.map((line) => `     ${line}`),
    ];
  }
  const widest = Math.max(visibleWidth(heads[0]), ...left.map(visibleWidth));
  const width = Math.min(WIDEST_COLUMN, Math.floor((columns - 8) / 2), widest);
  const rows = Math.max(left.length, right.length);
  const line = (a: string, b: string): string =>
    `   ${pad(a, width)} ${paint.dim('│')} ${fit(b, columns - width - 7)}`.trimEnd();
  return [
    line(paint.dim(heads[0]), paint.dim(heads[1])),
    ...Array.from({ length: rows }, (_, row) => line(left[row] ?? '', right[row] ?? '')),
  ];
}

/** The commands that decide it. */
function nextLines({ state, candidates, recordId }: Mapping, id: string): string[] {
  const command = (words: string): string => `  npm run -s booksy -- mappings ${words}`;
  const [best] = candidates.filter((candidate) => candidate.recordId !== recordId);
  return [
    'Decide:',
    ...(best === undefined ? [] : [`${command(`link ${id} ${best.recordId}`)}   it is this one`]),
    ...(state === 'linked'
      ? [`${command(`unmerge ${id}`)}   it is not: take the two apart again`]
      : [`${command(`separate ${id}`)}   it is none of them: a record of its own`]),
  ];
}
