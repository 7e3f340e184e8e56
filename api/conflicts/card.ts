/** One conflict as a card: the three states side by side in a salon's words, what may be chosen, and suggestions. */
import { z } from 'zod';
import { sameValue, type Json } from '../../domain/canonical.ts';
import { choicesFor, needsMapping } from '../../domain/conflicts/choices.ts';
import { groupsHere } from '../../domain/conflicts/translate.ts';
import { groupText, valueText, type Names } from '../../domain/conflicts/words.ts';
import type { GroupStates } from '../../domain/merge.ts';
import { visitsOfCards } from '../../infra/conflicts/cards.ts';
import { loadGroupLinks } from '../../infra/conflicts/links.ts';
import { loadPicture, type ConflictPicture } from '../../infra/conflicts/picture.ts';
import { readConflict } from '../../infra/conflicts/row.ts';
import { suggest } from '../../infra/conflicts/suggest.ts';
import type { PrismaClient } from '../../infra/database/index.ts';
import type { BusinessRef } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { openSealed, SEALED_UNREADABLE } from '../sealed.ts';
import type { Note } from '../wire.ts';
import { presentAll } from './list.ts';
import { labelsFor, namesIn } from './names.ts';
import type { ConflictCardView } from './schema.ts';

const HISTORY_ROWS = 20;

type Deps = Pick<ApiDeps, 'vault' | 'logger'> & { readonly db: PrismaClient };

/** The card of one conflict of these businesses; null where there is none. */
export async function conflictCardOf(
  deps: Deps,
  businesses: readonly BusinessRef[],
  id: string,
): Promise<{ readonly conflict: ConflictCardView; readonly notes: readonly Note[] } | null> {
  const { db } = deps;
  const row = await readConflict(
    db,
    businesses.map((each) => each.id),
    id,
  );
  if (row === null) return null;
  const [view] = await presentAll(db, businesses, [row]);
  if (view === undefined) return null;
  const picture = await loadPicture(db, row);
  const lost = await lostValues(deps, picture);
  const names = await namesIn(db, row.businessId, [
    picture.ours?.groups,
    picture.theirsHere,
    picture.mirror?.baseOurs,
    lost ?? {},
  ]);
  const conflict: ConflictCardView = {
    ...view,
    shown: picture.token,
    observedAt: picture.mirror?.observedAt ?? null,
    goneAtBooksy: picture.facts.goneThere,
    deletedHere: picture.facts.goneHere,
    states: statesOf(picture, names),
    other: await otherOf(db, picture),
    visits: await visitsOf(db, picture),
    lost: Object.entries(lost ?? {}).map(([group, value]) => ({
      group,
      name: groupText(group),
      value: valueText(group, value, names),
    })),
    choices:
      row.status === 'open' ? choicesFor(picture.facts).map(({ choice, text }) => ({ choice, text })) : [],
    mappings: await mappingsOf(db, picture),
    suggestions: await suggestionsOf(db, picture),
    history: await historyOf(db, picture),
  };
  return { conflict, notes: lost === null ? [SEALED_UNREADABLE] : [] };
}

/** Groups in dispute first, then what else differs. Where nothing is disputed (times), all that says what it is about. */
function statesOf(picture: ConflictPicture, names: Names): ConflictCardView['states'] {
  const { row, mirror, ours, theirsHere } = picture;
  const all = Object.keys({ ...mirror?.remote, ...ours?.groups, ...mirror?.baseOurs });
  const shown = all.filter((group) => !HIDDEN.has(group)).sort(byDispute(row.groups));
  return shown.map((group) => {
    const remote = mirror?.remote[group];
    const there = theirsHere[group];
    return {
      group,
      name: groupText(group),
      booksy: there === undefined ? notLinked(group, remote, names) : valueText(group, there, names),
      platform: valueText(group, ours?.groups[group], names),
      base: valueText(group, mirror?.baseOurs[group], names),
      changedThere: mirror !== null && !sameValue(remote, mirror.baseTheirs[group]),
      changedHere: mirror !== null && changedHere(picture, group),
      disputed: row.groups.includes(group),
    };
  });
}

/** What Booksy alone knows, or what says nothing to a person. */
const HIDDEN: ReadonlySet<string> = new Set(['statusCode', 'zone', 'bookedBy', 'importUid', 'position']);

function byDispute(disputed: readonly string[]) {
  return (a: string, b: string) =>
    Number(disputed.includes(b)) - Number(disputed.includes(a)) || (a < b ? -1 : a > b ? 1 : 0);
}

function changedHere({ mirror, ours }: ConflictPicture, group: string): boolean {
  if (mirror === null || ours === null) return ours === null;
  const counted = (ours.counters[group] ?? 0) !== (mirror.baseCounters[group] ?? 0);
  return counted || !sameValue(ours.groups[group], mirror.baseOurs[group]);
}

