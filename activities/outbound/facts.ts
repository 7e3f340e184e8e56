import { Prisma, type Tx } from '../../infra/database/index.ts';
import type { Json } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { EditCounters } from '../../domain/plan.ts';
import type { OpenConflict, RecordMemory } from '../../domain/protocol/types.ts';
import type { ItemRow } from '../apply/visit-rows.ts';
import type { WriteAdapter } from './adapters/adapter.ts';
import type { ProcessRef } from './context.ts';
import type { IntentRow } from './intents.ts';

/** A row of a mirror as SQL hands it over in JSON; the columns of visits are missing elsewhere. */
export interface MirrorFacts {
  readonly external_id: string;
  readonly remote: GroupStates;
  readonly base_theirs: GroupStates;
  readonly base_ours: GroupStates;
  readonly base_counters: EditCounters;
  readonly flips: RecordMemory;
  readonly observed_sent_at: string;
  readonly observed_received_at: string;
  readonly gone_at: string | null;
  readonly is_former: boolean;
  readonly source?: string;
  readonly is_primary?: boolean;
  readonly import_uid?: string | null;
  readonly item_links?: Readonly<Record<string, string>>;
}

export interface BoxRow {
  readonly id: string;
  readonly operation: string;
  readonly at: string;
  /** What was seen at Booksy (R15b). */
  readonly external_id: string | null;
}

export interface WebhookRow {
  readonly id: string;
  readonly action: string;
  readonly external_id: string;
  readonly body_hash: string;
  readonly sealed_body: string | null;
  readonly received_at: string;
  readonly drained: boolean;
  readonly judged: boolean;
}

/** Everything that is stored about a record, of one moment. */
export interface Facts {
  readonly now: Date;
  readonly version: string;
  readonly business: Readonly<Record<string, Json>>;
  readonly row: Readonly<Record<string, Json>> | null;
  /** Of a visit. */
  readonly items: readonly (ItemRow & { readonly updated_at: string })[];
  /** Oldest first; the present link last. */
  readonly mirrors: readonly MirrorFacts[];
  readonly conflicts: readonly OpenConflict[];
  /** After a pause Booksy is looked at first (R30). */
  readonly observing: boolean;
  /** Whether it is on an open conflict, also as the other record of one. */
  readonly disputed: boolean;
  readonly intents: readonly IntentRow[];
  /** Answered writes of the last day. */
  readonly written: readonly IntentRow[];
  readonly created: IntentRow | null;
  readonly cancelled_by_us: readonly string[];
  /** Objects of a double that a person decided to end. */
  readonly discarded: readonly string[];
  readonly box: readonly BoxRow[];
  readonly webhooks: readonly WebhookRow[];
}

/** Writes that may still act, or are remembered, or wait to be sent. */
const LIVING = Prisma.raw(
  `(i.state IN ('open', 'unknown') OR i.remembered_until IS NOT NULL OR (i.state = 'unsent' AND i.due_at IS NOT NULL))`,
);
/** Webhook bodies of one record that are looked at. */
const MOST_WEBHOOKS = 20;

type FactsRow = Omit<
  Facts,
  | 'items'
  | 'mirrors'
  | 'conflicts'
  | 'intents'
  | 'written'
  | 'cancelled_by_us'
  | 'discarded'
  | 'box'
  | 'webhooks'
> & {
  /** Which of the records asked for, from 1. */
  n: number;
  items: Facts['items'] | null;
  mirrors: Facts['mirrors'] | null;
  conflicts: Facts['conflicts'] | null;
  intents: Facts['intents'] | null;
  written: Facts['written'] | null;
  cancelled_by_us: readonly string[] | null;
  discarded: readonly string[] | null;
  box: Facts['box'] | null;
  webhooks: Facts['webhooks'] | null;
};

/** Whether a block is of a calendar that blocks no time at Booksy. */
const STAYS_HERE = Prisma.sql` || jsonb_build_object('stays_here', EXISTS (
  SELECT FROM external_calendars c WHERE c.id = t.external_calendar_id AND NOT c.blocks_booksy))`;

/** Whether a week here names any day of the present set, its own or, where that was taken away, the salon's. */
const STATED = Prisma.sql` || jsonb_build_object('stated', t.part <> 'weekly' OR EXISTS (
  SELECT FROM working_hours h
   WHERE h.kind = 'weekly' AND h.applies_from IS NULL
     AND (h.owner_kind = t.owner_kind AND h.owner_id = t.owner_id
          OR t.follows_salon AND h.owner_kind = 'business' AND h.owner_id = t.business_id)))`;

/** What is told of a record's row beside its columns. */
function besideRow(entity: string): Prisma.Sql {
  return entity === 'time_off' ? STAYS_HERE : entity === 'hours' ? STATED : Prisma.empty;
}

