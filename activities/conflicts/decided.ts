import type { Resolution } from '../../domain/conflicts/resolution.ts';
import type { GroupStates } from '../../domain/merge.ts';
import { OVERBOOKING } from '../../domain/undo/index.ts';
import { loadOurs, type OurRecord } from '../../infra/conflicts/ours.ts';
import type { ConflictPicture } from '../../infra/conflicts/picture.ts';
import type { Done } from './effects.ts';
import { auditConflict, type ConflictScope } from './scope.ts';

/** Who decided, and in which words. */
export interface Decided extends Pick<Resolution, 'choice' | 'groups'> {
  readonly actor: string;
  readonly reason: string | null;
  readonly rule: { readonly reason: string } | null;
}

/** Who, when, before, after: of the record, and of each other visit that was cancelled or moved (SPEC 4.3). */
export async function auditDecision(
  scope: ConflictScope,
  picture: ConflictPicture,
  asked: Decided,
  before: OurRecord | null,
  { touched, marked }: Done,
): Promise<void> {
  const { row, theirsHere } = picture;
  const common = { actor: asked.actor, ...(asked.reason === null ? {} : { reason: asked.reason }) };
  const reasonCode = asked.rule?.reason ?? asked.choice;
  if (touched.length === 0) {
    const held = pick(before?.groups, row.groups);
    const willHold = row.groups.map((group): [string, GroupStates] => {
      const theirs = asked.choice === 'keep-booksy' || asked.groups[group] === 'booksy';
      return [group, pick(theirs ? theirsHere : before?.groups, [group])];
    });
    const after = Object.assign({}, ...willHold.map(([, value]) => value)) as GroupStates;
    auditConflict(scope, row, { ...common, action: 'resolved', reasonCode, before: held, after });
    return;
  }
  for (const record of touched) {
    const now = await loadOurs(scope.tx, scope.businessId, record.entity, record.id);
    const was = withMark(record.groups, marked?.before);
    const is = withMark(now?.groups ?? {}, marked === undefined ? undefined : true);
    const changed = marked === undefined ? changedGroups(was, is) : [OVERBOOKING];
    auditConflict(scope, row, {
      ...common,
      action: marked === undefined ? 'resolved' : 'overbooked',
      reasonCode,
      entity: record.entity,
      recordId: record.id,
      externalId: record.id === row.recordId ? row.externalId : null,
      groups: changed,
      before: pick(was, changed),
      after: pick(is, changed),
      ...(now === null ? {} : { counters: now.counters }),
    });
  }
}

/** A visit's groups, with the mark that allows it to overlap where that is what was decided. */
function withMark(groups: GroupStates, marked: boolean | undefined): GroupStates {
  return marked === undefined ? groups : { ...groups, [OVERBOOKING]: marked };
}

function changedGroups(before: GroupStates, after: GroupStates): readonly string[] {
  return Object.keys({ ...before, ...after })
    .filter((group) => JSON.stringify(before[group]) !== JSON.stringify(after[group]))
    .sort();
}

function pick(states: GroupStates | undefined, groups: readonly string[]): GroupStates {
  return Object.fromEntries(
    groups.flatMap((group) => {
      const value = states?.[group];
      return value === undefined ? [] : [[group, value]];
    }),
  );
}
