import { Prisma, type Tx } from '../../infra/database/index.ts';
import type { EditCounters } from '../../domain/plan.ts';
import type { GoneHere, NextMirror } from '../../domain/protocol/port.ts';
import type { Json } from '../../domain/canonical.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import { itemOfGroup } from '../../domain/states/visit.ts';
import { renameGroup, renameItems } from '../../domain/states/visit-there.ts';
import type { EntityBinding } from '../apply/binding.ts';
import { cancelGoneVisits, keepGoneVisits, takeGone } from '../apply/gone.ts';
import { mirrorWrite } from '../apply/mirror-write.ts';
import { markMirrorGone, type MirrorWrite } from '../apply/mirror.ts';
import type { ApplyScope } from '../apply/scope.ts';
import type { WriteAdapter } from './adapters/adapter.ts';
import type { CommitInput } from './commit.ts';
import { ownRow } from './names.ts';
import type { CommitWanted } from './together.ts';

/** The mirror of the linked object as it is to be written. */
export function linkedWrite(
  { context, loaded, names }: CommitInput,
  scope: ApplyScope,
  binding: EntityBinding,
  next: NextMirror,
  counters: EditCounters,
): MirrorWrite {
  const { recordId } = context.ref;
  const theirNames = names.theirsOf(next.seen.externalId);
  const stored = mirrorWrite(scope, binding, recordId, storedAs(next.seen, theirNames), {
    remote: renameItems(next.remote, theirNames),
    baseTheirs: renameItems(next.baseTheirs, theirNames),
    baseOurs: renameItems(next.baseOurs, theirNames),
    baseCounters: renameItems(
      nextCounters(loaded.view.mirror?.baseCounters ?? {}, next, counters),
      theirNames,
    ),
  });
  return { ...stored, extra: { ...stored.extra, ...itemLinks(stored.extra, next.seen, theirNames) } };
}

/** Keeps what the judgements remember of turns and reads (R4a, R6), by one statement. */
export async function keepMemories(
  tx: Tx,
  { mirror }: WriteAdapter,
  wanted: readonly CommitWanted[],
): Promise<void> {
  const memories = wanted.flatMap(({ input, commit }) => {
    const externalId = commit.mirror?.seen.externalId ?? input.loaded.view.externalId;
    return commit.memory === null || externalId === null
      ? []
      : [{ business_id: input.context.business.id, external_id: externalId, flips: commit.memory }];
  });
  if (memories.length === 0) return;
  const kind =
    mirror.fixed.entity === undefined ? Prisma.empty : Prisma.sql`AND m.entity = ${mirror.fixed.entity}`;
  await tx.$executeRaw`
    UPDATE /* prepared */ ${Prisma.raw(mirror.table)} m SET flips = r.flips
      FROM jsonb_to_recordset(${JSON.stringify(memories)}::jsonb) AS r(business_id uuid, external_id text, flips jsonb)
     WHERE m.business_id = r.business_id AND ${Prisma.raw(`m.${mirror.idColumn}`)} = r.external_id ${kind}`;
}

/** The record under Booksy's own item names. */
function storedAs(seen: SeenRecord, names: ReadonlyMap<string, string>): SeenRecord {
  if (names.size === 0) return seen;
  return {
    ...seen,
    theirs: renameItems(seen.theirs, names),
    here: renameItems(seen.here, names),
    unread: seen.unread.map((group) => renameGroup(group, names)),
    unresolved: seen.unresolved.map((group) => renameGroup(group, names)).sort(),
  };
}

/** Which sub-booking is which item here: items that were ours alone until now are linked with what Booksy made of them. */
function itemLinks(
  extra: Readonly<Record<string, Json>>,
  seen: SeenRecord,
  theirNames: ReadonlyMap<string, string>,
): Readonly<Record<string, Json>> {
  const known = extra.item_links;
  if (known === undefined || known === null || typeof known !== 'object' || Array.isArray(known)) return {};
  const rows = known as { readonly [name: string]: Json };
  const links: Record<string, Json> = {};
  for (const group of Object.keys(seen.theirs)) {
    const item = itemOfGroup(group);
    if (item?.part !== 'time') continue;
    const row = rows[item.key] ?? ownRow(item.key);
    if (row !== null) links[theirNames.get(item.key) ?? item.key] = row;
  }
  return { item_links: links };
}

