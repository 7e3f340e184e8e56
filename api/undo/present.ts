/** An undo as people read it: what would change, by name. */
import { kindText } from '../../domain/conflicts/words.ts';
import { SYNC_ENTITIES, type SyncEntity } from '../../domain/entities.ts';
import { DEED_TEXTS, doesSomething, UNDO_LEFT, type UndoLeftReason } from '../../domain/undo/index.ts';
import type { PrismaClient } from '../../infra/database/index.ts';
import {
  NO_COUNTS,
  openPlan,
  type PlannedDecision,
  type PlannedRecord,
  type UndoCounts,
} from '../../infra/undo/plan.ts';
import type { BusinessRef } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { labelsOf } from '../mappings/labels.ts';
import { SEALED_UNREADABLE } from '../sealed.ts';
import { iso, isoOrNull, type Note } from '../wire.ts';
import { UNDO_STATES, type UndoDecisionWire, type UndoRecordWire, type UndoWire } from './schema.ts';

type Deps = Pick<ApiDeps, 'prisma' | 'vault' | 'logger'>;
export type UndoRow = Awaited<ReturnType<PrismaClient['syncUndo']['findFirstOrThrow']>>;

/** Records that are shown of one undo. */
const SHOWN = 200;

/** Counts of a row; a row without a plan has none. */
export function countsOf(row: Pick<UndoRow, 'counts'>): UndoCounts {
  // Written by this product only.
  return { ...NO_COUNTS, ...(row.counts as Partial<UndoCounts>) };
}

export function needsBooksyConfirmation(row: Pick<UndoRow, 'counts' | 'recordId'>): boolean {
  return row.recordId !== null && countsOf(row).atBooksy > 0;
}

/** What it opens is never logged. */
export async function presentUndo(
  deps: Deps,
  business: BusinessRef,
  row: UndoRow,
): Promise<{ readonly undo: UndoWire; readonly notes: readonly Note[] }> {
  const { records, decision, notes } = openRecords(deps, row);
  // What does something first: the rest only says why not.
  const sorted = [...records].sort((a, b) => Number(doesSomething(b.undo)) - Number(doesSomething(a.undo)));
  const shown = sorted.slice(0, SHOWN);
  const labels = await labelsOfRecords(deps.prisma, business.id, shown);
  const counts = countsOf(row);
  const state = row.state === 'planned' && row.sealedPlan === null ? 'planning' : row.state;
  const undo: UndoWire = {
    id: row.id,
    businessId: row.businessId,
    businessName: business.name,
    runId: row.runId,
    entity: row.entity,
    recordId: row.recordId,
    state: UNDO_STATES.find((each) => each === state) ?? 'planned',
    outcome: row.outcome,
    requestedBy: row.requestedBy,
    confirmedBy: row.confirmedBy,
    createdAt: iso(row.createdAt),
    expiresAt: iso(row.expiresAt),
    finishedAt: isoOrNull(row.finishedAt),
    counts: {
      records: counts.records,
      undoable: counts.undoable,
      changes: counts.changes,
      atBooksy: counts.atBooksy,
      done: counts.done,
      left: Object.entries(counts.left).map(([reason, count]) => ({ reason, text: textOf(reason), count })),
    },
    needsBooksyConfirmation: needsBooksyConfirmation(row),
    decision: decision === null ? null : await decisionWire(deps.prisma, business.id, decision),
    opened: row.state === 'done' ? await openedBy(deps.prisma, row) : null,
    records: shown.map((record) => recordWire(record, labels)),
    moreRecords: records.length - shown.length,
    leftRecords: counts.leftRecords.map((each) => ({ ...each, text: textOf(each.reason) })),
    names: await namesIn(deps.prisma, business.id, shown),
  };
  return { undo, notes };
}

function openRecords({ vault, logger }: Deps, row: UndoRow): OpenedPlan {
  if (row.sealedPlan === null) return NO_PLAN;
  try {
    const { records, decision = null } = openPlan(vault, row.businessId, row.id, row.sealedPlan);
    return { records, decision, notes: [] };
  } catch {
    logger.warn({ table: 'sync_undos', row: row.id }, 'a sealed value could not be shown');
    return { ...NO_PLAN, notes: [SEALED_UNREADABLE] };
  }
}

interface OpenedPlan {
  readonly records: readonly PlannedRecord[];
  readonly decision: PlannedDecision | null;
  readonly notes: readonly Note[];
}
const NO_PLAN: OpenedPlan = { records: [], decision: null, notes: [] };

