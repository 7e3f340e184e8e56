import type { Db, Tx } from '../../infra/database/index.ts';
import { vaultContext } from '../../infra/crypto.ts';
import {
  addPlanned,
  addSamples,
  NO_PLAN,
  type ImportPlanCounts,
  type OutboundCounts,
  type OutboundEntity,
  type PlanSample,
} from '../../domain/import-plan.ts';
import { COUNTED_ENTITIES } from '../../domain/counts.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import type { Links, VariantLink } from '../../domain/states/links.ts';
import type { PlanCollector } from '../apply/plan-collector.ts';
import type { ApplyScope } from '../apply/scope.ts';

/** Where a dry run keeps its plan (`sync_plans`) and what it would link (scratch rows of the run). */

interface PlanRow {
  counts: ImportPlanCounts | Record<string, never>;
  sealed_samples: Uint8Array | null;
}

/** Adds what one transaction of a dry run collected to the run's plan. Samples hold names: they are sealed. */
export async function addToPlan(scope: ApplyScope, plan: PlanCollector): Promise<void> {
  const { counts, samples } = plan.collected();
  await noteWouldLinks(scope, plan);
  await writePlan(scope, (before) => ({
    counts: COUNTED_ENTITIES.reduce(
      (sum, entity) => addPlanned(sum, entity, counts.inbound[entity] ?? {}),
      before.counts,
    ),
    samples: addSamples(before.samples, samples),
  }));
}

/** Adds what a first push would do to the run's plan. */
export async function addOutbound(
  scope: ApplyScope,
  outbound: Readonly<Partial<Record<OutboundEntity, OutboundCounts>>>,
  samples: readonly PlanSample[],
): Promise<void> {
  await writePlan(scope, (before) => ({
    counts: { ...before.counts, outbound },
    samples: addSamples(before.samples, samples),
  }));
}

interface PlanContent {
  readonly counts: ImportPlanCounts;
  readonly samples: readonly PlanSample[];
}

async function writePlan(scope: ApplyScope, change: (before: PlanContent) => PlanContent): Promise<void> {
  const place = vaultContext({
    tenant: scope.businessId,
    table: 'sync_plans',
    column: 'sealed_samples',
    row: scope.runId,
  });
  const rows = await scope.tx.$queryRaw<PlanRow[]>`
    SELECT counts, sealed_samples FROM sync_plans WHERE run_id = ${scope.runId}::uuid`;
  const row = rows[0];
  const sealed = row?.sealed_samples ?? null;
  const { counts, samples } = change({
    counts: row !== undefined && 'inbound' in row.counts ? (row.counts as ImportPlanCounts) : NO_PLAN,
    samples:
      sealed === null
        ? []
        : (JSON.parse(scope.vault.open(Buffer.from(sealed), place).toString()) as PlanSample[]),
  });
  await scope.tx.$executeRaw`
    INSERT INTO sync_plans AS p (run_id, business_id, version, counts, sealed_samples)
    VALUES (${scope.runId}::uuid, ${scope.businessId}::uuid, 1, ${JSON.stringify(counts)}::jsonb,
            ${scope.vault.seal(JSON.stringify(samples), place)})
    ON CONFLICT (run_id) DO UPDATE
       SET version = p.version + 1, counts = excluded.counts, sealed_samples = excluded.sealed_samples,
           updated_at = now()`;
}

function wouldKey(entity: SyncEntity): string {
  return `would:${entity}`;
}

async function noteWouldLinks(scope: ApplyScope, plan: PlanCollector): Promise<void> {
  const rows = [...plan.links].flatMap(([entity, links]) =>
    [...links].map(([externalId, recordId]) => ({
      key: wouldKey(entity),
      value: `${recordId}${externalId}`,
    })),
  );
  if (rows.length === 0) return;
  await scope.tx.$executeRaw`
    INSERT INTO sync_pass_rows (run_id, window_key, external_id)
    SELECT ${scope.runId}::uuid, r.key, r.value
      FROM unnest(${rows.map(({ key }) => key)}::text[], ${rows.map(({ value }) => value)}::text[]) AS r(key, value)
    ON CONFLICT DO NOTHING`;
}

const UUID_LENGTH = 36;

async function wouldLinksOf(
  db: Db | Tx,
  runId: string,
  entities: readonly SyncEntity[],
): Promise<ReadonlyMap<SyncEntity, ReadonlyMap<string, string>>> {
  const rows = await db.$queryRaw<{ window_key: string; external_id: string }[]>`
    SELECT window_key, external_id FROM sync_pass_rows
     WHERE run_id = ${runId}::uuid AND window_key = ANY(${entities.map(wouldKey)}::text[])`;
  return new Map(
    entities.map((entity) => [
      entity,
      new Map(
        rows
          .filter((row) => row.window_key === wouldKey(entity))
          .map((row) => [row.external_id.slice(UUID_LENGTH), row.external_id.slice(0, UUID_LENGTH)]),
      ),
    ]),
  );
}

const CATALOG = ['staff', 'room', 'category', 'service', 'variant'] as const satisfies readonly SyncEntity[];

/** The catalog's links as they would be: those there are, and those that this dry run planned. */
export async function withWouldLinks(db: Db | Tx, runId: string, links: Links): Promise<Links> {
  return addLinks(links, await wouldLinksOf(db, runId, CATALOG));
}

/** The same within the transaction that plans them. */
export function withPlannedLinks(plan: PlanCollector, links: Links): Links {
  return addLinks(links, plan.links);
}

/** Profiles that cards would be linked to, for those of the cards that are not linked yet. */
export async function wouldClients(tx: Tx, runId: string): Promise<ReadonlyMap<string, string>> {
  return (await wouldLinksOf(tx, runId, ['profile'])).get('profile') ?? new Map<string, string>();
}

function addLinks(links: Links, would: ReadonlyMap<SyncEntity, ReadonlyMap<string, string>>): Links {
  const more = (known: ReadonlyMap<string, string>, entity: SyncEntity) =>
    new Map([...(would.get(entity) ?? []), ...known]);
  const planned = [...(would.get('variant') ?? [])].map(([externalId, variantId]): [string, VariantLink] => [
    externalId,
    { ...UNKNOWN_VARIANT, variantId },
  ]);
  return {
    ...links,
    staff: more(links.staff, 'staff'),
    rooms: more(links.rooms, 'room'),
    categories: more(links.categories, 'category'),
    services: more(links.services, 'service'),
    variants: new Map([...planned, ...links.variants]),
  };
}

/** A variant that is only planned: a plan counts visits, it does not price them. */
const UNKNOWN_VARIANT: Omit<VariantLink, 'variantId'> = {
  serviceId: '',
  priceType: 'varies',
  priceMinor: null,
  currency: '',
  gapAfterMinutes: null,
  gapMinutes: null,
  parallelClients: 1,
};