/** R7a: settled groups get the counter that their base knows now, the others keep theirs. */
function nextCounters(base: EditCounters, next: NextMirror, now: EditCounters): EditCounters {
  const counters: Record<string, number> = { ...base };
  for (const group of next.settled) {
    const count = next.counters[group] ?? now[group];
    if (count === undefined || count === 0) Reflect.deleteProperty(counters, group);
    else counters[group] = count;
  }
  return counters;
}

/** What was linked before becomes an earlier generation (R16); records without generations only lose their link. */
export async function moveLink(
  scope: ApplyScope,
  adapter: WriteAdapter,
  recordId: string,
  externalId: string | null,
): Promise<void> {
  const { mirror } = adapter;
  // Several cards may be one client: a new one takes no other one's place (R38).
  if (adapter.entity === 'profile') return;
  const link = Prisma.raw(mirror.linkColumn);
  const former =
    adapter.entity === 'booking' ? Prisma.sql`, former_booking_id = ${recordId}::uuid` : Prisma.empty;
  await scope.tx.$executeRaw`
    UPDATE ${Prisma.raw(mirror.table)} SET ${link} = NULL, updated_at = now() ${former}
     WHERE business_id = ${scope.businessId}::uuid AND ${link} = ${recordId}::uuid
       AND ${Prisma.raw(mirror.idColumn)} IS DISTINCT FROM ${externalId}`;
}

/** Raises the generation; the object that was linked is one of an earlier generation from now on. */
export async function raiseGeneration(
  scope: ApplyScope,
  adapter: WriteAdapter,
  recordId: string,
  generation: number,
): Promise<void> {
  await moveLink(scope, adapter, recordId, null);
  if (adapter.entity !== 'booking') return;
  await scope.tx.$executeRaw`
    UPDATE bookings SET generation = ${generation}
     WHERE business_id = ${scope.businessId}::uuid AND id = ${recordId}::uuid AND generation <> ${generation}`;
}

/** What the end of the object there means here (R18). */
export async function takeEnd(
  { context, adapter, loaded }: CommitInput,
  scope: ApplyScope,
  { as, interval }: GoneHere,
): Promise<void> {
  const { externalId } = loaded.view;
  const { recordId } = context.ref;
  if (externalId === null) return;
  const { mirror } = adapter;
  if (as === 'cancel' && adapter.entity !== 'booking') await takeGone(scope, adapter.binding(), [externalId]);
  else await markMirrorGone(scope, mirror, [externalId]);
  if (adapter.entity === 'booking' && as === 'cancel') await cancelGoneVisits(scope, [recordId]);
  if (adapter.entity === 'booking' && as === 'keep_marked') await keepGoneVisits(scope, [recordId]);
  if (adapter.entity === 'booking') await baseOnEnd(scope, recordId);
  const kind =
    mirror.fixed.entity === undefined ? Prisma.empty : Prisma.sql`AND entity = ${mirror.fixed.entity}`;
  await scope.tx.$executeRaw`
    UPDATE ${Prisma.raw(mirror.table)}
       SET observed_sent_at = ${interval.sentAt}::timestamptz, observed_received_at = ${interval.receivedAt}::timestamptz
     WHERE business_id = ${scope.businessId}::uuid AND ${Prisma.raw(mirror.idColumn)} = ${externalId} ${kind}
       AND observed_received_at < ${interval.sentAt}::timestamptz`;
}

/**
 * A visit that has ended here, by this commit or before it: the base says so on our side and knows nothing on theirs. So a
 * later revival is seen as an edit (R16), and an object that is back after all as news.
 */
async function baseOnEnd(scope: ApplyScope, recordId: string): Promise<void> {
  await scope.tx.$executeRaw`
    UPDATE external_bookings m
       SET base_theirs = m.base_theirs - 'status',
           base_ours = m.base_ours || jsonb_build_object(
             'status', jsonb_build_object('status', b.status, 'reason', b.status_reason)),
           base_counters = m.base_counters || jsonb_build_object('status', b.status_edits)
      FROM bookings b
     WHERE b.id = m.booking_id AND m.business_id = ${scope.businessId}::uuid AND m.booking_id = ${recordId}::uuid
       AND b.status = 'cancelled'`;
}
