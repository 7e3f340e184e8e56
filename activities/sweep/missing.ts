import type { SyncEntity } from '../../domain/entities.ts';
import type { Db } from '../../infra/database/index.ts';
import { writeAudit } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { setAside } from '../conflicts/quarantined.ts';
import { closeWindowEntry, judgeRemoval, usePermit } from '../inbound/removals.ts';

/** Linked records of one kind that have no row here any more. */
export interface MissingHere {
  readonly entity: SyncEntity;
  readonly recordIds: readonly string[];
  /** Linked records of the kind. */
  readonly known: number;
}

/** The quarantine's name for rows that are missing on the platform. */
const WINDOW = 'platform';

/**
 * Which of the vanished records may be judged as deleted here. Beyond the blast radius (R3, seen from this side) it looks
 * like an accident, a TRUNCATE or half a restored dump, and a person says first: at Booksy each would become a cancel.
 */
export async function mayBeJudged(
  db: Db,
  scopeOf: (tx: ApplyScope['tx']) => Promise<ApplyScope>,
  businessId: string,
  { entity, recordIds, known }: MissingHere,
): Promise<readonly string[]> {
  return db.$transaction(async (tx) => {
    const scope = await scopeOf(tx);
    if (recordIds.length === 0) {
      await closeWindowEntry(scope, entity, WINDOW);
      await writeAudit(scope);
      return [];
    }
    const removal = await judgeRemoval(tx, businessId, {
      entity,
      windowKey: WINDOW,
      suspects: recordIds.length,
      known,
    });
    if (removal.kind === 'waits') return [];
    if (removal.kind === 'allowed') {
      await usePermit(tx, removal.permitId, recordIds.length);
      return recordIds;
    }
    await setAside(scope, [
      {
        ...removal.entry,
        detail: `${String(recordIds.length)} of ${String(known)} linked records have vanished from the platform at once. Nothing was changed at Booksy.`,
        nextStep:
          'Look whether they were really deleted here (a restored dump, a TRUNCATE?). If so, release this (booksy errors release): each is then judged as deleted. If not, put them back: it closes by itself.',
      },
    ]);
    return [];
  });
}
