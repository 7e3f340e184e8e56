/** Asking for an undo, and confirming it. The row says everything; Temporal plans it and carries it out. */
import { v7 as uuidv7 } from 'uuid';
import type { TokenGrant } from '../../infra/tokens.ts';
import { auditDeed } from '../audit.ts';
import { reachableBusinesses, type BusinessRef } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { notFound, Problem } from '../http/problem.ts';
import { businessPaused } from '../runs/control.ts';
import { actorOf, within, type Note } from '../wire.ts';
import { countsOf, needsBooksyConfirmation, presentUndo, type UndoRow } from './present.ts';
import type { UndoRequest, UndoWire } from './schema.ts';

export type UndoDeps = Pick<ApiDeps, 'prisma' | 'vault' | 'logger' | 'undos' | 'outcomeWait'>;

export interface UndoReply {
  readonly undo: UndoWire;
  readonly notes: readonly Note[];
}

const HOURS_OFFERED = 24;
/** How long an answer waits for what a worker does. */
const PATIENCE_MS = 4000;
const LOOK_EVERY_MS = 100;
const TEMPORAL_TIMEOUT_MS = 3000;

const LATER: Note = {
  code: 'temporal_unavailable',
  message: 'It is recorded and cannot get lost, but Temporal does not answer: it is carried on once it does.',
  nextStep: 'Look at GET /api/admin/booksy/health. Nothing needs to be sent again.',
};

/**
 * Records what is to be undone and waits a moment for its plan.
 *
 * @throws {Problem} 404 where the trail knows nothing of it in a business of the token
 */
export async function askUndo(deps: UndoDeps, grant: TokenGrant, asked: UndoRequest): Promise<UndoReply> {
  const businesses = await reachableBusinesses(deps.prisma, grant, undefined);
  const business = await businessOf(deps, businesses, asked);
  const id = uuidv7();
  await deps.prisma.$executeRaw`
    INSERT INTO sync_undos (id, business_id, run_id, entity, record_id, requested_by, expires_at)
    VALUES (${id}::uuid, ${business.id}::uuid, ${asked.runId ?? null}::uuid, ${asked.entity ?? null},
            ${asked.recordId ?? null}::uuid, ${actorOf(grant)}, now() + make_interval(hours => ${HOURS_OFFERED}))`;
  const notes = await reach(deps, () => deps.undos.startUndo({ businessId: business.id, undoId: id }));
  const row = await wait(
    deps,
    id,
    notes,
    ({ state, sealedPlan }) => state !== 'planned' || sealedPlan !== null,
  );
  const shown = await presentUndo(deps, business, row);
  return { undo: shown.undo, notes: [...notes, ...shown.notes] };
}

async function businessOf(
  { prisma }: UndoDeps,
  businesses: readonly BusinessRef[],
  { runId, entity, recordId }: UndoRequest,
): Promise<BusinessRef> {
  const rows = await prisma.$queryRaw<{ business_id: string }[]>`
    SELECT business_id FROM booksy_audit_log
     WHERE business_id = ANY(${businesses.map(({ id }) => id)}::uuid[])
       AND (${runId ?? null}::uuid IS NULL OR run_id = ${runId ?? null}::uuid)
       AND (${recordId ?? null}::uuid IS NULL OR record_id = ${recordId ?? null}::uuid AND entity = ${entity ?? null})
     LIMIT 1`;
  const business = businesses.find(({ id }) => id === rows[0]?.business_id);
  if (business === undefined) throw notFound('What is to be undone');
  return business;
}

/** One undo of the token's businesses. @throws {Problem} 404 */
export async function findUndo(
  deps: Pick<UndoDeps, 'prisma'>,
  grant: TokenGrant,
  id: string,
): Promise<{ readonly business: BusinessRef; readonly row: UndoRow }> {
  const businesses = await reachableBusinesses(deps.prisma, grant, undefined);
  const row = await deps.prisma.syncUndo.findFirst({
    where: { id, businessId: { in: businesses.map((business) => business.id) } },
  });
  const business = businesses.find((each) => each.id === row?.businessId);
  if (row === null || business === undefined) throw notFound('This undo');
  return { business, row };
}