/**
 * Reads all of it for records of one kind, of any businesses, by one statement.
 *
 * @returns in their order; null where the business is not there
 */
export async function readFacts(
  tx: Tx,
  adapter: WriteAdapter,
  refs: readonly ProcessRef[],
): Promise<readonly (Facts | null)[]> {
  const { mirror } = adapter;
  const visit = adapter.entity === 'booking';
  const linked = mirrorsOf(adapter);
  const rows = await tx.$queryRaw<FactsRow[]>`
    SELECT /* prepared */ q.n, now() AS now, ${versionSql(adapter)} AS version, to_jsonb(b) AS business,
           (SELECT to_jsonb(t)${besideRow(adapter.entity)} FROM ${Prisma.raw(adapter.table)} t
             WHERE t.id = q.record_id AND t.business_id = b.id) AS row,
           ${
             visit
               ? Prisma.sql`(SELECT jsonb_agg(to_jsonb(i) ORDER BY i.position, i.id) FROM booking_items i
                  WHERE i.booking_id = q.record_id)`
               : Prisma.sql`NULL::jsonb`
           } AS items,
           (SELECT jsonb_agg((to_jsonb(m) - 'sealed_extra') || jsonb_build_object(
                     'external_id', ${Prisma.raw(`m.${mirror.idColumn}`)},
                     'is_former', ${Prisma.raw(`m.${mirror.linkColumn}`)} IS NULL)
                   ORDER BY ${Prisma.raw(`m.${mirror.linkColumn}`)} IS NOT NULL,
                            ${Prisma.raw(visit ? 'm.generation' : adapter.entity === 'profile' ? 'm.is_primary' : '1')},
                            ${Prisma.raw(`m.${mirror.idColumn}`)} DESC)
              FROM ${linked}) AS mirrors,
           (SELECT jsonb_agg(jsonb_build_object('kind', c.kind, 'groups', c.groups,
                             'otherExternalId', c.detail ->> 'otherExternalId') ORDER BY c.id)
              FROM booksy_sync_conflicts c
             WHERE c.business_id = b.id AND c.record_id = q.record_id AND c.status = 'open') AS conflicts,
           EXISTS (SELECT FROM integration_sync_status s WHERE s.business_id = b.id AND s.entity = 'booking'
              AND s.window_key = 'visits:next' AND s.claimed_by = 'resume') AS observing,
           EXISTS (SELECT FROM booksy_sync_conflicts c WHERE c.business_id = b.id AND c.status = 'open'
              AND (c.record_id = q.record_id OR c.other_record_id = q.record_id)) AS disputed,
           (SELECT jsonb_agg(to_jsonb(i) ORDER BY i.opened_at, i.id) FROM sync_intents i
             WHERE ${ofRecord(adapter)} AND ${LIVING}) AS intents,
           (SELECT jsonb_agg(to_jsonb(i) ORDER BY i.opened_at, i.id) FROM sync_intents i
             WHERE ${ofRecord(adapter)} AND i.state = 'confirmed' AND i.operation IN ('change', 'status')
               AND i.resolved_at > now() - interval '24 hours') AS written,
           (SELECT to_jsonb(i) FROM sync_intents i WHERE ${ofRecord(adapter)} AND i.operation = 'create'
             ORDER BY i.generation DESC, i.opened_at DESC, i.id DESC LIMIT 1) AS created,
           (SELECT jsonb_agg(DISTINCT i.external_id) FROM sync_intents i
             WHERE ${ofRecord(adapter)} AND i.step = 'cancel' AND i.state IN ('confirmed', 'late_acted')
               AND i.external_id IS NOT NULL
               AND NOT EXISTS (SELECT FROM ${linked}
                                WHERE ${Prisma.raw(`m.${mirror.idColumn}`)} = i.external_id)) AS cancelled_by_us,
           (SELECT jsonb_agg(DISTINCT c.resolution_choice ->> 'discarded') FROM booksy_sync_conflicts c
             WHERE c.business_id = b.id AND c.record_id = q.record_id AND c.kind = 'double'
               AND c.status = 'resolved' AND c.resolution_choice ->> 'discarded' IS NOT NULL) AS discarded,
           (SELECT jsonb_agg(jsonb_build_object('id', o.id::text, 'operation', o.operation, 'at', o.created_at,
                                                'external_id', o.external_id)
                             ORDER BY o.id)
              FROM sync_outbox o
             WHERE o.business_id = b.id AND o.entity = ${adapter.entity} AND o.record_id = q.record_id) AS box,
           ${
             visit
               ? Prisma.sql`(SELECT jsonb_agg(to_jsonb(w) ORDER BY w.received_at, w.id) FROM (
                  SELECT n.* FROM ${linked} CROSS JOIN LATERAL (
                    SELECT w.id::text AS id, w.action, w.external_id, w.body_hash, w.sealed_body, w.received_at,
                           w.drained_at IS NOT NULL AS drained, w.judged_at IS NOT NULL AS judged
                      FROM webhook_logs w
                     WHERE w.business_id = b.id AND w.external_id = m.external_id
                       AND w.received_at > now() - interval '7 days' AND (w.drained_at IS NULL OR w.judged_at IS NULL)
                     ORDER BY w.received_at DESC, w.id DESC LIMIT ${MOST_WEBHOOKS}) n
                   ORDER BY n.received_at DESC, n.id DESC LIMIT ${MOST_WEBHOOKS}) w)`
               : Prisma.sql`NULL::jsonb`
           } AS webhooks
      FROM ${asked(refs)} JOIN businesses b ON b.id = q.business_id`;
  const byPlace = new Map(rows.map((row) => [row.n, row]));
  return refs.map((_, index) => {
    const row = byPlace.get(index + 1);
    return row === undefined ? null : factsOf(row);
  });
}

