import type { EffectName } from '../../domain/conflicts/choices.ts';
import type { DecisionFacts } from '../../domain/undo/index.ts';
import { loadPicture, type ConflictPicture } from '../../infra/conflicts/picture.ts';
import type { ConflictRow } from '../../infra/conflicts/row.ts';
import { frozenGroups } from '../apply/conflicts.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { beginningOf } from '../conflicts/beginning.ts';
import { causeOf } from './decision-cause.ts';
import { givenWasLinked, isNumber, textIn, valueIn } from './decision-row.ts';
import { pendingOf } from './decision-bases.ts';

/** A decision about a conflict, with what is so now of what it was about. */
export interface Decision {
  readonly row: ConflictRow;
  readonly picture: ConflictPicture;
  readonly facts: DecisionFacts;
}

/** Looks at what a decision was about. The rows that it is about stay locked until the transaction ends. */
export async function lookAtDecision(scope: ApplyScope, row: ConflictRow): Promise<Decision> {
  const picture = await loadPicture(scope.tx, row, true);
  const effect = effectOf(row, picture);
  return {
    row,
    picture,
    facts: {
      effect,
      undone: row.resolution === 'undone',
      open: await isOpen(scope, row),
      begun: await hasBegun(scope, row),
      cause: await causeOf(scope, effect, picture),
      mark: effect === 'overbook' ? await markOf(scope, row) : null,
      given: effect === 'choose' ? await givenOf(scope, picture) : null,
      released: effect === 'release' ? await releasedOf(scope, row) : null,
      pending: effect === 'bases' ? await pendingOf(scope, picture) : 'none',
    },
  };
}

/** As the decision's row says; older rows say the choice only. */
export function effectOf({ kind, resolutionChoice }: ConflictRow, { facts }: ConflictPicture): EffectName {
  const stored = textIn(resolutionChoice, 'effect');
  const known = EFFECT_NAMES.find((effect) => effect === stored);
  if (known !== undefined) return known;
  const choice = textIn(resolutionChoice, 'choice');
  if (choice === 'ignore') return 'accept';
  if (choice === 'keep-both') return 'overbook';
  if (choice === 'move') return 'move';
  switch (kind) {
    case 'time_overlap':
    case 'capacity':
      return 'cancel';
    case 'double':
      return 'choose';
    case 'quarantine':
      return 'release';
    case 'outcome_unknown':
      return 'again';
    case 'refused_by_booksy':
      return choice === 'keep-platform' ? 'again' : facts.linked ? 'bases' : 'cancel';
    case 'normalised_differently':
      return choice === 'keep-platform' ? 'accept' : 'bases';
    case 'overwritten_at_booksy':
      return choice === 'keep-platform' ? 'accept' : 'restore';
    default:
      return 'bases';
  }
}

const EFFECT_NAMES: readonly EffectName[] = [
  'bases',
  'accept',
  'cancel',
  'move',
  'overbook',
  'restore',
  'again',
  'choose',
  'release',
  'take_back',
];

/** The same conflict, or one that froze the same groups. */
async function isOpen(scope: ApplyScope, row: ConflictRow): Promise<boolean> {
  const found = await scope.tx.$queryRaw<unknown[]>`
    SELECT 1 FROM booksy_sync_conflicts c
     WHERE c.business_id = ${scope.businessId}::uuid AND c.status = 'open' AND c.kind = ${row.kind} AND c.entity = ${row.entity}
       AND coalesce(c.record_id::text, c.external_id) IS NOT DISTINCT FROM ${row.recordId ?? row.externalId}::text
       AND c.other_record_id IS NOT DISTINCT FROM ${row.otherRecordId}::uuid LIMIT 1`;
  if (found.length > 0) return true;
  if (row.recordId === null || row.groups.length === 0) return false;
  const frozen = (await frozenGroups(scope, [row.recordId])).get(row.recordId);
  return row.groups.some((group) => frozen?.has(group) === true);
}