function notLinked(group: string, remote: Json | undefined, names: Names): string | null {
  const said = valueText(group, remote, names);
  return said === null ? null : `${said} (not linked)`;
}

async function otherOf(
  db: PrismaClient,
  { row, other }: ConflictPicture,
): Promise<ConflictCardView['other']> {
  if (other === null) return null;
  const labels = await labelsFor(db, [
    { businessId: row.businessId, entity: other.entity, recordId: other.id },
  ]);
  return {
    recordId: other.id,
    entity: other.entity,
    label: labels.get(other.id) ?? '',
    source: other.source,
    startsAt: other.startsAt,
    endsAt: other.endsAt,
  };
}

const MOST_VISITS = 50;

/** The visits of a session that is over full, or of a card of which it is not sure whose it is. */
async function visitsOf(db: PrismaClient, { row }: ConflictPicture): Promise<ConflictCardView['visits']> {
  const { bookingIds, cardExternalId } = row.detail;
  const named = Array.isArray(bookingIds) ? bookingIds.filter((id) => typeof id === 'string') : [];
  const ofCard =
    row.kind === 'unsure_client' && row.status === 'open' && typeof cardExternalId === 'string'
      ? await visitsOfCards(db, row.businessId, [cardExternalId])
      : [];
  const ids = [...named, ...ofCard.map(({ recordId }) => recordId)].slice(0, MOST_VISITS);
  const labels = await labelsFor(
    db,
    ids.map((recordId) => ({ businessId: row.businessId, entity: 'booking', recordId })),
  );
  return ids.map((recordId) => ({ recordId, label: labels.get(recordId) ?? '' }));
}

const groupsSchema: z.ZodType<GroupStates> = z.record(z.string(), z.json());

/** What no row holds any more, in our words; null where it cannot be opened. */
async function lostValues(deps: Deps, { row }: ConflictPicture): Promise<GroupStates | null> {
  if (row.sealedValues === null) return {};
  const place = {
    tenant: row.businessId,
    table: 'booksy_sync_conflicts',
    column: 'sealed_values',
    row: row.id,
  };
  const values = openSealed(deps, row.sealedValues, place, groupsSchema);
  if (values === null) return null;
  return { ...values, ...groupsHere(values, await loadGroupLinks(deps.db, row.businessId, values)) };
}

/** Undecided mappings of what the visit names, and of its client. */
async function mappingsOf(
  db: PrismaClient,
  { row, mirror }: ConflictPicture,
): Promise<ConflictCardView['mappings']> {
  if (!needsMapping(row.kind) || mirror === null) return [];
  const ids = [...textsIn(mirror.remote)];
  return db.$queryRaw<{ id: string; entity: string; externalId: string }[]>`
    SELECT id::text, entity, external_id AS "externalId" FROM mappings
     WHERE business_id = ${row.businessId}::uuid AND state = 'unsure' AND external_id = ANY(${ids}::text[])
       AND entity = ANY(${row.kind === 'unsure_client' ? ['profile'] : ['staff', 'room', 'service', 'variant']}::text[])
     ORDER BY id`;
}

function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((each: Json) => textsIn(each));
}

const ABOUT_TIME: ReadonlySet<string> = new Set([
  'time_overlap',
  'capacity',
  'ambiguous_local_time',
  'refused_by_booksy',
]);

async function suggestionsOf(
  db: PrismaClient,
  { row, ours }: ConflictPicture,
): Promise<ConflictCardView['suggestions']> {
  const [first] = ours?.entity === 'booking' ? ours.items : [];
  if (row.status !== 'open' || ours === null || first === undefined || !ABOUT_TIME.has(row.kind))
    return { times: [], staff: [] };
  const named = ours.items.find(({ id }) => id === row.detail.itemId) ?? first;
  const { times, staff } = await suggest(db, {
    businessId: row.businessId,
    bookingId: ours.id,
    item: named,
    now: row.now,
  });
  const names = await namesIn(db, row.businessId, [times.map(({ staffId }) => staffId)]);
  return {
    times: times.map((time) => ({ ...time, staffName: names.get(time.staffId) ?? '' })),
    staff: [...staff],
  };
}

async function historyOf(db: PrismaClient, { row }: ConflictPicture): Promise<ConflictCardView['history']> {
  if (row.recordId === null) return [];
  const rows = await db.booksyAuditLog.findMany({
    where: { businessId: row.businessId, recordId: row.recordId },
    orderBy: { id: 'desc' },
    take: HISTORY_ROWS,
    select: { at: true, actor: true, action: true, reasonCode: true, groups: true },
  });
  return rows.map((entry) => ({ ...entry, at: entry.at.toISOString() }));
}
