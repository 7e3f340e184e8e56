import { sameValue, type Json } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import { equivalentInVisit } from '../../domain/states/visit.ts';
import type { DecisionFacts } from '../../domain/undo/index.ts';
import { MIRRORS, type ConflictPicture } from '../../infra/conflicts/picture.ts';
import { Prisma } from '../../infra/database/index.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { textIn, valueIn } from './decision-row.ts';

/** The bases that a decision moved: what of them was not carried out yet, and how they are taken back. */

/** How many of the groups that were decided neither went to Booksy nor came from there yet. */
export async function pendingOf(
  scope: ApplyScope,
  picture: ConflictPicture,
): Promise<DecisionFacts['pending']> {
  const { row, mirror, ours } = picture;
  if (mirror === null || ours === null || mirror.goneAt !== null || row.groups.length === 0) return 'none';
  const writing = await scope.tx.$queryRaw<unknown[]>`
    SELECT 1 FROM sync_intents
     WHERE business_id = ${scope.businessId}::uuid AND entity = ${row.entity} AND record_id = ${row.recordId}::uuid
       AND state IN ('open', 'unknown') AND groups && ${[...row.groups]}::text[] LIMIT 1`;
  if (writing.length > 0) return 'some';
  const waiting = row.groups.filter((group) => isWaiting(picture, group)).length;
  return waiting === 0 ? 'none' : waiting === row.groups.length ? 'all' : 'some';
}

function isWaiting({ row, mirror, ours, theirsHere }: ConflictPicture, group: string): boolean {
  const theirs = theirsHere[group];
  if (mirror === null || ours === null || theirs === undefined) return false;
  if (equivalentInVisit(group, theirs, ours.groups[group])) return false;
  const choice = textIn(row.resolutionChoice, 'choice');
  const side = choice === 'groups' ? textIn(valueIn(row.resolutionChoice, 'groups'), group) : choice;
  if (side === 'platform' || side === 'keep-platform')
    return sameValue(mirror.remote[group], mirror.baseTheirs[group]);
  return (
    !sameValue(mirror.remote[group], mirror.baseTheirs[group]) &&
    sameValue(ours.groups[group], mirror.baseOurs[group])
  );
}

/**
 * Takes the base of the groups in dispute away on both sides: what they last agreed on is not kept, and each counts as changed.
 * No value is written.
 */
export async function openBases(scope: ApplyScope, { row, mirror, ours }: ConflictPicture): Promise<void> {
  if (mirror === null || ours === null || row.groups.length === 0) return;
  const place = MIRRORS[row.entity];
  const theirs = without(mirror.baseTheirs, mirror.remote, row.groups);
  const here = without(mirror.baseOurs, ours.groups, row.groups);
  await scope.tx.$executeRaw`
    UPDATE ${Prisma.raw(place.table)}
       SET base_theirs = ${JSON.stringify(theirs)}::jsonb, base_ours = ${JSON.stringify(here)}::jsonb, remote_hash = '',
           updated_at = now()
     WHERE business_id = ${scope.businessId}::uuid AND external_id = ${mirror.externalId}
       ${place.only === null ? Prisma.empty : Prisma.raw(`AND ${place.only}`)}`;
}

/** A base unlike the value: without the group where there is one, stated as nothing where there is none. */
function without(base: GroupStates, now: GroupStates, groups: readonly string[]): GroupStates {
  const next: Record<string, Json> = { ...base };
  for (const group of groups) {
    if (now[group] === undefined) next[group] = null;
    else Reflect.deleteProperty(next, group);
  }
  return next;
}