/** R10: what has begun is decided by nobody. What waits in quarantine waits on. */
async function hasBegun(scope: ApplyScope, row: ConflictRow): Promise<boolean> {
  if (row.kind === 'quarantine') return false;
  const { overAt } = await beginningOf({ ...scope, row });
  return overAt !== null && overAt <= scope.now;
}

/** The mark that the decision set, as long as it is there; and whether another decision leans on it. */
async function markOf(scope: ApplyScope, row: ConflictRow): Promise<DecisionFacts['mark']> {
  const visit = markedVisit(row);
  if (visit === null) return null;
  const [found] = await scope.tx.$queryRaw<{ marked: boolean; needed: boolean }[]>`
    SELECT b.overbooking_allowed AS marked,
           EXISTS (SELECT FROM booksy_sync_conflicts c
                    WHERE c.business_id = b.business_id AND c.id <> ${row.id}::uuid AND c.status = 'resolved'
                      AND c.resolution = 'keep-both' AND c.resolution_choice #>> '{marked,visit}' = b.id::text) AS needed
      FROM bookings b
     WHERE b.business_id = ${scope.businessId}::uuid AND b.id = ${visit}::uuid FOR UPDATE OF b`;
  return found?.marked === true ? { neededElsewhere: found.needed } : null;
}

/** The visit that this decision marked; null where it had its mark before. */
export function markedVisit({ resolutionChoice }: ConflictRow): string | null {
  const marked = valueIn(resolutionChoice, 'marked');
  return valueIn(marked, 'before') === false ? textIn(marked, 'visit') : null;
}

/** R16: what became of the appointment that was given up. */
async function givenOf(scope: ApplyScope, { row, mirror }: ConflictPicture): Promise<DecisionFacts['given']> {
  const given = textIn(row.resolutionChoice, 'discarded');
  if (given === null) return null;
  const [found] = await scope.tx.$queryRaw<{ ended: boolean; under_way: boolean; linked: string | null }[]>`
    SELECT EXISTS (SELECT FROM external_bookings m
                    WHERE m.business_id = ${scope.businessId}::uuid AND m.external_id = ${given}
                      AND (m.gone_at IS NOT NULL OR m.remote #>> '{status,status}' = 'cancelled'))
           OR EXISTS (SELECT FROM sync_intents i
                       WHERE i.business_id = ${scope.businessId}::uuid AND i.entity = 'booking' AND i.external_id = ${given}
                         AND i.step = 'cancel' AND i.state IN ('confirmed', 'late_acted', 'closed')
                         AND i.opened_at >= ${row.resolvedAt}::timestamptz) AS ended,
           EXISTS (SELECT FROM sync_intents i
                    WHERE i.business_id = ${scope.businessId}::uuid AND i.entity = 'booking' AND i.external_id = ${given}
                      AND i.step = 'cancel' AND i.state IN ('open', 'unknown')) AS under_way,
           (SELECT m.external_id FROM external_bookings m
             WHERE m.business_id = ${scope.businessId}::uuid AND m.booking_id = ${row.recordId}::uuid LIMIT 1) AS linked`;
  if (found === undefined || found.ended) return 'ended';
  // Once the other one is linked the cancel of this one is on its way.
  const moved = mirror !== null && givenWasLinked(row) && found.linked !== null && found.linked !== given;
  return found.under_way || moved ? 'under_way' : 'waits';
}

/** R3: what a release of removals permitted and nobody has made use of can be held back again. */
async function releasedOf(scope: ApplyScope, row: ConflictRow): Promise<DecisionFacts['released']> {
  const [entry] = await scope.tx.$queryRaw<{ permits_left: number | null; affected: number | null }[]>`
    SELECT permits_left, affected FROM quarantine
     WHERE business_id = ${scope.businessId}::uuid AND entity = ${row.entity} AND external_id = ${row.externalId}
       AND released_at = ${row.resolvedAt}::timestamptz AND released_by = 'conflict' FOR UPDATE`;
  const left = entry?.permits_left;
  return isNumber(left) && left > 0 && left === entry?.affected ? 'unused' : 'used';
}
