import type { PriceType } from '../observed.ts';

/** What a visit's item takes over from its variant at first sight (R12) and needs to hold time (R21, R24). */
export interface VariantLink {
  readonly variantId: string;
  readonly serviceId: string;
  readonly priceType: PriceType;
  readonly priceMinor: number | null;
  readonly currency: string;
  readonly gapAfterMinutes: number | null;
  readonly gapMinutes: number | null;
  readonly parallelClients: number;
}

/** Other side's ids → the platform's own, for one business. */
export interface Links {
  readonly staff: ReadonlyMap<string, string>;
  readonly rooms: ReadonlyMap<string, string>;
  readonly categories: ReadonlyMap<string, string>;
  readonly services: ReadonlyMap<string, string>;
  readonly variants: ReadonlyMap<string, VariantLink>;
  readonly clients: ReadonlyMap<string, string>;
}

/** Collects which groups of a record name something that has no counterpart here yet. */
export class Unresolved {
  readonly #groups = new Set<string>();

  /** The counterpart of an id, or null with the group noted where it has none. */
  find(map: ReadonlyMap<string, string>, externalId: string | null, group: string): string | null {
    if (externalId === null) return null;
    const found = map.get(externalId);
    if (found === undefined) this.#groups.add(group);
    return found ?? null;
  }

  note(group: string): void {
    this.#groups.add(group);
  }

  list(): readonly string[] {
    return [...this.#groups].sort();
  }
}
