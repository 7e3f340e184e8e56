import type { CountedEntity } from '../../domain/counts.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import type { Interval, Observed, WholeList } from '../../domain/observed.ts';
import type { EntityBinding } from '../apply/binding.ts';
import {
  categoryBinding,
  roomBinding,
  serviceBinding,
  staffBinding,
  variantBinding,
} from '../apply/catalog-bindings.ts';
import { clientBinding } from '../apply/client-binding.ts';
import { applyGone } from '../apply/gone.ts';
import { loadCatalogLinks } from '../apply/links.ts';
import { reportPools } from '../apply/trouble.ts';
import { visitMirror } from '../apply/visit-binding.ts';
import { carryOut } from '../matching/index.ts';
import type { CatalogLists } from './absent.ts';
import { applyClients, applyVisits, type SeenAppointment } from './apply-page.ts';
import { applyCatalog } from './catalog.ts';
import { readById } from './read-by-id.ts';
import { inStep, openRun, type InboundDeps, type RunBusiness, type RunRef, type StepScope } from './run.ts';

/** Visits with a client nobody knew that are read again once the client is there. */
const WAITING_VISITS_READ = 50;

/** Kinds of record that can be read again by id alone. */
export const RECORD_SYNC_ENTITIES = [
  'profile',
  'booking',
  'service',
  'variant',
  'staff',
  'room',
  'category',
] as const satisfies readonly SyncEntity[];
export type RecordSyncEntity = (typeof RECORD_SYNC_ENTITIES)[number];

/** Whether a record of this kind has an address of its own at Booksy. */
export function isReadById(entity: SyncEntity): entity is RecordSyncEntity {
  return RECORD_SYNC_ENTITIES.some((each) => each === entity);
}

export interface SyncRecord extends RunRef {
  readonly entity: SyncEntity;
  readonly externalId: string;
  /** The service of a variant. */
  readonly parentExternalId: string | null;
}

/** Thrown where a record is there but cannot be understood: a person has to correct it in Booksy. */
export class RecordUnreadableError extends Error {
  readonly code = 'record_unreadable';
}

/** Thrown for kinds of record that have no address of their own. */
export class NotByIdError extends Error {
  readonly code = 'not_readable_by_id';
}

/**
 * Reads one record by id, carries out what a person has decided about it, and applies it through the same pipeline as a
 * whole pass. So a decision of the mapping list and the retry of a quarantined record take effect at once.
 *
 * @throws RecordUnreadableError, NotByIdError
 */
export async function syncRecord(deps: InboundDeps, input: SyncRecord, beat: () => void): Promise<void> {
  const { business } = await openRun(deps.db, input);
  const read = await readRecord(deps, business, input);
  beat();
  const links = await loadCatalogLinks(deps.db, business.id);
  const waiting = await inStep(deps, business, input, links, async (scope) => {
    await carryOut(scope, input.entity, input.externalId);
    await read.apply(scope);
    return read.entity === 'profile' ? visitsWaitingFor(scope, input.externalId) : [];
  });
  if (waiting.length === 0) return;
  const visits: SeenAppointment[] = [];
  for (const externalId of waiting) {
    const answer = await readById(() => deps.booksy.getAppointment(business, { externalId }, { lane: LANE }));
    if ('found' in answer) visits.push(answer.found);
    beat();
  }
  await inStep(deps, business, input, links, async (scope) => {
    await applyVisits(scope, visits, [], null);
  });
}

/** A person waits for it: before the sweeps, after the writes (R35). */
const LANE = 3;

interface ReadRecord {
  readonly entity: RecordSyncEntity;
  readonly apply: (scope: StepScope) => Promise<void>;
}

