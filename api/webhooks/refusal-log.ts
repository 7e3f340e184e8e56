/** Tells an operator why webhooks are refused, without letting strangers fill the log. */
import type { Logger } from '../../infra/logger.ts';

const EVERY_MS = 60_000;

export interface RefusalLog {
  /** `why` is a code; a business id may stand beside it, never anything that was sent. */
  note(why: string, businessId?: string): void;
}

/** One line a minute for each reason at most, with how often it happened since the last one. */
export function createRefusalLog(
  logger: Pick<Logger, 'warn'>,
  monotonic: () => number = () => performance.now(),
): RefusalLog {
  const seen = new Map<string, { count: number; toldMs: number }>();
  return {
    note(why, businessId) {
      const now = monotonic();
      const before = seen.get(why);
      const count = (before?.count ?? 0) + 1;
      if (before !== undefined && now - before.toldMs < EVERY_MS) {
        before.count = count;
        return;
      }
      seen.set(why, { count: 0, toldMs: now });
      logger.warn(
        { reasonCode: why, count, ...(businessId === undefined ? {} : { businessId }) },
        'webhooks were refused',
      );
    },
  };
}