function factsOf(row: FactsRow): Facts {
  return {
    ...row,
    items: row.items ?? [],
    mirrors: row.mirrors ?? [],
    conflicts: row.conflicts ?? [],
    intents: row.intents ?? [],
    written: row.written ?? [],
    cancelled_by_us: row.cancelled_by_us ?? [],
    discarded: row.discarded ?? [],
    box: row.box ?? [],
    webhooks: row.webhooks ?? [],
  };
}

/** The compare-and-set tokens alone (R13), by record. */
export async function readVersions(
  tx: Tx,
  adapter: WriteAdapter,
  refs: readonly ProcessRef[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.$queryRaw<{ record_id: string; version: string }[]>`
    SELECT /* prepared */ q.record_id::text AS record_id, ${versionSql(adapter)} AS version FROM ${asked(refs)}`;
  return new Map(rows.map((row) => [row.record_id, row.version]));
}

/**
 * The records asked for, as rows `q`. Not as arrays: a plan for so many of them would look dearer to the server than one for
 * the few of each time, and it would plan the statement anew for ever.
 */
function asked(refs: readonly ProcessRef[]): Prisma.Sql {
  const rows = refs.map(({ businessId, recordId }, index) => ({
    n: index + 1,
    business_id: businessId,
    record_id: recordId,
  }));
  return Prisma.sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS q(n int, business_id uuid, record_id uuid)`;
}

/**
 * Row versions of the record and its parts, and who last wrote its mirror, its open conflicts and its living writes. A row's
 * xmin is the transaction that wrote it: a lock does not move it, every write does.
 */
function versionSql(adapter: WriteAdapter): Prisma.Sql {
  const { mirror } = adapter;
  const items =
    adapter.entity === 'booking'
      ? Prisma.sql`(SELECT string_agg(i.id::text || ':' || i.row_version::text, ',' ORDER BY i.id) FROM booking_items i
           WHERE i.booking_id = q.record_id)`
      : Prisma.sql`NULL::text`;
  const externalId = Prisma.raw(`m.${mirror.idColumn}`);
  return Prisma.sql`md5(array_to_string(ARRAY[
    (SELECT t.row_version::text FROM ${Prisma.raw(adapter.table)} t WHERE t.id = q.record_id),
    ${items},
    (SELECT string_agg(${externalId} || ':' || m.xmin::text, ',' ORDER BY ${externalId}) FROM ${mirrorsOf(adapter)}),
    (SELECT string_agg(c.id::text || ':' || c.version::text || ':' || c.groups::text, ',' ORDER BY c.id)
       FROM booksy_sync_conflicts c
      WHERE c.business_id = q.business_id AND c.record_id = q.record_id AND c.status = 'open'),
    (SELECT string_agg(i.id::text || ':' || i.xmin::text, ',' ORDER BY i.id) FROM sync_intents i
      WHERE ${ofRecord(adapter)} AND ${LIVING})
  ], '|', '-'))`;
}

function ofRecord({ entity }: WriteAdapter): Prisma.Sql {
  return Prisma.sql`i.business_id = q.business_id AND i.entity = ${entity} AND i.record_id = q.record_id`;
}

/** The mirror's rows of the record: what it is linked to, and what it was linked to (R16). */
function mirrorsOf(adapter: WriteAdapter): Prisma.Sql {
  const { mirror } = adapter;
  const table = Prisma.raw(mirror.table);
  const link = Prisma.raw(mirror.linkColumn);
  const columns = Prisma.raw('x.*, x.xmin');
  const present = Prisma.sql`SELECT ${columns} FROM ${table} x
    WHERE x.business_id = q.business_id AND x.${link} = q.record_id`;
  if (adapter.entity !== 'booking') return Prisma.sql`(${present}) m`;
  return Prisma.sql`(${present} UNION ALL SELECT ${columns} FROM ${table} x
    WHERE x.business_id = q.business_id AND x.former_booking_id = q.record_id) m`;
}
