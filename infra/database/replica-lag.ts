/**
 * How far a streaming replica is behind, told without trusting any clock but ours and without being fooled by a
 * primary that is idle.
 *
 * Where the primary's log ended is noted together with the time *before* it was asked. Once the replica has replayed
 * that position, everything committed until that time is visible there: it is at most `now − that time` behind. On an
 * idle primary each new note is replayed at once; a replica that is cut off replays no note that has moved on.
 */

/** A position in the write-ahead log. */
export type Lsn = bigint;

/** Reads PostgreSQL's `16/B374D848`. @throws RangeError where it is none */
export function parseLsn(text: string): Lsn {
  const found = /^([\dA-F]{1,8})\/([\dA-F]{1,8})$/i.exec(text);
  if (found === null) throw new RangeError('This is no position of a write-ahead log.');
  return (BigInt(`0x${found[1] ?? ''}`) << 32n) | BigInt(`0x${found[2] ?? ''}`);
}

interface Note {
  readonly lsn: Lsn;
  /** Monotonic, ours. */
  readonly askedAtMs: number;
}

/** Enough for a bound of 5 s at one note a second, and some. */
const KEPT_NOTES = 32;

/** Notes of the primary's log, and which of them a replica has replayed. */
export class LagGauge {
  #notes: Note[] = [];
  #fresh: Note | null = null;

  /** The primary's log ended at `lsn` at some time after `askedAtMs`. */
  primaryAt(lsn: Lsn, askedAtMs: number): void {
    this.#notes.push({ lsn, askedAtMs });
    if (this.#notes.length > KEPT_NOTES) this.#notes.shift();
  }

  /** The replica has replayed up to `lsn`. */
  replicaAt(lsn: Lsn): void {
    const newest = this.#notes.findLast((note) => note.lsn <= lsn);
    if (newest !== undefined) this.#fresh = newest;
  }

  /** Upper bound of what is missing there, in milliseconds; null while nothing is known. */
  lagMs(nowMs: number): number | null {
    return this.#fresh === null ? null : Math.max(0, nowMs - this.#fresh.askedAtMs);
  }

  /** Forgets everything: what answers now may be another server. */
  reset(): void {
    this.#notes = [];
    this.#fresh = null;
  }
}
