/** Undoing what the sync did (SPEC 3.8): pure plans over audit entries and the records as they are. */
export { planRecordUndo } from './plan.ts';
export {
  doesSomething,
  UNDO_LEFT,
  type RecordUndo,
  type UndoChange,
  type UndoEnd,
  type UndoEntry,
  type UndoLeftReason,
  type UndoSubject,
} from './words.ts';
