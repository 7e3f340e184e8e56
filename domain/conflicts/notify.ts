/**
 * A rule's wish that an admin be told (SPEC 3.9, `actions.notifyAdmin`). It is kept where whoever tells people finds it: on the
 * conflict (`notify_admin`), in the inbox (`GET …/conflicts?notifyAdmin=true`), and as one line in the log for each occasion,
 * under one code. Nothing is sent from here.
 */
export const NOTIFY_CODE = 'conflict_for_admin';

/** What there is to tell: it waits for a person, it still does, its visit is near, or a rule has decided it. */
export type NotifyOccasion = 'waits' | 'decided_by_rule' | 'reminded' | 'escalated';

/** What a look at a conflict came to, as far as it is to be told. */
export interface Noticed {
  /** The rule in force asks for it. */
  readonly wanted: boolean;
  /** The wish as the conflict carries it; null before its first look, and after news of it. */
  readonly noted: boolean | null;
  readonly reminded: boolean;
  readonly escalated: boolean;
  /** The rule decides it now, without a person. */
  readonly decided: boolean;
}

/** What an admin is to be told after a look: the most pressing of it, and each of it once. */
export function occasionOf({ wanted, noted, reminded, escalated, decided }: Noticed): NotifyOccasion | null {
  if (!wanted) return null;
  if (decided) return 'decided_by_rule';
  if (escalated) return 'escalated';
  if (reminded) return 'reminded';
  return noted === true ? null : 'waits';
}
