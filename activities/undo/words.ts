import { SYNC_ENTITIES, type SyncEntity } from '../../domain/entities.ts';

/** Which undo: this is what passes through Temporal. */
export interface UndoRef {
  readonly businessId: string;
  readonly undoId: string;
}

/** Whether a word of the audit trail names a kind of record that is kept in step. */
export function isSyncEntity(word: string | null): word is SyncEntity {
  return SYNC_ENTITIES.some((entity) => entity === word);
}
