import type { Json } from '../../domain/canonical.ts';
import { isEnded } from '../../domain/states/visit.ts';
import { isOurs } from './platform.ts';
import type { Edit, World } from './world.ts';

/** What a run is held to (TRUST.md §3.1), and what no rule can remove, counted apart. */
export interface Verdict {
  readonly violations: readonly string[];
  readonly residuals: readonly string[];
}

const GROUPS = ['clientName', 'clientNote', 'item:1:time'] as const;

/** Checks a run that has come to rest. */
export function check(world: World): Verdict {
  const violations: string[] = [];
  const residuals: string[] = [];
  const report = (what: string, residual: string | null) =>
    residual === null ? violations.push(what) : residuals.push(`${residual}: ${what}`);

  const { platform, booksy } = world;
  const { disputed } = platform;
  const aboutStatus = disputed.has('status');
  const linked = platform.externalId === null ? null : booksy.get(platform.externalId);
  const liveHere = platform.groups !== null && !isEnded(platform.groups);
  const liveThere = linked !== null && !isEnded(linked.groups);
  const refused = platform.conflicts.some(({ kind, open }) => open && kind === 'refused_by_booksy');

  if (!aboutStatus && !refused) {
    // I1, I4: a live visit is live on both sides, or on a conflict that somebody sees.
    if (liveHere && !liveThere) report('I1: live here, not at Booksy, and no conflict tells', null);
    if (!liveHere && liveThere && disputed.size === 0)
      report('I4: live at Booksy, ended here, and no conflict tells', null);
    ends(world, liveHere, liveThere, report);
  }
  doubles(world, liveHere, report);
  if (liveHere && liveThere) {
    for (const group of GROUPS) if (!disputed.has(group)) values(world, group, linked.groups[group], report);
  }
  falseConflicts(world, report);
  return { violations, residuals };
}

type Report = (what: string, residual: string | null) => void;

/** I5: what was ended stays so; and nobody's visit ends by itself. */
function ends(world: World, liveHere: boolean, liveThere: boolean, report: Report): void {
  const deeds = world.edits.filter(({ group }) => group === 'status');
  const { externalId, former } = world.platform;
  const endedThere = deeds.filter(
    ({ side, objectId, what }) =>
      side === 'there' &&
      (what === 'cancel' || what === 'delete') &&
      (objectId === externalId || former.includes(objectId ?? '')),
  );
  const lastHere = deeds.findLast(({ side }) => side === 'here')?.what ?? null;
  const revived = deeds.some(({ what }) => what === 'revive');
  const lastEnd = endedThere.at(-1);
  if (liveHere && liveThere && lastEnd !== undefined && !revived)
    report('I5: ended at Booksy, alive again although nobody revived it', lostAnswer(world, lastEnd));
  if (liveHere && liveThere && lastHere !== null && lastHere !== 'revive')
    report('I5: cancelled here, alive again although nobody revived it', null);
  if (
    !liveHere &&
    lastHere === null &&
    endedThere.length === 0 &&
    deeds.every(({ what }) => what !== 'cancel' && what !== 'delete')
  )
    report('I1: ended here although nobody ended it', null);
  if (!liveHere && lastHere === 'revive' && endedThere.length === 0)
    report('R14e: a revived visit ended although nobody ended it since', null);
}

/** "A visit deleted within moments of being pushed, with the answer lost, can come back once." */
function lostAnswer(world: World, end: Edit): string | null {
  const creates = world.platform.intents.filter(({ operation }) => operation === 'create');
  return end.what === 'delete' && creates.length > 1
    ? 'deleted within moments of an unanswered create'
    : null;
}

/** I3: one import uid, one live appointment; none where the visit is cancelled. */
function doubles(world: World, liveHere: boolean, report: Report): void {
  const { platform, booksy } = world;
  const live = [...booksy.appointments.values()].filter(
    ({ deleted, groups }) => !deleted && !isEnded(groups) && isOurs(groups),
  );
  const seen = platform.disputed.has('status');
  if (seen) return;
  if (live.length > 1)
    report(`I3: ${String(live.length)} live appointments of one visit, and no conflict tells`, null);
  const stray = live.filter(({ id }) => id !== platform.externalId);
  if (!liveHere && stray.length > 0 && platform.conflicts.length === 0)
    report('I3: cancelled here, and one of ours lives on at Booksy', null);
}

