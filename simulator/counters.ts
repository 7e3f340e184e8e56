import { z } from 'zod';

export type Actor = 'api' | 'salon';
export type Deed = 'created' | 'changed' | 'deleted';

const count = z.number().int().min(0);
const tally = z.record(z.string(), count);
const deeds = z.object({ created: tally, changed: tally, deleted: tally });

/** Everything that is counted, as it is kept over a restart. */
const countsSchema = z.object({
  calls: count,
  token: count,
  discovery: count,
  unknownRoutes: count,
  rejected: count,
  tokenRejected: count,
  notified: count,
  maxInWindow: count,
  byRoute: tally,
  byStatus: tally,
  notifiedBy: tally,
  webhooks: tally,
  bySalon: z.record(z.string(), z.object({ total: count, byRoute: tally })),
  writes: z.object({ api: deeds, salon: deeds }),
});
export type Counts = z.output<typeof countsSchema>;

const bump = (tallied: Record<string, number>, name: string): void => {
  tallied[name] = (tallied[name] ?? 0) + 1;
};

/** What was asked of the sandbox and done in it, counted on its side. */
export class Counters {
  private counts: Counts = noCounts();
  /** When the last calls came, for the rolling window. */
  private recent: number[] = [];
  private recentStart = 0;
  private changes = 0;

  /** Another number after each thing that was counted. */
  get revision(): number {
    return this.changes;
  }

  /** A call of the partner API. Calls for tokens and the list of salons are counted apart. */
  call(
    kind: 'token' | 'discovery' | 'data' | 'unknown',
    route: string,
    salon: number | null,
    now: number,
    windowMs: number,
  ): void {
    const counts = this.changed();
    bump(counts.byRoute, route);
    if (kind === 'token') {
      counts.token += 1;
      return;
    }
    this.noteWindow(now, windowMs);
    if (kind === 'discovery') counts.discovery += 1;
    else if (kind === 'unknown') counts.unknownRoutes += 1;
    else counts.calls += 1;
    if (salon === null || kind !== 'data') return;
    const own = (counts.bySalon[String(salon)] ??= { total: 0, byRoute: {} });
    own.total += 1;
    bump(own.byRoute, route);
  }

  answer(status: number, token: boolean): void {
    const counts = this.changed();
    bump(counts.byStatus, String(status));
    if (status === 429 && token) counts.tokenRejected += 1;
    else if (status === 429) counts.rejected += 1;
  }

  write(actor: Actor, deed: Deed, entity: string): void {
    bump(this.changed().writes[actor][deed], entity);
  }

  clientNotified(why: string): void {
    const counts = this.changed();
    counts.notified += 1;
    bump(counts.notifiedBy, why);
  }

  webhook(outcome: string): void {
    bump(this.changed().webhooks, outcome);
  }

  clear(): void {
    this.counts = noCounts();
    this.recent = [];
    this.recentStart = 0;
    this.changes += 1;
  }

  /** What a restart must not forget. */
  keep(): Counts {
    return this.counts;
  }

  /** Goes on from what was kept; the rolling window begins anew. False where it cannot be understood. */
  restore(kept: unknown): boolean {
    const parsed = countsSchema.safeParse(kept);
    if (parsed.success) this.counts = parsed.data;
    return parsed.success;
  }

  read(): Record<string, unknown> {
    const { counts } = this;
    return structuredClone({
      calls: {
        total: counts.calls,
        token: counts.token,
        discovery: counts.discovery,
        unknown: counts.unknownRoutes,
        byRoute: counts.byRoute,
        bySalon: counts.bySalon,
        byStatus: counts.byStatus,
        maxInRollingWindow: counts.maxInWindow,
      },
      rejected429: counts.rejected,
      tokenRejected429: counts.tokenRejected,
      clientNotifications: { total: counts.notified, by: counts.notifiedBy },
      writes: counts.writes,
      webhooks: counts.webhooks,
    });
  }

  private changed(): Counts {
    this.changes += 1;
    return this.counts;
  }

  private noteWindow(now: number, windowMs: number): void {
    this.recent.push(now);
    while (
      this.recentStart < this.recent.length &&
      (this.recent[this.recentStart] ?? now) <= now - windowMs
    ) {
      this.recentStart += 1;
    }
    if (this.recentStart > 10_000) {
      this.recent = this.recent.slice(this.recentStart);
      this.recentStart = 0;
    }
    this.counts.maxInWindow = Math.max(this.counts.maxInWindow, this.recent.length - this.recentStart);
  }
}

function noCounts(): Counts {
  const none = (): Counts['writes']['api'] => ({ created: {}, changed: {}, deleted: {} });
  return {
    calls: 0,
    token: 0,
    discovery: 0,
    unknownRoutes: 0,
    rejected: 0,
    tokenRejected: 0,
    notified: 0,
    maxInWindow: 0,
    byRoute: {},
    byStatus: {},
    notifiedBy: {},
    webhooks: {},
    bySalon: {},
    writes: { api: none(), salon: none() },
  };
}
