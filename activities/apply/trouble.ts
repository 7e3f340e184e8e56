import type { SyncEntity } from '../../domain/entities.ts';
import { visitsOfCards } from '../../infra/conflicts/cards.ts';
import { openConflicts } from './conflicts.ts';
import { overfullSessionsOf, overlapsOf } from './overlaps.ts';
import type { ApplyScope } from './scope.ts';
import { emptyPoolsOf, visitTroubleOf } from './visit-trouble.ts';

/**
 * Puts what a person must look at on conflicts, although it was taken in (R11, R19, R21, R24): all that these visits and blocks
 * brought, in one statement.
 */
export async function reportTrouble(
  scope: ApplyScope,
  visits: readonly string[],
  blocks: readonly string[],
): Promise<void> {
  const records = [...visits, ...blocks];
  await openConflicts(scope, [
    ...(await overlapsOf(scope, records)),
    ...(await overfullSessionsOf(scope, visits)),
    ...(await visitTroubleOf(scope, visits)),
    ...(await emptyPoolsOf(scope, records)),
  ]);
}

/** Asks who the clients of these cards are, where a visit still to come waits for it and nobody was asked yet (SPEC 3.7). */
export async function reportUnsure(scope: ApplyScope, cardExternalIds: readonly string[]): Promise<void> {
  const visits = await visitsOfCards(scope.tx, scope.businessId, cardExternalIds);
  await openConflicts(
    scope,
    await visitTroubleOf(
      scope,
      visits.map(({ recordId }) => recordId),
    ),
  );
}

/**
 * Who works here, and who does what, decides whether there is somebody for each visit that anybody may do (R24).
 *
 * @param touched how many records of the kind were made, changed or taken away
 */
export async function reportPools(scope: ApplyScope, entity: SyncEntity, touched: number): Promise<void> {
  if (scope.plan !== null || touched === 0 || !(entity === 'staff' || entity === 'variant')) return;
  await openConflicts(scope, await emptyPoolsOf(scope, 'all'));
}