/** I8 and lost edits: every edit of a person is kept, was overwritten knowingly, or is on a conflict. */
function values(world: World, group: string, there: Json | undefined, report: Report): void {
  const here = world.platform.there()[group];
  if (!alike(here, there)) report(`I4: ${group} differs: ${text(here)} here, ${text(there)} there`, null);
  const edits = world.edits.filter((edit) => edit.group === group);
  const known = new Set<string>();
  const parents = new Map<string, string[]>();
  for (const { value, parent } of edits)
    parents.set(text(value), [...(parents.get(text(value)) ?? []), text(parent)]);
  const visit = (value: string): void => {
    if (known.has(value)) return;
    known.add(value);
    for (const parent of parents.get(value) ?? []) visit(parent);
  };
  visit(text(there));
  for (const edit of edits) {
    if (known.has(text(edit.value))) continue;
    // An appointment that was ended since took its own edits with it; which one ends is decided by the rules above.
    if (
      edit.side === 'there' &&
      edit.objectId !== world.platform.externalId &&
      !world.platform.former.includes(edit.objectId ?? '')
    )
      continue;
    // Whoever deleted the appointment did away with it.
    const deletedSince = world.edits.some(
      ({ what, objectId, at }) => what === 'delete' && objectId === edit.objectId && at >= edit.at,
    );
    if (edit.side === 'there' && deletedSince) continue;
    if (ruled(world, edit, rivalsOf(edit, edits, known))) continue;
    report(
      `I8: ${edit.side === 'here' ? 'our' : 'their'} ${group} ${text(edit.value)} was lost silently to ${text(there)}`,
      unseen(world, edit, edits),
    );
  }
}

/**
 * The edits that stood against one that was lost, oldest first: made of the same value as it, or as what it was made of, and one of
 * the other by the same side. What is there in the end came of them.
 */
function rivalsOf(lost: Edit, edits: readonly Edit[], known: ReadonlySet<string>): readonly Edit[] {
  const made = (value: string) => edits.find((edit) => text(edit.value) === value);
  let from = text(lost.parent);
  for (let steps = 0; !known.has(from) && steps < edits.length; steps += 1) from = text(made(from)?.parent);
  const rivals: Edit[] = [];
  for (;;) {
    const next = edits.find(
      ({ side, value, parent }) =>
        side !== lost.side && known.has(text(value)) && text(parent) === from && text(value) !== from,
    );
    if (next === undefined || rivals.includes(next)) return rivals;
    rivals.push(next);
    from = text(next.value);
  }
}

/**
 * R9: a rule let the other side win. By `latest` only what is truly newer may: every edit of Booksy's that stood against ours, or
 * the last one of ours.
 */
function ruled(world: World, lost: Edit, rivals: readonly Edit[]): boolean {
  const { policy } = world.platform;
  if (policy === 'platform') return lost.side === 'there';
  if (policy === 'booksy') return lost.side === 'here';
  const winner = lost.side === 'here' ? rivals[0] : rivals.at(-1);
  return policy === 'latest' && winner !== undefined && winner.at > lost.at;
}

/** What no rule can remove: nobody read it and no webhook told, or Booksy acted later than H. */
function unseen(world: World, edit: Edit, edits: readonly Edit[]): string | null {
  const shown = world.platform.observed.has(
    `${edit.group}=${typeof edit.value === 'string' ? edit.value : ''}`,
  );
  if (edit.side === 'there' && !shown) return 'overwritten in the read–write gap, never seen';
  // Its webhook came after the same people had edited the field once more, with our value before their eyes.
  const again = edits.some(
    ({ side, at, objectId }) => side === 'there' && at > edit.at && objectId === edit.objectId,
  );
  if (edit.side === 'there' && again) return 'overwritten in the gap, edited there again before anybody knew';
  return world.actedAfterGiveUp > 0 ? 'Booksy acted later than H' : null;
}

/** Where only one side was edited and every call was answered, nobody is asked anything. */
function falseConflicts(world: World, report: Report): void {
  const { conflicts } = world.platform;
  if (conflicts.length === 0 || world.unanswered + world.crashed > 0) return;
  const sides = new Set(world.edits.map(({ side }) => side));
  if (sides.size > 1 || world.edits.some(({ group }) => group === 'status')) return;
  if (conflicts.some(({ kind }) => kind === 'refused_by_booksy')) return;
  report(`a conflict (${conflicts.map(({ kind }) => kind).join(', ')}) although only one side changed`, null);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value.trim().toLowerCase() : JSON.stringify(value ?? null);
}

function alike(left: Json | undefined, right: Json | undefined): boolean {
  return text(left) === text(right);
}
