import type {
  Interval,
  ObservedBusiness,
  ObservedVariant,
  RejectedRow,
  WholeList,
} from '../../domain/observed.ts';
import type { Links } from '../../domain/states/links.ts';
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
import { loadCatalogLinks } from '../apply/links.ts';
import { quarantinedRow, releaseReadable } from '../apply/record.ts';
import { removeAbsent } from './absent.ts';
import { noteProofs } from './proof.ts';
import {
  businessOf,
  claimStep,
  cursorOf,
  inStep,
  withStep,
  type InboundDeps,
  type RunBusiness,
  type RunRef,
  type StepScope,
} from './run.ts';

const LANE = 5;
const STEP = 'catalog';

/**
 * Brings in staff, rooms, categories, services and variants: what visits refer to comes before visits. All of it is read
 * first and applied in one transaction, so that nobody sees a service without its prices.
 */
export async function syncCatalog(deps: InboundDeps, run: RunRef, beat: () => void): Promise<void> {
  if ((await cursorOf(deps.db, run.runId)).steps.includes(STEP)) return;
  const business = await businessOf(deps.db, run.businessId);
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

  const before = await loadCatalogLinks(deps.db, business.id);
  await inStep(deps, business, run, before, async (scope) => {
    claimStep(scope, STEP);
    const staff = resources.rows.filter((resource) => resource.kind === 'staff');
    const rooms = resources.rows.filter((resource) => resource.kind === 'room');
    await apply(
      scope,
      'staff',
      staffBinding,
      seenAll(staff, resources.interval, seenStaff),
      resources.rejected,
    );
    await apply(scope, 'rooms', roomBinding, seenAll(rooms, resources.interval, seenRoom), []);
    await apply(
      scope,
      'categories',
      categoryBinding,
      seenAll(categories.rows, categories.interval, seenCategory),
      categories.rejected,
    );
    const withResources = await linksNow(scope, business.id);
    await apply(
      withResources,
      'services',
      serviceBinding,
      services.rows.map((service) => seenService(service, withResources.links, services.interval)),
      services.rejected,
    );
    const withServices = await linksNow(scope, business.id);
    await apply(
      withServices,
      'variants',
      variantBinding,
      variants.flatMap((list) =>
        list.rows.map((variant) => seenVariant(variant, withServices.links, list.interval)),
      ),
      variants.flatMap((list) => list.rejected),
    );
    await settleBusiness(scope, business, stated.value);
    scope.moveTo(withStep(scope.cursor, STEP));
  });
  await removeAbsent(deps, business, run, { resources, services, categories, variants }, beat);
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
    await releaseReadable(scope, 'business', [business.externalId]);
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

async function apply(
  scope: StepScope,
  counted: CountedEntity,
  binding: EntityBinding,
  records: readonly SeenRecord[],
  rejected: readonly RejectedRow[],
): Promise<void> {
  await scope.settle(counted, binding.entity, await applyRecords(scope, binding, records));
  await scope.quarantine(
    counted,
    rejected.map((row) => quarantinedRow(binding.entity, row)),
  );
  await releaseReadable(
    scope,
    binding.entity,
    records.map((record) => record.externalId),
  );
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

/** The scope with the links as this transaction has made them. */
async function linksNow(scope: StepScope, businessId: string): Promise<StepScope> {
  const links: Links = await loadCatalogLinks(scope.tx, businessId);
  return { ...scope, links };
}
