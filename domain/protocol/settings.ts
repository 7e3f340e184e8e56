/** Waits of the protocol, in milliseconds. What the rules name as numbers; an installation may configure them. */
export interface ProtocolSettings {
  /** H: how long an unanswered write blocks the record's others (R14a). */
  readonly unknownForMs: number;
  /** How often a record is read while a write of it is unknown (R14a). */
  readonly lookEveryMs: number;
  /** Between the two look-ups before a create is sent again (R15a). */
  readonly createWaitMs: number;
  /** How long an unanswered body is remembered (R14b). */
  readonly memoryMs: number;
  /** How long nothing is sent after Booksy or the guard held a write back. */
  readonly unsentWaitMs: number;
  /** Turns of a group without a person's edit, and the time they must fall in, that make ping-pong of it (R6). */
  readonly turns: number;
  readonly turnsWithinMs: number;
  /** How far an observation and a commit must lie apart to be told by their clocks (R9). */
  readonly latestMarginMs: number;
}

export const DEFAULT_SETTINGS: ProtocolSettings = {
  unknownForMs: 150_000,
  lookEveryMs: 10_000,
  createWaitMs: 30_000,
  memoryMs: 24 * 3_600_000,
  unsentWaitMs: 5_000,
  turns: 3,
  turnsWithinMs: 600_000,
  latestMarginMs: 2_000,
};

/** Rounds of one process: what seven do not settle waits for the next look. */
export const MOST_ROUNDS = 7;

/** An ISO instant moved by milliseconds. */
export function later(instant: string, milliseconds: number): string {
  return new Date(Date.parse(instant) + milliseconds).toISOString();
}

/** The earlier of two due times; null = never. */
export function earliest(left: string | null, right: string | null): string | null {
  if (left === null || right === null) return left ?? right;
  return left < right ? left : right;
}
