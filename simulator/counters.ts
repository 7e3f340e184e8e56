export type Actor = 'api' | 'salon';
export type Deed = 'created' | 'changed' | 'deleted';

type Tally = Record<string, number>;

const bump = (tally: Tally, name: string): void => {
  tally[name] = (tally[name] ?? 0) + 1;
};

/** What was asked of the sandbox and done in it, counted on its side. */
export class Counters {
  private calls = 0;
  private token = 0;
  private discovery = 0;
  private unknownRoutes = 0;
  private byRoute: Tally = {};
  private bySalon = new Map<number, { total: number; byRoute: Tally }>();
  private byStatus: Tally = {};
  private rejected = 0;
  private tokenRejected = 0;
  private notified = 0;
  private notifiedBy: Tally = {};
  private writes: Record<Actor, Record<Deed, Tally>> = emptyWrites();
  private recent: number[] = [];
  private recentStart = 0;
  private maxInWindow = 0;
  private webhooks: Tally = {};

  /** A call of the partner API. Calls for tokens and the list of salons are counted apart. */
  call(
    kind: 'token' | 'discovery' | 'data' | 'unknown',
    route: string,
    salon: number | null,
    now: number,
    windowMs: number,
  ): void {
    if (kind === 'token') {
      this.token += 1;
      bump(this.byRoute, route);
      return;
    }
    this.noteWindow(now, windowMs);
    bump(this.byRoute, route);
    if (kind === 'discovery') this.discovery += 1;
    else if (kind === 'unknown') this.unknownRoutes += 1;
    else this.calls += 1;
    if (salon === null || kind !== 'data') return;
    let own = this.bySalon.get(salon);
    if (own === undefined) {
      own = { total: 0, byRoute: {} };
      this.bySalon.set(salon, own);
    }
    own.total += 1;
    bump(own.byRoute, route);
  }

  answer(status: number, token: boolean): void {
    bump(this.byStatus, String(status));
    if (status === 429 && token) this.tokenRejected += 1;
    else if (status === 429) this.rejected += 1;
  }

  write(actor: Actor, deed: Deed, entity: string): void {
    bump(this.writes[actor][deed], entity);
  }

  clientNotified(why: string): void {
    this.notified += 1;
    bump(this.notifiedBy, why);
  }

  webhook(outcome: string): void {
    bump(this.webhooks, outcome);
  }

  clear(): void {
    this.calls = this.token = this.discovery = this.unknownRoutes = 0;
    this.rejected = this.tokenRejected = this.notified = 0;
    this.maxInWindow = 0;
    this.byRoute = {};
    this.byStatus = {};
    this.notifiedBy = {};
    this.webhooks = {};
    this.bySalon = new Map();
    this.writes = emptyWrites();
    this.recent = [];
    this.recentStart = 0;
  }

  read(): Record<string, unknown> {
    return {
      calls: {
        total: this.calls,
        token: this.token,
        discovery: this.discovery,
        unknown: this.unknownRoutes,
        byRoute: { ...this.byRoute },
        bySalon: Object.fromEntries(this.bySalon),
        byStatus: { ...this.byStatus },
        maxInRollingWindow: this.maxInWindow,
      },
      rejected429: this.rejected,
      tokenRejected429: this.tokenRejected,
      clientNotifications: { total: this.notified, by: { ...this.notifiedBy } },
      writes: structuredClone(this.writes),
      webhooks: { ...this.webhooks },
    };
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
    this.maxInWindow = Math.max(this.maxInWindow, this.recent.length - this.recentStart);
  }
}

function emptyWrites(): Record<Actor, Record<Deed, Tally>> {
  return {
    api: { created: {}, changed: {}, deleted: {} },
    salon: { created: {}, changed: {}, deleted: {} },
  };
}
