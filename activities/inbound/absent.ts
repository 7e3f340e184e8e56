import type {
  ObservedCategory,
  ObservedResource,
  ObservedService,
  ObservedVariant,
  WholeList,
} from '../../domain/observed.ts';
import { exceedsBlastRadius } from '../../domain/absence.ts';
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
import type { Quarantined } from '../apply/record.ts';
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
  const { resources, services, categories, variants } = lists;
  const listedResources = idsOf([resources]);
  const call = { lane: 5 } as const;
  const serviceOfVariant = await servicesOfVariants(deps, business.id);
  const checks: readonly Check[] = [
    {
      binding: staffBinding,
      counted: 'staff',
      listed: listedResources,
      read: async (id) => deps.booksy.getResource(business, { externalId: id }, call),
    },
    {
      binding: roomBinding,
      counted: 'rooms',
      listed: listedResources,
      read: async (id) => deps.booksy.getResource(business, { externalId: id }, call),
    },
    {
      binding: categoryBinding,
      counted: 'categories',
      listed: idsOf([categories]),
      read: async (id) => deps.booksy.getCategory(business, { externalId: id }, call),
    },
    {
      binding: serviceBinding,
      counted: 'services',
      listed: idsOf([services]),
      read: async (id) => deps.booksy.getService(business, { externalId: id }, call),
    },
    {
      binding: variantBinding,
      counted: 'variants',
      listed: services.rejected.length > 0 ? null : idsOf(variants),
      read: async (id) =>
        deps.booksy.getVariant(
          business,
          { serviceExternalId: serviceOfVariant.get(id) ?? '', externalId: id },
          call,
        ),
    },
  ];
  for (const check of checks) await removeAbsentOf(deps, business, run, check, beat);
}

interface Check {
  readonly binding: EntityBinding;
  readonly counted: CountedEntity;
  /** Null where the list was not whole. */
  readonly listed: ReadonlySet<string> | null;
  readonly read: (externalId: string) => Promise<unknown>;
}

async function removeAbsentOf(
  deps: InboundDeps,
  business: RunBusiness,
  run: RunRef,
  check: Check,
  beat: () => void,
): Promise<void> {
  if (check.listed === null) return;
  const known = await knownIds(deps, business.id, check.binding);
  const listed = check.listed;
  const suspects = known.filter((id) => !listed.has(id));
  if (suspects.length === 0) return;
  if (exceedsBlastRadius(suspects.length, known.length)) {
    await inStep(deps, business, run, NO_LINKS, (scope) =>
      scope.quarantine(check.counted, [
        blastRadius(check.binding.entity, 'list', suspects.length, known.length),
      ]),
    );
    return;
  }
  if (await awaitsRelease(deps, business.id, check.binding.entity, 'list')) return;
  const gone = await readSuspects(suspects, check.read, beat);
  await inStep(deps, business, run, NO_LINKS, (scope) => applyGone(scope, check.binding, gone));
}

/** Reads suspects by id, as many as the budget allows, and returns those that Booksy answers 404 for. */
export async function readSuspects(
  suspects: readonly string[],
  read: (externalId: string) => Promise<unknown>,
  beat: () => void,
): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const externalId of suspects.slice(0, SUSPECT_READS_PER_PASS)) {
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

const BLAST_RADIUS = 'blast_radius';

function windowEntry(windowKey: string): string {
  return `window:${windowKey}`;
}

/** Whether too much was missing here before and nobody has released it yet: until then nothing is removed (R3). */
export async function awaitsRelease(
  deps: InboundDeps,
  businessId: string,
  entity: Quarantined['entity'],
  windowKey: string,
): Promise<boolean> {
  const open = await deps.db.quarantine.findFirst({
    where: {
      businessId,
      entity,
      externalId: windowEntry(windowKey),
      reasonCode: BLAST_RADIUS,
      releasedAt: null,
    },
    select: { id: true },
  });
  return open !== null;
}

/** The quarantine entry of a pass in which too much was missing at once (R3). */
export function blastRadius(
  entity: Quarantined['entity'],
  windowKey: string,
  missing: number,
  known: number,
): Quarantined {
  return {
    entity,
    externalId: windowEntry(windowKey),
    reasonCode: BLAST_RADIUS,
    field: null,
    detail: `${String(missing)} of ${String(known)} known records were missing from the list at once. Nothing was removed.`,
    nextStep:
      'Look in Booksy whether they are really gone. Until this is released, nothing of this window is removed here.',
  };
}

async function knownIds(
  deps: InboundDeps,
  businessId: string,
  binding: EntityBinding,
): Promise<readonly string[]> {
  const { mirror } = binding;
  const fixed = Object.entries(mirror.fixed).map(
    ([name, value]) => Prisma.sql`AND ${Prisma.raw(name)} = ${value}`,
  );
  const rows = await deps.db.$queryRaw<{ id: string }[]>`
    SELECT ${Prisma.raw(mirror.idColumn)} AS id FROM ${Prisma.raw(mirror.table)}
     WHERE business_id = ${businessId}::uuid AND gone_at IS NULL
       ${fixed.length === 0 ? Prisma.empty : Prisma.join(fixed, ' ')}`;
  return rows.map((row) => row.id);
}

async function servicesOfVariants(
  deps: InboundDeps,
  businessId: string,
): Promise<ReadonlyMap<string, string>> {
  const rows = await deps.db.$queryRaw<{ id: string; service: string }[]>`
    SELECT external_id AS id, remote ->> 'service' AS service FROM external_services
     WHERE business_id = ${businessId}::uuid AND entity = 'variant' AND gone_at IS NULL`;
  return new Map(rows.map((row) => [row.id, row.service]));
}

/** Ids of whole lists; null where a row could not be read, because then absence proves nothing. */
function idsOf(lists: readonly WholeList<{ readonly externalId: string }>[]): ReadonlySet<string> | null {
  if (lists.some((list) => list.rejected.length > 0)) return null;
  return new Set(lists.flatMap((list) => list.rows.map((row) => row.externalId)));
}
