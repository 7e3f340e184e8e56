/**
 * The mark by which we know our own blocks again (R15, R19): time off cannot carry an `import_uid`, so its reason
 * does. `importUid` = record id and generation (R16), no word about a person.
 */
const MARK = /\[booksy-sync:([0-9a-z:-]{1,80})\]/i;

/** The text to put into the reason of a block that we make. */
export function ownMark(importUid: string): string {
  const mark = `[booksy-sync:${importUid}]`;
  if (!MARK.test(mark)) throw new RangeError('A mark is made of a record id and a generation only.');
  return mark;
}

/** The id in the mark; null where the text carries none. */
export function readOwnMark(text: string | null | undefined): string | null {
  return MARK.exec(text ?? '')?.[1] ?? null;
}