async function readRecord(
  deps: InboundDeps,
  business: RunBusiness,
  { entity, externalId, parentExternalId }: SyncRecord,
): Promise<ReadRecord> {
  const call = { lane: LANE } as const;
  const key = { externalId };
  const { booksy } = deps;
  switch (entity) {
    case 'profile':
      return found(
        entity,
        clientBinding,
        externalId,
        () => booksy.getClient(business, key, call),
        (scope, seen) => applyClients(scope, [seen], []),
      );
    case 'booking':
      return found(
        entity,
        { entity: 'booking', mirror: visitMirror },
        externalId,
        () => booksy.getAppointment(business, key, call),
        async (scope, seen) => {
          await applyVisits(scope, [seen], [], null);
        },
      );
    case 'staff':
    case 'room':
      return found(
        entity,
        entity === 'staff' ? staffBinding : roomBinding,
        externalId,
        () => booksy.getResource(business, key, call),
        (scope, seen) => applyCatalog(scope, { ...NO_LISTS, resources: listOf(seen) }, false),
      );
    case 'category':
      return found(
        entity,
        categoryBinding,
        externalId,
        () => booksy.getCategory(business, key, call),
        (scope, seen) => applyCatalog(scope, { ...NO_LISTS, categories: listOf(seen) }, false),
      );
    case 'service': {
      const variants = await booksy.listVariants(business, { serviceExternalId: externalId }, call);
      return found(
        entity,
        serviceBinding,
        externalId,
        () => booksy.getService(business, key, call),
        (scope, seen) =>
          applyCatalog(scope, { ...NO_LISTS, services: listOf(seen), variants: [variants] }, false),
      );
    }
    case 'variant':
      return found(
        entity,
        variantBinding,
        externalId,
        () => booksy.getVariant(business, { externalId, serviceExternalId: parentExternalId ?? '' }, call),
        (scope, seen) => applyCatalog(scope, { ...NO_LISTS, variants: [listOf(seen)] }, false),
      );
    case 'hours':
    case 'time_off':
      throw new NotByIdError(
        `A record of ${entity} cannot be read by itself. Run a full sync of its business.`,
      );
  }
}

const COUNTED: Readonly<Record<RecordSyncEntity, CountedEntity>> = {
  profile: 'clients',
  booking: 'visits',
  service: 'services',
  variant: 'variants',
  staff: 'staff',
  room: 'rooms',
  category: 'categories',
};

async function found<T>(
  entity: RecordSyncEntity,
  binding: Pick<EntityBinding, 'entity' | 'mirror'>,
  externalId: string,
  read: () => Promise<Observed<T>>,
  apply: (scope: StepScope, seen: { readonly row: T; readonly interval: Interval }) => Promise<void>,
): Promise<ReadRecord> {
  const answer = await readById(read);
  if ('unreadable' in answer) {
    throw new RecordUnreadableError(
      `Booksy shows the ${COUNTED[entity]} record ${externalId}, but not in a form that can be read. Correct it in Booksy and try again.`,
    );
  }
  if ('gone' in answer)
    return {
      entity,
      apply: async (scope) => {
        await applyGone(scope, binding, [externalId]);
        await reportPools(scope, entity, 1);
      },
    };
  return { entity, apply: (scope) => apply(scope, answer.found) };
}

const NO_INTERVAL: Interval = { sentAt: '', receivedAt: '' };

function emptyList<T>(): WholeList<T> {
  return { rows: [], rejected: [], interval: NO_INTERVAL };
}

const NO_LISTS: CatalogLists = {
  resources: emptyList(),
  services: emptyList(),
  categories: emptyList(),
  variants: [],
};

function listOf<T>({ row, interval }: { readonly row: T; readonly interval: Interval }): WholeList<T> {
  return { rows: [row], rejected: [], interval };
}

/** Visits to come of a card whose client was not known when they were taken in. */
async function visitsWaitingFor(scope: StepScope, cardId: string): Promise<readonly string[]> {
  const rows = await scope.tx.$queryRaw<{ external_id: string }[]>`
    SELECT m.external_id FROM external_bookings m JOIN bookings b ON b.id = m.booking_id
     WHERE m.business_id = ${scope.businessId}::uuid AND m.client_external_id = ${cardId} AND m.gone_at IS NULL
       AND b.profile_id IS NULL AND b.starts_at > ${scope.now}::timestamptz
     ORDER BY b.starts_at, m.external_id LIMIT ${WAITING_VISITS_READ}`;
  return rows.map((row) => row.external_id);
}
