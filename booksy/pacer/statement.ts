/** The pacer's statements: one row per account, judged by the database clock only (R34, R35). */
import { z } from 'zod';
import { rowsOf, type SqlRunner } from '../sql.ts';
import type { PacePlan } from './arithmetic.ts';

/** Lanes of R35, most urgent first. */
export const LANES = [1, 2, 3, 4, 5] as const;
export type Lane = (typeof LANES)[number];

/** Of ten calls under pressure one belongs to lanes 4 and 5: nine others earn them one. */
const CALLS_PER_RESERVED = 9;

export interface Ask {
  readonly accountKey: string;
  /** Who asks; marks of one process are replaced by its own newer ones. */
  readonly owner: string;
  /** Callers waiting here, by lane 1..5. */
  readonly waiting: readonly number[];
  /**
   * Time that this ask takes out of the allowance beside the calls themselves, milliseconds. What it grants may leave
   * that much later: the next grant is put off as if it had been made then.
   */
  readonly reserveMs: number;
  readonly plan: PacePlan;
}

const replySchema = z.object({
  lane: z.number().int().min(1).max(5).nullable(),
  granted: z.number().int().min(0),
  now_ms: z.number(),
  retry_ms: z.number(),
  blocked: z.boolean(),
});

export interface Reply {
  /** Whose turn it is; null when nobody waits. */
  readonly lane: number | null;
  /** So many callers of that lane here may call now. */
  readonly granted: number;
  /** Database clock of the decision, epoch milliseconds. */
  readonly nowMs: number;
  /** When to ask again. */
  readonly retryMs: number;
  /** A 429 keeps everybody away. */
  readonly blocked: boolean;
}

/** Asks for as many calls as are free now for the lane whose turn it is. Null: the row is missing. */
export async function askForGrant(sql: SqlRunner, ask: Ask): Promise<Reply | null> {
  const { plan } = ask;
  const answer = await sql.$queryRaw`WITH /* pacer */ /* prepared */
    p AS MATERIALIZED (
      SELECT ${ask.accountKey}::text AS account_key, ${ask.owner}::text AS me, ${[...ask.waiting]}::int[] AS waiting,
        ${ask.reserveMs}::double precision AS extra, ${plan.intervalMs}::double precision AS t, ${plan.toleranceMs}::double precision AS tau,
        ${plan.windowMs}::double precision AS w, interval '1 millisecond' AS ms
    ),
    locked AS MATERIALIZED (
      SELECT b.* FROM booksy_pacer b WHERE b.account_key = (SELECT account_key FROM p) FOR UPDATE
    ),
    -- Read only once the lock is held: a time from before the wait would be too old.
    clock AS MATERIALIZED (SELECT l.*, clock_timestamp() AS now FROM locked l),
    state AS MATERIALIZED (
      SELECT c.*, p.*,
        -- A tat further ahead than a window means that the database clock was set back.
        GREATEST(LEAST(c.tat, c.now + p.w * p.ms), c.now) AS base,
        CASE WHEN c.blocked_until > c.now THEN LEAST(c.blocked_until, c.now + interval '15 minutes') END AS blocked,
        (SELECT array_agg(p.waiting[i] > 0 OR COALESCE(
            c.lane_waiting_until[i] > c.now AND c.lane_waiting_by[i] IS DISTINCT FROM p.me, false) ORDER BY i)
          FROM generate_series(1, 5) i) AS wants
      FROM clock c CROSS JOIN (SELECT me, waiting, extra, t, tau, w, ms FROM p) p
    ),
    turn AS MATERIALIZED (
      SELECT s.*,
        (wants[1] OR wants[2] OR wants[3]) AS high, (wants[4] OR wants[5]) AS low,
        CASE
          WHEN reserve_debt > 1 - 1e-6 AND wants[4] THEN 4
          WHEN reserve_debt > 1 - 1e-6 AND wants[5] THEN 5
          WHEN wants[1] THEN 1 WHEN wants[2] THEN 2 WHEN wants[3] THEN 3 WHEN wants[4] THEN 4 WHEN wants[5] THEN 5
        END AS lane,
        CASE WHEN blocked IS NOT NULL THEN 0 ELSE GREATEST(0,
          floor((extract(epoch FROM (now - base))::double precision * 1000 + tau) / t + 1e-6) + 1)::int END AS cells
      FROM state s
    ),
    decided AS MATERIALIZED (
      SELECT t.*, COALESCE(LEAST(
          waiting[lane], cells,
          CASE WHEN lane >= 4 AND high THEN 1 ELSE cells END,
          CASE WHEN lane <= 3 AND low
            THEN GREATEST(1, floor((1 - reserve_debt) * ${CALLS_PER_RESERVED}::int + 1e-6)::int) ELSE cells END
        ), 0) AS granted
      FROM turn t
    ),
    timed AS MATERIALIZED (
      SELECT d.*,
        CASE WHEN granted > 0 THEN base + (granted * t + extra) * ms
          WHEN blocked IS NOT NULL THEN tat ELSE LEAST(tat, now + w * ms) END AS next_tat,
        CASE
          WHEN blocked IS NOT NULL THEN extract(epoch FROM (blocked - now))::double precision * 1000
          WHEN granted > 0 OR cells = 0 THEN
            GREATEST(0, extract(epoch FROM (base - now))::double precision * 1000
              + CASE WHEN granted > 0 THEN granted * t + extra ELSE 0 END - tau)
          -- The turn is another process's: it will come; look again soon.
          ELSE LEAST(t, 25)
        END AS retry_ms
      FROM decided d
    ),
    marked AS MATERIALIZED (
      SELECT m.*, waiting[i] - CASE WHEN i = lane THEN granted ELSE 0 END > 0 AS still, i
      FROM timed m CROSS JOIN generate_series(1, 5) i
    ),
    marks AS MATERIALIZED (
      SELECT
        -- A waiter asks again after retry_ms; the rest is for timers that are late.
        array_agg(CASE WHEN still THEN now + (retry_ms + 250) * ms
          WHEN lane_waiting_by[i] = me THEN NULL ELSE lane_waiting_until[i] END ORDER BY i) AS untils,
        array_agg(CASE WHEN still THEN me WHEN lane_waiting_by[i] = me THEN NULL ELSE lane_waiting_by[i] END ORDER BY i) AS owners
      FROM marked
    )
    UPDATE booksy_pacer b SET
      tat = d.next_tat,
      blocked_until = COALESCE(d.blocked, b.blocked_until),
      lane_waiting_until = marks.untils,
      lane_waiting_by = marks.owners,
      reserve_debt = CASE
        WHEN d.granted = 0 THEN b.reserve_debt
        WHEN d.lane >= 4 THEN GREATEST(0, d.reserve_debt - d.granted)
        WHEN d.low THEN LEAST(1, d.reserve_debt + d.granted / ${CALLS_PER_RESERVED}::double precision)
        ELSE d.reserve_debt END
    FROM timed d CROSS JOIN marks
    WHERE b.account_key = d.account_key
    RETURNING d.lane, d.granted, (extract(epoch FROM d.now) * 1000)::double precision AS now_ms,
      d.retry_ms, d.blocked IS NOT NULL AS blocked`;
  const reply = rowsOf(replySchema, answer)[0];
  if (reply === undefined) return null;
  return {
    lane: reply.lane,
    granted: reply.granted,
    nowMs: reply.now_ms,
    retryMs: reply.retry_ms,
    blocked: reply.blocked,
  };
}

