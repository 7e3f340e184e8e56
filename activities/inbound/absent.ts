import type {
  ObservedCategory,
  ObservedResource,
  ObservedService,
  ObservedVariant,
  WholeList,
} from '../../domain/observed.ts';
import type { CountedEntity } from '../../domain/counts.ts';
import { Prisma } from '../../infra/database/index.ts';
import { isBooksyError } from '../../booksy/index.ts';
import {
  categoryBinding,
  roomBinding,
  serviceBinding,
  staffBinding,
  variantBinding,
} from '../apply/catalog-bindings.ts';
import type { EntityBinding } from '../apply/binding.ts';
import { applyGone } from '../apply/gone.ts';
import { NO_LINKS } from '../apply/links.ts';
import { reportPools } from '../apply/trouble.ts';
import { closeWindowEntry, judgeRemoval, usePermit, windowEntry } from './removals.ts';
import { inStep, type InboundDeps, type RunBusiness, type RunRef } from './run.ts';

/** Reads by id that one pass may spend on suspects (R3); what is left over is looked at by the next pass. */
export const SUSPECT_READS_PER_PASS = 200;

export interface CatalogLists {
  readonly resources: WholeList<ObservedResource>;
  readonly services: WholeList<ObservedService>;
  readonly categories: WholeList<ObservedCategory>;
  readonly variants: readonly WholeList<ObservedVariant>[];
}

/**
 * Catalog records that Booksy no longer lists (R3). A list in which a row could not be read proves nothing; too many
 * suspects at once wait for a person; the others are read by id, and only a 404 counts.
 */
export async function removeAbsent(
  deps: InboundDeps,
  business: RunBusiness,
  run: RunRef,
  lists: CatalogLists,
  beat: () => void,
): Promise<void> {
  const known = await knownCatalog(deps, business.id);
  const open = await openLists(deps, business.id);
  for (const check of checksOf(deps, business, lists, known)) {
    await removeAbsentOf(deps, business, run, { ...check, isOpen: open.has(check.binding.entity) }, beat);
  }
}

interface Check {
  readonly binding: EntityBinding;
  readonly counted: CountedEntity;
  readonly known: readonly string[];
  /** Null where the list was not whole. */
  readonly listed: ReadonlySet<string> | null;
  readonly read: (externalId: string) => Promise<unknown>;
}

function checksOf(
  deps: InboundDeps,
  business: RunBusiness,
  { resources, services, categories, variants }: CatalogLists,
  known: readonly KnownRow[],
): readonly Check[] {
  const call = { lane: 5 } as const;
  const knownOf = (kind: KnownRow['kind']) => known.filter((row) => row.kind === kind).map(({ id }) => id);
  const serviceOfVariant = new Map(known.map((row) => [row.id, row.service ?? '']));
  const listedResources = idsOf([resources]);
  const readResource = (id: string) => deps.booksy.getResource(business, { externalId: id }, call);
  return [
    {
      binding: staffBinding,
      counted: 'staff',
      known: knownOf('staff'),
      listed: listedResources,
      read: readResource,
    },
    {
      binding: roomBinding,
      counted: 'rooms',
      known: knownOf('room'),
      listed: listedResources,
      read: readResource,
    },
    {
      binding: categoryBinding,
      counted: 'categories',
      known: knownOf('category'),
      listed: idsOf([categories]),
      read: (id) => deps.booksy.getCategory(business, { externalId: id }, call),
    },
    {
      binding: serviceBinding,
      counted: 'services',
      known: knownOf('service'),
      listed: idsOf([services]),
      read: (id) => deps.booksy.getService(business, { externalId: id }, call),
    },
    {
      binding: variantBinding,
      counted: 'variants',
      known: knownOf('variant'),
      listed: services.rejected.length > 0 ? null : idsOf(variants),
      read: (id) =>
        deps.booksy.getVariant(
          business,
          { serviceExternalId: serviceOfVariant.get(id) ?? '', externalId: id },
          call,
        ),
    },
  ];
}

async function removeAbsentOf(
  deps: InboundDeps,
  business: RunBusiness,
  run: RunRef,
  check: Check & { readonly isOpen: boolean },
  beat: () => void,
): Promise<void> {
  const { listed, known, binding } = check;
  if (listed === null) return;
  const suspects = known.filter((id) => !listed.has(id));
  if (suspects.length === 0) {
    if (!check.isOpen) return;
    await inStep(deps, business, run, NO_LINKS, async (scope) => {
      if (scope.plan === null) await closeWindowEntry(scope, binding.entity, 'list');
    });
    return;
  }
  const removal = await judgeRemoval(deps.db, business.id, {
    entity: binding.entity,
    windowKey: 'list',
    suspects: suspects.length,
    known: known.length,
  });
  if (removal.kind === 'waits') return;
  const looked = suspects.slice(0, SUSPECT_READS_PER_PASS);
  const gone = removal.kind === 'allowed' ? await readSuspects(looked, check.read, beat) : [];
  await inStep(deps, business, run, NO_LINKS, async (scope) => {
    scope.plan?.planned(check.counted, { remove: gone.length });
    if (removal.kind === 'too_many') await scope.quarantine(check.counted, [removal.entry]);
    else if (scope.plan === null) {
      await applyGone(scope, binding, gone);
      await reportPools(scope, binding.entity, gone.length);
      await usePermit(scope.tx, removal.permitId, looked.length);
    }
  });
}

/** Kinds of record of whose list too much was missing earlier, and nobody has released it. */
async function openLists(deps: InboundDeps, businessId: string): Promise<ReadonlySet<string>> {
  const rows = await deps.db.quarantine.findMany({
    where: { businessId, externalId: windowEntry('list'), releasedAt: null },
    select: { entity: true },
  });
  return new Set(rows.map(({ entity }) => entity));
}

/** Reads suspects by id and returns those that Booksy answers 404 for. */
export async function readSuspects(
  suspects: readonly string[],
  read: (externalId: string) => Promise<unknown>,
  beat: () => void,
): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const externalId of suspects) {
    try {
      await read(externalId);
    } catch (error) {
      if (isBooksyError(error, 'not_found')) gone.push(externalId);
      // An answer that cannot be understood is not an absence.
      else if (!isBooksyError(error, 'schema_drift')) throw error;
    }
    beat();
  }
  return gone;
}

interface KnownRow {
  readonly kind: 'staff' | 'room' | 'category' | 'service' | 'variant';
  readonly id: string;
  /** Service of a variant. */
  readonly service: string | null;
}

/** The catalog as it is linked here. */
async function knownCatalog(deps: InboundDeps, businessId: string): Promise<readonly KnownRow[]> {
  const mirrors = [
    Prisma.sql`SELECT 'staff' AS kind, external_id AS id, NULL AS service FROM external_staff`,
    Prisma.sql`SELECT 'room', external_id, NULL FROM external_rooms`,
    Prisma.sql`SELECT entity, external_id, remote ->> 'service' FROM external_services`,
  ].map((select) => Prisma.sql`${select} WHERE business_id = ${businessId}::uuid AND gone_at IS NULL`);
  return deps.db.$queryRaw<KnownRow[]>`${Prisma.join(mirrors, ' UNION ALL ')}`;
}

/** Ids of whole lists; null where a row could not be read, because then absence proves nothing. */
function idsOf(lists: readonly WholeList<{ readonly externalId: string }>[]): ReadonlySet<string> | null {
  if (lists.some((list) => list.rejected.length > 0)) return null;
  return new Set(lists.flatMap((list) => list.rows.map((row) => row.externalId)));
}