/**
 * Confirms what was shown, and waits a moment for it to be carried out. Confirming twice changes nothing.
 *
 * @throws {Problem} 404, `undo_over`, `undo_unfinished`, `undo_empty`, `undo_needs_booksy`, `business_paused`
 */
export async function confirmUndo(
  deps: UndoDeps,
  grant: TokenGrant,
  id: string,
  atBooksy: boolean,
): Promise<UndoReply> {
  const { business, row } = await findUndo(deps, grant, id);
  if (row.state === 'planned') await record(deps, grant, business, row, atBooksy);
  else if (row.state !== 'confirmed' && row.state !== 'done') throw over(row);
  const notes =
    row.state === 'done'
      ? []
      : await reach(deps, () => deps.undos.confirmUndo({ businessId: business.id, undoId: id }));
  const now = await wait(deps, id, notes, ({ state }) => state !== 'confirmed');
  const shown = await presentUndo(deps, business, now);
  return { undo: shown.undo, notes: [...notes, ...shown.notes] };
}

async function record(
  deps: UndoDeps,
  grant: TokenGrant,
  business: BusinessRef,
  row: UndoRow,
  atBooksy: boolean,
): Promise<void> {
  if (row.sealedPlan === null) {
    throw new Problem('undo_unfinished', {
      detail: 'What would change has not been worked out yet.',
      nextStep: `Look at it in a moment: GET /api/admin/booksy/undo/${row.id}.`,
      headers: { 'Retry-After': '1' },
    });
  }
  if (countsOf(row).undoable === 0) {
    throw new Problem('undo_empty', {
      detail: 'Nothing of it can be taken back; the plan says why.',
      nextStep: `Look at it: GET /api/admin/booksy/undo/${row.id}.`,
    });
  }
  if (needsBooksyConfirmation(row) && !atBooksy) {
    throw new Problem('undo_needs_booksy', {
      detail: 'It would also be changed at Booksy, where its client may be told.',
      nextStep: 'Confirm it with `atBooksy`: true.',
    });
  }
  if (business.pausedAt !== null) throw businessPaused('The undo cannot be carried out');
  const actor = actorOf(grant);
  const confirmed = await deps.prisma.$transaction(async (tx) => {
    const rows = await tx.$executeRaw`
      UPDATE sync_undos
         SET state = 'confirmed', confirmed_by = ${actor}, updated_at = now(),
             counts = counts || jsonb_build_object('confirmedAtBooksy', ${atBooksy}::boolean)
       WHERE id = ${row.id}::uuid AND state = 'planned' AND expires_at > now()`;
    if (rows === 0) return false;
    await auditDeed(tx, {
      businessId: business.id,
      actor,
      action: 'undo_confirmed',
      reasonCode: row.recordId === null ? 'run' : 'record',
      runId: row.id,
    });
    return true;
  });
  if (confirmed) return;
  const { row: now } = await findUndo(deps, grant, row.id);
  // Somebody else confirmed it at the same moment.
  if (now.state !== 'confirmed' && now.state !== 'done') throw over(now);
}

function over({ state, outcome }: Pick<UndoRow, 'state' | 'outcome'>): Problem {
  return new Problem('undo_over', {
    detail: `It is ${state === 'planned' ? 'expired' : state}${outcome === null ? '' : ` (${outcome})`}.`,
    nextStep: 'Ask for it again: POST /api/admin/booksy/undo. It is planned on what is so now.',
  });
}

/** Tells Temporal; what it does not hear now, it finds in the rows later (R32). */
async function reach({ logger }: UndoDeps, tell: () => Promise<void>): Promise<readonly Note[]> {
  try {
    await within(TEMPORAL_TIMEOUT_MS, tell());
    return [];
  } catch (error) {
    logger.warn({ err: error }, 'an undo could not be handed to Temporal');
    return [LATER];
  }
}

/** Looks at the row until it is as wanted, for a moment; where nobody works at it, once. */
async function wait(
  { prisma, outcomeWait }: UndoDeps,
  id: string,
  notes: readonly Note[],
  wanted: (row: UndoRow) => boolean,
): Promise<UndoRow> {
  const until = Date.now() + (notes.length > 0 ? 0 : (outcomeWait?.ms ?? PATIENCE_MS));
  for (;;) {
    const row = await prisma.syncUndo.findUniqueOrThrow({ where: { id } });
    if (wanted(row) || Date.now() >= until) return row;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
