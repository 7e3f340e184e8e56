import type { HoursOf } from './edits-hours.ts';

/** What was done to a salon and what came of it: the checker knows nothing else of a run (TRUST §3.1). */

export type Side = 'platform' | 'booksy';
/** `unknown`: it was sent and its answer was lost; the checker must then allow both. */
export type Outcome = 'ok' | 'failed' | 'unknown';

/** Parts of a record that are followed by value. `life` is `live` or `ended`. */
export const FOLLOWED = ['life', 'time', 'note', 'email'] as const;
export type Followed = (typeof FOLLOWED)[number];

/** What is followed of each kind beside its life. */
export const VALUES_OF = {
  visit: ['time', 'note'],
  client: ['email'],
  block: ['time'],
  hours: ['time'],
} as const satisfies Readonly<Record<string, readonly Followed[]>>;
export type SubjectKind = keyof typeof VALUES_OF;

/** A visit, a client, a block or a day of opening hours that a run touches. It may be known on one side only for a while. */
export interface Subject {
  readonly key: string;
  readonly kind: SubjectKind;
  readonly madeBy: Side | 'seed';
  recordId: string | null;
  /** A visit's id at Booksy, a card's, that of an entry of time off, or of the visit without a client that a block is there. */
  externalId: number | null;
  /** Of a day of hours; its record is the schedule that it is of. */
  readonly hours?: HoursOf;
  /** Of a block that is an entry of time off at Booksy: whose. */
  readonly resourceId?: number;
}

export interface Edit {
  readonly n: number;
  /** Milliseconds of the run. */
  readonly at: number;
  /** Epoch milliseconds when it was done. */
  readonly wallMs: number;
  readonly side: Side;
  readonly kind: string;
  readonly subject: string;
  readonly group: Followed | null;
  readonly value: string | null;
  /** What its editor saw just before. */
  readonly before: string | null;
  readonly outcome: Outcome;
  readonly detail: string;
}

export interface History {
  readonly subjects: ReadonlyMap<string, Subject>;
  readonly edits: readonly Edit[];
  readonly notes: readonly string[];
  /** Faults that hit, by kind. */
  readonly hits: ReadonlyMap<string, number>;
  addSubject(subject: Subject): Subject;
  add(edit: Omit<Edit, 'n' | 'at' | 'wallMs'>): void;
  note(text: string): void;
  hit(kind: string, times?: number): void;
}

export function createHistory(now: () => number = () => performance.now()): History {
  const startedAt = now();
  const subjects = new Map<string, Subject>();
  const edits: Edit[] = [];
  const notes: string[] = [];
  const hits = new Map<string, number>();
  const at = () => Math.round(now() - startedAt);
  return {
    subjects,
    edits,
    notes,
    hits,
    addSubject(subject) {
      subjects.set(subject.key, subject);
      return subject;
    },
    add(edit) {
      edits.push({ ...edit, n: edits.length + 1, at: at(), wallMs: Date.now() });
    },
    note(text) {
      notes.push(`${String(at()).padStart(6)} ${text}`);
    },
    hit(kind, times = 1) {
      hits.set(kind, (hits.get(kind) ?? 0) + times);
    },
  };
}

/** The history of one subject, as a person reads it. */
export function historyLines(history: History, subject: Subject): string[] {
  return [
    `${subject.key} (made by ${subject.madeBy}): here ${subject.recordId ?? '–'}, at Booksy ${String(subject.externalId ?? '–')}`,
    ...history.edits
      .filter((edit) => edit.subject === subject.key)
      .map(
        (edit) =>
          `  ${String(edit.at).padStart(6)} ms  ${edit.side.padEnd(8)} ${edit.kind.padEnd(12)} ${edit.outcome.padEnd(7)} ${edit.before ?? '–'} → ${edit.value ?? '–'} ${edit.detail}`,
      ),
  ];
}
