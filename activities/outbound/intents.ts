import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../../infra/database/index.ts';
import { vaultContext, type Vault } from '../../infra/crypto.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { EditCounters } from '../../domain/plan.ts';
import type { IntentChange, NewIntent } from '../../domain/protocol/port.ts';
import { INTENT_STATES, VISIT_STEPS, WRITE_OPERATIONS, type Intent } from '../../domain/protocol/types.ts';
import type { ProcessContext } from './context.ts';
import { renamed } from './names.ts';

/** The engine's memory of its writes: rows of `sync_intents`, what was sent and held sealed (R14). */

/** A row as SQL hands it over in JSON. */
export interface IntentRow {
  readonly id: string;
  readonly operation: string;
  readonly state: string;
  readonly generation: number;
  readonly import_uid: string | null;
  readonly external_id: string | null;
  readonly step: string | null;
  readonly groups: readonly string[];
  /** Hex as PostgreSQL writes bytea. */
  readonly sealed_body: string | null;
  readonly sealed_pre_image: string | null;
  readonly sealed_held: string | null;
  readonly sealed_meanwhile: string | null;
  readonly counters: EditCounters;
  readonly opened_at: string;
  readonly due_at: string | null;
  readonly remembered_until: string | null;
  readonly look_ups: readonly string[];
}

type SealedColumn = 'sealed_body' | 'sealed_pre_image' | 'sealed_held' | 'sealed_meanwhile';

/** An intent of a row, its groups under their present names. */
export function intentOf(
  vault: Vault,
  businessId: string,
  row: IntentRow,
  nameOf: (group: string) => string,
): Intent {
  const open = (column: SealedColumn): GroupStates | null => {
    const hex = row[column];
    if (hex === null) return null;
    const sealed = Buffer.from(hex.replace(/^\\x/, ''), 'hex');
    const text = vault.open(sealed, placeOf(businessId, column, row.id)).toString('utf8');
    // Sealed by this very code: nobody else can have written it.
    const groups = JSON.parse(text) as GroupStates;
    return renamed(groups, nameOf);
  };
  return {
    id: row.id,
    operation: oneOf(WRITE_OPERATIONS, row.operation),
    externalId: row.external_id,
    importUid: row.import_uid,
    generation: row.generation,
    step: row.step === null ? null : oneOf(VISIT_STEPS, row.step),
    groups: row.groups.map(nameOf),
    body: open('sealed_body') ?? {},
    preImage: open('sealed_pre_image') ?? {},
    held: open('sealed_held') ?? {},
    counters: renamed(row.counters, nameOf),
    state: oneOf(INTENT_STATES, row.state),
    openedAt: iso(row.opened_at),
    dueAt: row.due_at === null ? null : iso(row.due_at),
    rememberedUntil: row.remembered_until === null ? null : iso(row.remembered_until),
    lookUps: row.look_ups.map(iso),
    meanwhile: open('sealed_meanwhile'),
  };
}

/** Writes down what is about to be sent. It is due when the lease ends: a crash before the call wakes somebody (R28a). */
export async function openIntent(
  tx: Tx,
  context: ProcessContext,
  wanted: NewIntent,
  dueAt: string,
): Promise<Intent> {
  const { deps, ref, run, owner } = context;
  const id = uuidv7();
  const seal = (column: SealedColumn, groups: GroupStates) =>
    deps.vault.seal(JSON.stringify(groups), placeOf(ref.businessId, column, id));
  const rows = await tx.$queryRaw<{ opened_at: Date }[]>`
    INSERT INTO sync_intents
      (id, business_id, entity, record_id, operation, state, generation, import_uid, external_id, step, groups, sealed_body,
       sealed_pre_image, sealed_held, counters, opened_at, due_at, lease_owner, run_id, actor)
    VALUES (${id}::uuid, ${ref.businessId}::uuid, ${ref.entity}, ${ref.recordId}::uuid, ${wanted.operation}, 'open',
            ${wanted.generation}, ${wanted.importUid}, ${wanted.externalId}, ${wanted.step}, ${[...wanted.groups]}::text[],
            ${seal('sealed_body', wanted.body)}, ${seal('sealed_pre_image', wanted.preImage)},
            ${seal('sealed_held', wanted.held)}, ${JSON.stringify(wanted.counters)}::jsonb, clock_timestamp(),
            ${dueAt}::timestamptz, ${owner}, ${run.runId}::uuid, ${run.actor})
    RETURNING opened_at`;
  return {
    ...wanted,
    id,
    state: 'open',
    openedAt: rows[0]?.opened_at.toISOString() ?? dueAt,
    dueAt,
    rememberedUntil: null,
    lookUps: [],
    meanwhile: null,
  };
}

/** States in which a write's fate is settled. */
const SETTLED: readonly string[] = [
  'confirmed',
  'rejected',
  'unsent',
  'expired',
  'superseded',
  'late_acted',
  'closed',
];

/** Moves intents on. */
export async function changeIntents(
  tx: Tx,
  { deps, ref }: ProcessContext,
  changes: readonly IntentChange[],
): Promise<void> {
  for (const change of changes) {
    const { meanwhile } = change;
    const sealed =
      meanwhile === undefined
        ? null
        : deps.vault.seal(JSON.stringify(meanwhile), placeOf(ref.businessId, 'sealed_meanwhile', change.id));
    const settled = SETTLED.includes(change.state);
    await tx.$executeRaw`
      UPDATE sync_intents
         SET state = ${change.state}, due_at = ${change.dueAt}::timestamptz,
             remembered_until = ${change.rememberedUntil}::timestamptz,
             sealed_meanwhile = coalesce(${sealed}, sealed_meanwhile),
             look_ups = CASE WHEN ${change.lookedUpAt ?? null}::timestamptz IS NULL THEN look_ups
                             ELSE look_ups || ${change.lookedUpAt ?? null}::timestamptz END,
             outcome = CASE WHEN ${settled} THEN ${change.state} ELSE outcome END,
             resolved_at = CASE WHEN ${settled} THEN coalesce(resolved_at, clock_timestamp()) END
       WHERE id = ${change.id}::uuid AND business_id = ${ref.businessId}::uuid`;
  }
}

function placeOf(businessId: string, column: SealedColumn, row: string): string {
  return vaultContext({ tenant: businessId, table: 'sync_intents', column, row });
}

function oneOf<T extends string>(words: readonly T[], value: string): T {
  const found = words.find((word) => word === value);
  if (found === undefined) throw new Error('An intent holds a word that this release does not know.');
  return found;
}

function iso(text: string): string {
  return new Date(text).toISOString();
}
