import type {
  Interval,
  ObservedBusiness,
  ObservedVariant,
  RejectedRow,
  WholeList,
} from '../../domain/observed.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import { seenCategory, seenRoom, seenService, seenStaff, seenVariant } from '../../domain/states/catalog.ts';
import type { CountedEntity } from '../../domain/counts.ts';
import { applyRecords } from '../apply/apply-records.ts';
import type { EntityBinding } from '../apply/binding.ts';
import {
  categoryBinding,
  roomBinding,
  serviceBinding,
  staffBinding,
  variantBinding,
} from '../apply/catalog-bindings.ts';
import { loadCatalogLinks, NO_LINKS } from '../apply/links.ts';
import { quarantinedRow } from '../apply/record.ts';
import { reportPools } from '../apply/trouble.ts';
import { removeAbsent, type CatalogLists } from './absent.ts';
import { noteProofs } from './proof.ts';
import { withStep } from './cursor.ts';
import { withPlannedLinks } from './plan-row.ts';
import { inStep, openRun, type InboundDeps, type RunBusiness, type RunRef, type StepScope } from './run.ts';

const LANE = 5;
const STEP = 'catalog';

/**
 * Brings in staff, rooms, categories, services and variants: what visits refer to comes before visits. All of it is read
 * first and applied in one transaction, so that nobody sees a service without its prices.
 */
export async function syncCatalog(deps: InboundDeps, run: RunRef, beat: () => void): Promise<void> {
  const { business, cursor } = await openRun(deps.db, run);
  if (cursor.steps.includes(STEP)) return;
  const call = { lane: LANE } as const;

  const stated = await deps.booksy.getBusiness(business.externalId, call);
  beat();
  const resources = await deps.booksy.listResources(business, call);
  beat();
  const categories = await deps.booksy.listCategories(business, call);
  beat();
  const services = await deps.booksy.listServices(business, call);
  beat();
  const variants: WholeList<ObservedVariant>[] = [];
  for (const service of services.rows) {
    variants.push(await deps.booksy.listVariants(business, { serviceExternalId: service.externalId }, call));
    beat();
  }

  await inStep(
    deps,
    business,
    run,
    NO_LINKS,
    async (scope) => {
      await applyCatalog(scope, { resources, categories, services, variants }, true);
      await settleBusiness(scope, business, stated.value);
      scope.moveTo(withStep(scope.cursor, STEP));
    },
    { step: STEP },
  );
  await removeAbsent(deps, business, run, { resources, services, categories, variants }, beat);
}

/**
 * Applies the catalog from what stands alone to what refers to it, in the caller's transaction.
 *
 * @param proves whether the lists are whole, so that they prove something (R2)
 */
export async function applyCatalog(scope: StepScope, lists: CatalogLists, proves: boolean): Promise<void> {
  const { resources, categories, services, variants } = lists;
  const apply = (
    at: StepScope,
    counted: CountedEntity,
    binding: EntityBinding,
    records: readonly SeenRecord[],
    rejected: readonly RejectedRow[],
  ) => applyList(at, counted, binding, { records, rejected, proves });
  const staff = resources.rows.filter((resource) => resource.kind === 'staff');
  const rooms = resources.rows.filter((resource) => resource.kind === 'room');
  const of = resources.interval;
  await apply(scope, 'staff', staffBinding, seenAll(staff, of, seenStaff), resources.rejected);
  await apply(
    scope,
    'categories',
    categoryBinding,
    seenAll(categories.rows, categories.interval, seenCategory),
    categories.rejected,
  );
  const withResources = { ...(await linksNow(scope)), soldAs: soldAs(variants) };
  await apply(
    withResources,
    'services',
    serviceBinding,
    services.rows.map((service) => seenService(service, withResources.links, services.interval)),
    services.rejected,
  );
  const withServices = await linksNow(scope);
  await apply(
    withServices,
    'rooms',
    roomBinding,
    rooms.map((room) => seenRoom(room, withServices.links, of)),
    [],
  );
  await apply(
    withServices,
    'variants',
    variantBinding,
    variants.flatMap((list) =>
      list.rows.map((variant) => seenVariant(variant, withServices.links, list.interval)),
    ),
    variants.flatMap((list) => list.rejected),
  );
}

/** Variants by the service that they belong to. */
function soldAs(variants: CatalogLists['variants']): ReadonlyMap<string, readonly ObservedVariant[]> {
  const byService = new Map<string, ObservedVariant[]>();
  for (const variant of variants.flatMap((list) => list.rows)) {
    byService.set(variant.serviceExternalId, [...(byService.get(variant.serviceExternalId) ?? []), variant]);
  }
  return byService;
}

/**
 * Zone and currency are what times and prices here are read in. Where Booksy states others, a person must say which is
 * right; each visit keeps the zone that it carries itself (R11).
 */
async function settleBusiness(
  scope: StepScope,
  business: RunBusiness,
  stated: ObservedBusiness,
): Promise<void> {
  const differing = [
    ...(stated.zone === business.zone ? [] : [`zone ${stated.zone} (here ${business.zone})`]),
    ...(stated.currency === business.currency
      ? []
      : [`currency ${stated.currency} (here ${business.currency})`]),
  ];
  if (differing.length === 0) {
    await scope.releaseReadable('business', [business.externalId]);
    return;
  }
  await scope.quarantine(null, [
    {
      entity: 'business',
      externalId: business.externalId,
      reasonCode: 'business_differs',
      field: null,
      detail: `Booksy states another ${differing.join(' and ')}.`,
      nextStep: 'Correct the salon in Booksy or here, then run the sync again.',
    },
  ]);
}

interface AppliedList {
  readonly records: readonly SeenRecord[];
  readonly rejected: readonly RejectedRow[];
  readonly proves: boolean;
}

async function applyList(
  scope: StepScope,
  counted: CountedEntity,
  binding: EntityBinding,
  { records, rejected, proves }: AppliedList,
): Promise<void> {
  const outcome = await applyRecords(scope, binding, records);
  await scope.settle(counted, binding.entity, outcome);
  await reportPools(scope, binding.entity, outcome.touched.length);
  await scope.quarantine(
    counted,
    rejected.map((row) => quarantinedRow(binding.entity, row)),
  );
  await scope.releaseReadable(
    binding.entity,
    records.map((record) => record.externalId),
  );
  if (!proves || scope.plan !== null) return;
  const ids = records.map((record) => record.externalId);
  await scope.settleWaiting(binding.entity, rejected.length === 0 ? { ids } : null);
  await noteProofs(scope, [
    {
      entity: binding.entity,
      windowKey: 'list',
      complete: rejected.length === 0,
      remoteCount: records.length + rejected.length,
      receivedAt:
        records
          .map((record) => record.interval.receivedAt)
          .sort()
          .at(-1) ?? scope.now,
    },
  ]);
}

function seenAll<T>(
  rows: readonly T[],
  interval: Interval,
  seen: (row: T, interval: Interval) => SeenRecord,
): readonly SeenRecord[] {
  return rows.map((row) => seen(row, interval));
}

/** The scope with the links as this transaction has made them, or would make them. */
async function linksNow(scope: StepScope): Promise<StepScope> {
  const links = await loadCatalogLinks(scope.tx, scope.businessId);
  return { ...scope, links: scope.plan === null ? links : withPlannedLinks(scope.plan, links) };
}