/** Makes the account's row where it is missing. */
export async function ensurePacerRow(sql: SqlRunner, accountKey: string): Promise<void> {
  await sql.$queryRaw`INSERT /* pacer */ INTO booksy_pacer (account_key) VALUES (${accountKey}::text)
    ON CONFLICT (account_key) DO NOTHING`;
}

/**
 * Writes down a 429 so that every worker stays away. Answers that arrive while a block stands belong to the same
 * burst and count once. The burst allowance is taken too: after the block calls start one by one.
 *
 * @returns how long the block lasts from now, milliseconds
 */
export async function writeBlock(
  sql: SqlRunner,
  accountKey: string,
  plan: PacePlan,
  { retryAfterMs, random }: { readonly retryAfterMs: number | null; readonly random: number },
): Promise<number> {
  const answer = await sql.$queryRaw`WITH /* pacer */
    locked AS MATERIALIZED (SELECT b.* FROM booksy_pacer b WHERE b.account_key = ${accountKey}::text FOR UPDATE),
    clock AS MATERIALIZED (SELECT l.*, clock_timestamp() AS now FROM locked l),
    counted AS MATERIALIZED (
      SELECT c.*, CASE
          WHEN blocked_until > now THEN strikes
          WHEN blocked_until > now - ${plan.windowMs}::double precision * interval '1 millisecond' THEN strikes + 1
          ELSE 1 END AS next_strikes
      FROM clock c
    ),
    waited AS MATERIALIZED (
      SELECT c.*, COALESCE(${retryAfterMs}::double precision,
        LEAST(${plan.windowMs}::double precision, 2000 * power(2, LEAST(10, GREATEST(0, next_strikes - 1))))) AS base_ms
      FROM counted c
    ),
    ends AS MATERIALIZED (
      SELECT w.account_key, w.now, w.next_strikes,
        CASE WHEN w.blocked_until > w.now AND ${retryAfterMs}::double precision IS NULL THEN w.blocked_until
          ELSE GREATEST(COALESCE(w.blocked_until, w.now),
            w.now + ceil(base_ms * (1 + ${random}::double precision / 4)) * interval '1 millisecond') END AS until
      FROM waited w
    )
    UPDATE booksy_pacer b SET blocked_until = e.until, strikes = e.next_strikes,
      tat = GREATEST(b.tat, e.until + ${plan.toleranceMs}::double precision * interval '1 millisecond')
    FROM ends e WHERE b.account_key = e.account_key
    RETURNING GREATEST(0, extract(epoch FROM (e.until - e.now)) * 1000)::double precision AS wait_ms`;
  return rowsOf(z.object({ wait_ms: z.number() }), answer)[0]?.wait_ms ?? 0;
}
