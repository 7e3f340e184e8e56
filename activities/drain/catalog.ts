import type { Links } from '../../domain/states/links.ts';

/** For how long one load of the catalog's links serves those of a look that begin meanwhile. */
const SERVES_MS = 1_000;

/**
 * The links of a business's catalog for all that one look brings: asked for once, after the look, and anew by those who begin
 * later than a moment after it. What was linked before a row was seen in the box is in them.
 */
export function sharedCatalog(
  load: () => Promise<Links>,
  now: () => number = () => performance.now(),
): () => Promise<Links> {
  let loaded: { readonly at: number; readonly links: Promise<Links> } | null = null;
  return () => {
    const at = now();
    if (loaded !== null && at - loaded.at < SERVES_MS) return loaded.links;
    const mine = { at, links: load() };
    loaded = mine;
    // A load that failed serves nobody else.
    mine.links.catch(() => {
      if (loaded === mine) loaded = null;
    });
    return mine.links;
  };
}
