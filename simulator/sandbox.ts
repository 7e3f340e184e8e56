import type { Changes } from './changes.ts';
import type { Clock } from './clock.ts';
import type { Actor, Counters, Deed } from './counters.ts';
import type { Faults } from './faults.ts';
import type { Auth } from './http/auth.ts';
import type { Limiter } from './limits.ts';
import { visitWire } from './routes/visitWire.ts';
import type { Salon, EntityKind, Put } from './state/salon.ts';
import type { Store } from './state/store.ts';
import type { Webhooks } from './webhooks.ts';

/** The running sandbox: what every handler works with. */
export interface Sandbox {
  readonly store: Store;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly faults: Faults;
  readonly limiter: Limiter;
  readonly auth: Auth;
  readonly webhooks: Webhooks;
  readonly changes: Changes;
}

/** Names of the entities as the counters call them. */
const ENTITY_NAMES: Readonly<Record<EntityKind, string>> = {
  business: 'business',
  resource: 'resource',
  category: 'service_category',
  service: 'service',
  variant: 'variant',
  customer: 'customer',
  timeOff: 'time_off',
  visit: 'appointment',
  schedule: 'schedule',
  customDay: 'custom_day',
};

/** Writes a record and counts the deed for whoever did it. */
export function save(sandbox: Sandbox, salon: Salon, actor: Actor, deed: Deed, change: Put): void {
  sandbox.store.put(salon, change);
  if (change.kind === 'visit') {
    const { record } = change;
    sandbox.changes.tell(salon.business.id, record.id, () => visitWire(record, salon));
  }
  sandbox.counters.write(actor, deed, ENTITY_NAMES[change.kind]);
}

/** Deletes a record and counts it. */
export function erase(sandbox: Sandbox, salon: Salon, actor: Actor, kind: EntityKind, key: string): void {
  sandbox.store.remove(salon, kind, key);
  if (kind === 'visit') sandbox.changes.tell(salon.business.id, Number(key), () => null);
  sandbox.counters.write(actor, 'deleted', ENTITY_NAMES[kind]);
}