async function decisionWire(
  db: PrismaClient,
  businessId: string,
  { conflictId, kind, choice, entity, recordId, deeds, left }: PlannedDecision,
): Promise<UndoDecisionWire> {
  const known = SYNC_ENTITIES.find((each) => each === entity);
  const [label] =
    recordId === null || known === undefined ? [] : await labelsOfIds(db, businessId, known, [recordId]);
  return {
    conflictId,
    kind,
    kindText: kindText(kind),
    choice,
    entity,
    recordId,
    label: label?.[1] ?? null,
    does: deeds.map((deed) => ({ deed, text: DEED_TEXTS[deed] })),
    left: left.map((reason) => ({ reason, text: textOf(reason) })),
  };
}

/** The conflict that an undo opened: its run is the undo. */
async function openedBy(db: PrismaClient, { id, businessId, createdAt }: UndoRow): Promise<string | null> {
  const found = await db.booksySyncConflict.findFirst({
    where: { businessId, runId: id, openedAt: { gte: createdAt } },
    select: { id: true },
  });
  return found?.id ?? null;
}

function textOf(reason: string): string {
  return isReason(reason) ? UNDO_LEFT[reason] : reason;
}

function isReason(word: string): word is UndoLeftReason {
  return Object.hasOwn(UNDO_LEFT, word);
}

function recordWire({ undo }: PlannedRecord, labels: ReadonlyMap<string, string>): UndoRecordWire {
  return {
    entity: undo.entity,
    recordId: undo.recordId,
    label: labels.get(undo.recordId) ?? null,
    changes: undo.changes.map((change) => ({ ...change })),
    end: undo.end,
    restore: undo.restore !== null,
    left: undo.left.map((each) => ({ ...each, text: textOf(each.reason) })),
    atBooksy: undo.atBooksy,
  };
}

async function labelsOfRecords(
  db: PrismaClient,
  businessId: string,
  records: readonly PlannedRecord[],
): Promise<ReadonlyMap<string, string>> {
  const labels = new Map<string, string>();
  for (const entity of SYNC_ENTITIES) {
    const ids = records.filter(({ undo }) => undo.entity === entity).map(({ undo }) => undo.recordId);
    for (const [id, label] of await labelsOfIds(db, businessId, entity, ids)) labels.set(id, label);
  }
  return labels;
}

async function labelsOfIds(
  db: PrismaClient,
  businessId: string,
  entity: SyncEntity,
  ids: readonly string[],
): Promise<readonly (readonly [string, string])[]> {
  if (ids.length === 0) return [];
  return entity === 'booking' || entity === 'time_off'
    ? (await timeLabels(db, businessId, entity, ids)).map(({ id, label }) => [id, label] as const)
    : [...(await labelsOf(db, [businessId], entity, ids))].map(([id, { label }]) => [id, label] as const);
}

/** Visits and blocks go by their time; a visit also by whom it is for. */
async function timeLabels(
  db: PrismaClient,
  businessId: string,
  entity: 'booking' | 'time_off',
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly label: string }[]> {
  return entity === 'booking'
    ? db.$queryRaw`
        SELECT id::text, concat_ws(' ', to_char(starts_local, 'YYYY-MM-DD HH24:MI'), client_name) AS label FROM bookings
         WHERE business_id = ${businessId}::uuid AND id = ANY(${ids}::uuid[])`
    : db.$queryRaw`
        SELECT id::text, to_char(starts_local, 'YYYY-MM-DD HH24:MI') AS label FROM time_off
         WHERE business_id = ${businessId}::uuid AND id = ANY(${ids}::uuid[])`;
}

const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g;

/** Names of the people, rooms and services whose ids stand in the values. */
async function namesIn(
  db: PrismaClient,
  businessId: string,
  records: readonly PlannedRecord[],
): Promise<Record<string, string>> {
  const text = JSON.stringify(records.map(({ undo }) => undo.changes));
  const ids = [...new Set(text.match(UUID) ?? [])];
  if (ids.length === 0) return {};
  const found = await Promise.all(
    (['staff', 'room', 'variant', 'profile', 'category', 'service'] as const).map((entity) =>
      labelsOf(db, [businessId], entity, ids),
    ),
  );
  return Object.fromEntries(found.flatMap((labels) => [...labels].map(([id, { label }]) => [id, label])));
}
