import type { WriteEntity } from '../../domain/protocol/types.ts';
import type { Links } from '../../domain/states/links.ts';

/** For how long one load of the catalog's links serves those of a look that begin meanwhile. */
const SERVES_MS = 250;

/** The links of a business's catalog for all that one look brings. */
export interface SharedCatalog {
  /** As they were when the look began, or a moment ago. */
  links(): Promise<Links>;
  /** To be told of each record that was processed: one of the catalog may be linked now. */
  processed(entity: WriteEntity): void;
}

/** Kinds of records whose links the catalog holds. */
const LINKED: ReadonlySet<WriteEntity> = new Set<WriteEntity>(['service', 'variant']);

/**
 * Asks for them once, after the look, and anew for those who begin later than a moment after it, or after something of the
 * catalog was processed. What was linked before a row was seen in the box is in them.
 */
export function sharedCatalog(
  load: () => Promise<Links>,
  now: () => number = () => performance.now(),
): SharedCatalog {
  let loaded: { readonly at: number; readonly links: Promise<Links> } | null = null;
  return {
    links() {
      const at = now();
      if (loaded !== null && at - loaded.at < SERVES_MS) return loaded.links;
      const mine = { at, links: load() };
      loaded = mine;
      // A load that failed serves nobody else.
      mine.links.catch(() => {
        if (loaded === mine) loaded = null;
      });
      return mine.links;
    },
    processed(entity) {
      if (LINKED.has(entity)) loaded = null;
    },
  };
}
