import { historyLines, VALUES_OF, type Edit, type Followed, type History, type Subject } from './history.ts';
import type { SalonState, VisitState } from './state.ts';

/**
 * Judges a run from its history and from what both sides hold in the end (TRUST §3.1). Pure: the same history and state,
 * the same verdict.
 */

export type Verdict = 'lost' | 'doubled' | 'createdTwice' | 'resurrected' | 'other';

export interface Violation {
  readonly invariant: string;
  readonly verdict: Verdict;
  readonly text: string;
  /** Key of the record that it is about. */
  readonly subject?: string;
  readonly lines: readonly string[];
}

export interface Judged {
  readonly violations: readonly Violation[];
  /** Of what was lost: edits at Booksy that fell about a write of ours. */
  readonly inTheGap: readonly string[];
}

export function judge(history: History, state: SalonState): Judged {
  const violations: Violation[] = [];
  const inTheGap: string[] = [];
  const report = (invariant: string, verdict: Verdict, text: string, subject: Subject | null): void => {
    violations.push({
      invariant,
      verdict,
      text,
      lines: subject === null ? [] : historyLines(history, subject),
      ...(subject === null ? {} : { subject: subject.key }),
    });
  };
  for (const subject of history.subjects.values()) {
    const visit = state.visits.get(subject.key);
    if (visit === undefined) continue;
    judgeLife(history, subject, visit, report);
    const { there, here } = visit;
    if (visit.disputed || there === null || here === null || there.life === 'ended' || here.life === 'ended')
      continue;
    for (const group of VALUES_OF[subject.kind]) judgeGroup(history, subject, visit, group, report, inTheGap);
  }
  for (const text of state.overlaps) report('I2', 'doubled', text, null);
  for (const text of state.doubledUids) report('I3', 'createdTwice', text, null);
  for (const text of state.unequal) report('I4', 'other', text, null);
  for (const text of state.audit) report('I7', 'other', text, null);
  return { violations, inTheGap };
}

type Report = (invariant: string, verdict: Verdict, text: string, subject: Subject | null) => void;

/** I1, I5, I9: what was booked and not ended lives on both sides; what was ended is ended on both; or a person is asked. */
function judgeLife(history: History, subject: Subject, visit: VisitState, report: Report): void {
  if (visit.disputed) return;
  const made = history.edits.find(
    (edit) => edit.subject === subject.key && edit.kind === 'create' && edit.group === 'life',
  );
  // Nobody was told that it is booked.
  if (made?.outcome === 'failed') return;
  const edits = editsOf(history, subject, 'life');
  const { here, there } = visit;
  const live = { here: here?.life === 'live', there: there?.life === 'live' };
  if (made?.outcome === 'unknown' && here === null && there === null) return;
  const last = maximal(edits);
  const mayEnd = last.some(({ value }) => value === 'ended');
  const mayLive = edits.length === 0 || last.some(({ value }) => value === 'live') || last.every(isUnknown);
  if (!mayEnd && (!live.here || !live.there)) {
    const where = [live.here ? '' : 'here', live.there ? '' : 'at Booksy'].filter((side) => side !== '');
    const invariant = edits.some(({ kind }) => kind === 'create') ? 'I1' : 'I9';
    report(
      invariant,
      'lost',
      `${subject.key} lives no more ${where.join(' and ')}, and nobody ended it`,
      subject,
    );
  }
  if (!mayLive && (live.here || live.there)) {
    const where = [live.here ? 'here' : '', live.there ? 'at Booksy' : ''].filter((side) => side !== '');
    report('I5', 'resurrected', `${subject.key} was ended, yet lives ${where.join(' and ')}`, subject);
  }
  if (mayEnd && mayLive && live.here !== live.there) {
    report('I4', 'other', `${subject.key} lives on one side only, without a conflict`, subject);
  }
}

/** I1, I4, I8: one value on both sides, of an edit that nobody replaced knowingly; others are on a conflict. */
function judgeGroup(
  history: History,
  subject: Subject,
  visit: VisitState,
  group: Followed,
  report: Report,
  inTheGap: string[],
): void {
  const here = visit.here?.[group] ?? null;
  const there = visit.there?.[group] ?? null;
  if (here !== there) {
    report(
      'I4',
      'other',
      `${group} of ${subject.key} differs: here ${text(here)}, at Booksy ${text(there)}`,
      subject,
    );
    return;
  }
  const edits = editsOf(history, subject, group);
  if (edits.length === 0) return;
  const last = maximal(edits);
  const known = last.filter((edit) => edit.outcome === 'ok');
  const lose = (invariant: string, what: string, lost: readonly Edit[]): void => {
    const gap = lost.some((edit) => edit.side === 'booksy' && visit.inGap(edit, group));
    if (gap) inTheGap.push(`${group} of ${subject.key}`);
    // Hours have no webhooks: what was edited there between our read and our write nobody can tell (R4, "what no rule can remove").
    if (gap && subject.kind === 'hours') return;
    report(invariant, 'lost', `${what}${gap ? ' (it fell about a write of ours)' : ''}`, subject);
  };
  // None of them may have acted: then what stood before stands.
  const untouched = last.every(isUnknown) && last.some(({ before }) => before === here);
  if (!untouched && !last.some(({ value }) => value === here)) {
    const older = edits.some(({ value }) => value === here);
    const why = older ? 'an older value over a newer one' : 'which nobody wrote';
    lose('I8', `${group} of ${subject.key} is ${text(here)}, ${why}`, last);
    return;
  }
  if (visit.wasDisputed) return;
  for (const edit of known.filter(({ value }) => value !== here))
    lose('I1', `${group} ${text(edit.value)} of ${subject.key} was lost without a conflict`, [edit]);
}

/** Who writes what is there already changes nothing: nobody can tell, and nothing can be lost. */
function editsOf(history: History, subject: Subject, group: Followed): readonly Edit[] {
  return history.edits.filter(
    (edit) =>
      edit.subject === subject.key &&
      edit.group === group &&
      edit.outcome !== 'failed' &&
      (edit.kind === 'create' || edit.value !== edit.before),
  );
}

/**
 * Edits that no later one replaced knowingly: an editor who saw the value before replaces it, and with it all that it
 * replaced. An edit by somebody who saw something older stands beside it. On one side edits follow one another.
 */
export function maximal(edits: readonly Edit[]): readonly Edit[] {
  const replaced = new Set<number>();
  const replace = (edit: Edit): void => {
    if (replaced.has(edit.n)) return;
    replaced.add(edit.n);
  };
  for (const [index, later] of edits.entries()) {
    for (const earlier of edits.slice(0, index)) {
      const knew = later.before === earlier.value || earlier.side === later.side;
      if (knew && later.outcome === 'ok') replace(earlier);
    }
  }
  return edits.filter(({ n }) => !replaced.has(n));
}

function isUnknown({ outcome }: Edit): boolean {
  return outcome === 'unknown';
}

function text(value: string | null): string {
  return value === null ? '(empty)' : `"${value}"`;
}
