/** What a drain leaves for a moment: somebody else holds its lease, or it failed in a way that may pass. */
export interface PutOffRecord {
  /** The platform's id; null where there is none here yet. */
  readonly recordId: string | null;
  /** Booksy's id, where its news are put off too. */
  readonly externalId: string | null;
}

/** Stands for the rows of emptied tables, which name no record. */
export const NO_RECORD = '00000000-0000-0000-0000-000000000000';

export interface PutOff {
  add(record: PutOffRecord, forMs: number): void;
  /** What is still put off. */
  records(): readonly string[];
  news(): readonly string[];
  /** Milliseconds until the next one is due; null where nothing is put off. */
  nextInMs(): number | null;
}

export function createPutOff(now: () => number = () => performance.now()): PutOff {
  const until = new Map<string, { readonly record: PutOffRecord; readonly at: number }>();
  const current = () => {
    for (const [key, { at }] of until) if (at <= now()) until.delete(key);
    return [...until.values()];
  };
  return {
    add(record, forMs) {
      until.set(record.recordId ?? record.externalId ?? NO_RECORD, { record, at: now() + forMs });
    },
    records: () => current().flatMap(({ record }) => record.recordId ?? []),
    news: () => current().flatMap(({ record }) => record.externalId ?? []),
    nextInMs() {
      const times = current().map(({ at }) => at - now());
      return times.length === 0 ? null : Math.max(1, Math.min(...times));
    },
  };
}
