/** Undoing what the sync did (SPEC 3.8): pure plans over audit entries and the records as they are. */
export {
  DECISION_DEEDS,
  DEED_TEXTS,
  planDecisionUndo,
  type DecisionDeed,
  type DecisionFacts,
  type DecisionPlan,
} from './decision.ts';
export { planRecordUndo } from './plan.ts';
export {
  doesSomething,
  OPEN_AGAIN,
  OVERBOOKING,
  UNDO_LEFT,
  type RecordUndo,
  type UndoChange,
  type UndoEnd,
  type UndoEntry,
  type UndoLeftReason,
  type UndoSubject,
} from './words.ts';
