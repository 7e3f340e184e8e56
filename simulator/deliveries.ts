/** How far one webhook for one target has come. */
export interface Delivery {
  readonly id: string;
  readonly salon: number;
  readonly appointment: number;
  readonly action: string;
  readonly url: string;
  readonly toldMs: number;
  readonly tries: number;
  /** Status of the last answer, or that there was none; null before the first try. */
  readonly outcome: string | null;
  readonly state: 'waiting' | 'delivered' | 'retrying' | 'given_up' | 'dropped';
  /** When it is tried again. */
  readonly nextTryMs: number | null;
}

const KEPT = 500;

/** The newest webhooks, each as it stands now: what the calendar page shows. */
export class Deliveries {
  private byKey = new Map<string, Delivery>();
  /** Told after each change. */
  onChange: (salon: number) => void = () => undefined;

  told(delivery: Pick<Delivery, 'id' | 'salon' | 'appointment' | 'action' | 'url' | 'toldMs'>): void {
    this.put({ ...delivery, tries: 0, outcome: null, state: 'waiting', nextTryMs: null });
    for (const key of this.byKey.keys()) {
      if (this.byKey.size <= KEPT) break;
      this.byKey.delete(key);
    }
  }

  /** What became of a try. A copy of a message that was delivered does not take that back. */
  tried(
    id: string,
    url: string,
    found: Pick<Delivery, 'outcome' | 'state' | 'nextTryMs'> & { readonly tries: number },
  ): void {
    const known = this.byKey.get(keyOf(id, url));
    if (known === undefined || known.state === 'delivered') return;
    this.put({ ...known, ...found });
  }

  /** Of one salon, the newest first. */
  newest(salon: number, limit: number): Delivery[] {
    const found = [...this.byKey.values()].filter((delivery) => delivery.salon === salon);
    return found.slice(-limit).reverse();
  }

  clear(): void {
    this.byKey = new Map();
  }

  private put(delivery: Delivery): void {
    this.byKey.set(keyOf(delivery.id, delivery.url), delivery);
    this.onChange(delivery.salon);
  }
}

function keyOf(id: string, url: string): string {
  return `${id} ${url}`;
}
