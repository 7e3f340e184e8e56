import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../database/index.ts';
import type { SealedValues } from './values.ts';

/** One entry of the audit trail: who or what, when (the database says), what, why. Values only sealed. */
export interface AuditLine {
  /** `sync`, or who did it: see `actorOf` of the API. */
  readonly actor: string;
  readonly action: string;
  readonly entity?: string | null;
  readonly recordId?: string | null;
  readonly externalId?: string | null;
  /** A code, never a value. */
  readonly reasonCode?: string | null;
  /** Names of the groups concerned. */
  readonly groups?: readonly string[];
  /** A person's own words; kept in clear, so the way in asks for none about people. */
  readonly reason?: string | null;
  /** The entry that this one takes back. */
  readonly undoOf?: string | null;
  /** See `sealValues`. */
  readonly values?: SealedValues | null;
}

/** Whose trail it is; null is the installation's own. */
export interface AuditChain {
  readonly businessId: string | null;
  readonly runId?: string | null;
}

/**
 * Appends entries to a business's chain in their order: one statement for all. It holds the chain's head until the
 * transaction ends, so it comes last in it.
 */
export async function appendAudit(
  tx: Pick<Tx, '$executeRaw'>,
  { businessId, runId }: AuditChain,
  lines: readonly AuditLine[],
): Promise<void> {
  if (lines.length === 0) return;
  const payload = lines.map(entryOf);
  await tx.$executeRaw`
    SELECT /* prepared */ booksy_audit_append(${businessId}::uuid, ${runId ?? null}::uuid, ${JSON.stringify(payload)}::jsonb)`;
}

/** Entries of one chain. */
export interface AuditTrail {
  readonly chain: AuditChain;
  readonly lines: readonly AuditLine[];
}

/** The same for many businesses by one statement. Their chains' heads are held in one order, against deadlocks. */
export async function appendAudits(
  tx: Pick<Tx, '$executeRaw'>,
  trails: readonly AuditTrail[],
): Promise<void> {
  const payload = trails
    .filter(({ lines }) => lines.length > 0)
    .map(({ chain, lines }) => ({
      business_id: chain.businessId,
      run_id: chain.runId ?? null,
      lines: lines.map(entryOf),
    }))
    .sort((a, b) => (a.business_id ?? '').localeCompare(b.business_id ?? ''));
  if (payload.length === 0) return;
  await tx.$executeRaw`
    SELECT /* prepared */ booksy_audit_append(t.business_id, t.run_id, t.lines)
      FROM jsonb_to_recordset(${JSON.stringify(payload)}::jsonb) AS t(business_id uuid, run_id uuid, lines jsonb)`;
}

function entryOf(line: AuditLine) {
  return {
    entry_id: line.values?.entryId ?? uuidv7(),
    actor: line.actor,
    action: line.action,
    entity: line.entity ?? null,
    record_id: line.recordId ?? null,
    external_id: line.externalId ?? null,
    reason_code: line.reasonCode ?? null,
    groups: line.groups ?? [],
    reason: line.reason ?? null,
    undo_of: line.undoOf ?? null,
    commitment: line.values?.commitment.toString('hex') ?? null,
    sealed: line.values?.sealed.toString('hex') ?? null,
  };
}
