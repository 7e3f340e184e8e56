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

/** An intent to be opened. */
export interface IntentWanted {
  readonly context: ProcessContext;
  readonly wanted: NewIntent;
  /** When somebody has to look after it if its process does not come back: the lease's end (R28a). */
  readonly dueAt: string;
}

/** Commits intents to paper before their calls (R14), by one statement; by owner. */
export async function openIntents(
  tx: Tx,
  intents: readonly IntentWanted[],
): Promise<ReadonlyMap<string, Intent>> {
  if (intents.length === 0) return new Map();
  const rows = intents.map(({ context, wanted, dueAt }) => {
    const { deps, ref, run, owner } = context;
    const id = uuidv7();
    const seal = (column: SealedColumn, groups: GroupStates) =>
      deps.vault.seal(JSON.stringify(groups), placeOf(ref.businessId, column, id)).toString('hex');
    return {
      id,
      business_id: ref.businessId,
      entity: ref.entity,
      record_id: ref.recordId,
      operation: wanted.operation,
      generation: wanted.generation,
      import_uid: wanted.importUid,
      external_id: wanted.externalId,
      step: wanted.step,
      groups: wanted.groups,
      body: seal('sealed_body', wanted.body),
      pre_image: seal('sealed_pre_image', wanted.preImage),
      held: seal('sealed_held', wanted.held),
      counters: wanted.counters,
      due_at: dueAt,
      owner,
      run_id: run.runId,
      actor: run.actor,
    };
  });
  const opened = await tx.$queryRaw<{ id: string; opened_at: Date }[]>`
    INSERT /* prepared */ INTO sync_intents
      (id, business_id, entity, record_id, operation, state, generation, import_uid, external_id, step, groups, sealed_body,
       sealed_pre_image, sealed_held, counters, opened_at, due_at, lease_owner, run_id, actor)
    SELECT r.id, r.business_id, r.entity, r.record_id, r.operation, 'open', r.generation, r.import_uid, r.external_id, r.step,
           r.groups, decode(r.body, 'hex'), decode(r.pre_image, 'hex'), decode(r.held, 'hex'), r.counters,
           clock_timestamp(), r.due_at, r.owner, r.run_id, r.actor
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(
           id uuid, business_id uuid, entity text, record_id uuid, operation text, generation int, import_uid text,
           external_id text, step text, groups text[], body text, pre_image text, held text, counters jsonb,
           due_at timestamptz, owner text, run_id uuid, actor text)
    RETURNING id::text AS id, opened_at`;
  const openedAt = new Map(opened.map((row) => [row.id, row.opened_at.toISOString()]));
  return new Map(
    intents.map(({ context, wanted, dueAt }, index) => {
      const id = rows[index]?.id ?? '';
      const intent: Intent = {
        ...wanted,
        id,
        state: 'open',
        openedAt: openedAt.get(id) ?? dueAt,
        dueAt,
        rememberedUntil: null,
        lookUps: [],
        meanwhile: null,
      };
      return [context.owner, intent];
    }),
  );
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

/** What becomes of an intent of a record. */
export interface IntentMove {
  readonly context: Pick<ProcessContext, 'deps' | 'ref'>;
  readonly change: IntentChange;
}

/** Moves intents on, by one statement. */
export async function changeIntents(tx: Tx, moves: readonly IntentMove[]): Promise<void> {
  if (moves.length === 0) return;
  const rows = moves.map(({ context: { deps, ref }, change }) => {
    const { id, state, dueAt, rememberedUntil, meanwhile, lookedUpAt } = change;
    return {
      id,
      business_id: ref.businessId,
      state,
      due_at: dueAt,
      remembered_until: rememberedUntil,
      meanwhile:
        meanwhile === undefined
          ? null
          : deps.vault
              .seal(JSON.stringify(meanwhile), placeOf(ref.businessId, 'sealed_meanwhile', id))
              .toString('hex'),
      looked_up_at: lookedUpAt ?? null,
      settled: SETTLED.includes(state),
    };
  });
  const lastOfEach = new Map<string, (typeof rows)[number]>();
  for (const row of rows) {
    const before = lastOfEach.get(row.id);
    lastOfEach.set(row.id, {
      ...row,
      meanwhile: row.meanwhile ?? before?.meanwhile ?? null,
      looked_up_at: row.looked_up_at ?? before?.looked_up_at ?? null,
    });
  }
  await tx.$executeRaw`
    UPDATE /* prepared */ sync_intents i
       SET state = r.state, due_at = r.due_at, remembered_until = r.remembered_until,
           sealed_meanwhile = coalesce(decode(r.meanwhile, 'hex'), i.sealed_meanwhile),
           look_ups = CASE WHEN r.looked_up_at IS NULL THEN i.look_ups ELSE i.look_ups || r.looked_up_at END,
           outcome = CASE WHEN r.settled THEN r.state ELSE i.outcome END,
           resolved_at = CASE WHEN r.settled THEN coalesce(i.resolved_at, clock_timestamp()) END
      FROM jsonb_to_recordset(${JSON.stringify([...lastOfEach.values()])}::jsonb) AS r(
           id uuid, business_id uuid, state text, due_at timestamptz, remembered_until timestamptz, meanwhile text,
           looked_up_at timestamptz, settled boolean)
     WHERE i.id = r.id AND i.business_id = r.business_id`;
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
