import type { Json } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import { vaultContext } from '../../infra/crypto.ts';
import { openQuarantined } from '../../infra/conflicts/quarantined.ts';
import { loadPicture } from '../../infra/conflicts/picture.ts';
import { readConflicts, type ConflictRow } from '../../infra/conflicts/row.ts';
import { Prisma } from '../../infra/database/index.ts';
import { openConflicts } from '../apply/conflicts.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { statesOf } from '../conflicts/undone.ts';
import { openBases } from './decision-bases.ts';
import type { Decision } from './decision-facts.ts';
import { givenWasLinked, textIn } from './decision-row.ts';

/**
 * Opens the conflict of a decision again: as a new one of the same kind, so that what was decided stays on the old one. Its
 * workflow is started as that of every open row (R32).
 *
 * @returns the new conflict, and what stands for the states in which it was opened
 */
export async function openAgain(
  scope: ApplyScope,
  { row, picture, facts }: Decision,
): Promise<{ readonly conflictId: string; readonly states: string } | null> {
  if (facts.effect === 'choose' && givenWasLinked(row)) await linkBack(scope, row);
  // An overwritten value that was accepted moved no base: its groups are in step.
  const moved =
    facts.effect === 'bases' || (facts.effect === 'accept' && row.kind !== 'overwritten_at_booksy');
  if (moved) await openBases(scope, picture);
  if (row.kind === 'quarantine') await openEntry(scope, row);
  else await open(scope, row);
  const [found] = await readConflicts(
    scope.tx,
    Prisma.sql`c.business_id = ${scope.businessId}::uuid AND c.status = 'open' AND c.kind = ${row.kind} AND c.entity = ${row.entity}
      AND coalesce(c.record_id::text, c.external_id) IS NOT DISTINCT FROM ${row.recordId ?? row.externalId}::text
      AND c.other_record_id IS NOT DISTINCT FROM ${row.otherRecordId}::uuid`,
  );
  if (found === undefined) return null;
  return { conflictId: found.id, states: statesOf(await loadPicture(scope.tx, found)) };
}

async function open(scope: ApplyScope, row: ConflictRow): Promise<void> {
  if (row.recordId === null) return;
  await openConflicts(scope, [
    {
      kind: row.kind,
      entity: row.entity,
      recordId: row.recordId,
      otherRecordId: row.otherRecordId,
      externalId: row.externalId,
      groups: row.groups,
      detail: row.detail,
      overtaken: false,
      intentId: row.intentId,
      values: lostValues(scope, row),
    },
  ]);
}

/** What no row holds any more goes along, sealed for the new row. */
function lostValues({ vault, businessId }: ApplyScope, row: ConflictRow): GroupStates | null {
  if (row.sealedValues === null) return null;
  const place = { tenant: businessId, table: 'booksy_sync_conflicts', column: 'sealed_values', row: row.id };
  try {
    // Written by this product only.
    return JSON.parse(vault.open(row.sealedValues, vaultContext(place)).toString('utf8')) as GroupStates;
  } catch {
    // By another key: it could not be shown before either.
    return null;
  }
}

async function openEntry(scope: ApplyScope, { entity, externalId, detail }: ConflictRow): Promise<void> {
  if (externalId === null) return;
  const { reasonCode, affected, urgentAt } = detail;
  await openQuarantined(scope.tx, scope, [
    {
      entity,
      externalId,
      reasonCode: text(reasonCode) ?? 'unparseable',
      affected: typeof affected === 'number' ? affected : null,
      urgentAt: text(urgentAt),
    },
  ]);
}

function text(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** The appointment that was linked before the choice is linked again, where no other one is. */
async function linkBack(scope: ApplyScope, row: ConflictRow): Promise<void> {
  await scope.tx.$executeRaw`
    UPDATE external_bookings SET booking_id = ${row.recordId}::uuid, former_booking_id = NULL, updated_at = now()
     WHERE business_id = ${scope.businessId}::uuid AND external_id = ${textIn(row.resolutionChoice, 'discarded')}
       AND booking_id IS NULL AND former_booking_id = ${row.recordId}::uuid
       AND NOT EXISTS (SELECT FROM external_bookings o
                        WHERE o.business_id = ${scope.businessId}::uuid AND o.booking_id = ${row.recordId}::uuid)`;
}
