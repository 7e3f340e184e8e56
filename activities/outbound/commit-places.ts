import type { Tx } from '../../infra/database/index.ts';
import type { OursState } from '../../domain/plan.ts';
import type { EntityBinding } from '../apply/binding.ts';
import { NO_LINKS } from '../apply/links.ts';
import type { ApplyScope } from '../apply/scope.ts';
import type { WriteAdapter } from './adapters/adapter.ts';
import type { ProcessContext } from './context.ts';
import type { CommitWanted } from './together.ts';

/** What one run applies to one business within a round. */
export interface Place {
  readonly scope: ApplyScope;
  readonly binding: EntityBinding;
}

/** The same scope and binding for all that one run writes to one business: Booksy's ids are a business's own. */
export function placesOf(tx: Tx, adapter: WriteAdapter, now: string): (context: ProcessContext) => Place {
  const places = new Map<string, Place>();
  return ({ deps, business, run }) => {
    const key = `${business.id} ${run.runId}`;
    const before = places.get(key);
    if (before !== undefined) return before;
    const scope: ApplyScope = {
      tx,
      vault: deps.vault,
      businessId: business.id,
      zone: business.zone,
      currency: business.currency,
      runId: run.runId,
      now,
      links: NO_LINKS,
      plan: null,
      audit: [],
    };
    const place = { scope, binding: adapter.binding() };
    places.set(key, place);
    return place;
  };
}

/** Items by where they belong. */
export function byPlace<T>(
  items: readonly T[],
  placeOf: (item: T) => Place,
): ReadonlyMap<Place, readonly T[]> {
  const places = new Map<Place, T[]>();
  for (const item of items) {
    const place = placeOf(item);
    const here = places.get(place);
    if (here === undefined) places.set(place, [item]);
    else here.push(item);
  }
  return places;
}

/** Locks the records; what they are is what their views say where the versions are the same afterwards. */
export async function lockRecords(
  tx: Tx,
  adapter: WriteAdapter,
  placeOf: (context: ProcessContext) => Place,
  wanted: readonly CommitWanted[],
): Promise<ReadonlyMap<string, OursState>> {
  const places = byPlace(wanted, ({ input }) => placeOf(input.context));
  const idOf = ({ input }: CommitWanted) => input.context.ref.recordId;
  const ours = new Map<string, OursState>();
  if (adapter.lock === undefined) {
    for (const [{ scope, binding }, each] of places) {
      for (const [id, state] of await binding.loadOurs(scope, each.map(idOf))) ours.set(id, state);
    }
    return ours;
  }
  await adapter.lock(tx, wanted.map(idOf));
  for (const [{ binding }, each] of places) {
    binding.hold?.(
      each.flatMap(({ input }) => adapter.heldOf?.(input.context.ref.recordId, input.loaded.facts) ?? []),
    );
  }
  for (const { input } of wanted) {
    if (input.loaded.view.ours !== null) ours.set(input.context.ref.recordId, input.loaded.view.ours);
  }
  return ours;
}
