import { effectsAgainstAudit } from '../support/effects.ts';
import type { Edit, Followed, History, Subject } from './history.ts';
import { readHours, type HoursState } from './edits-hours.ts';
import { link } from './play.ts';
import type { Rig } from './rig.ts';
import { visitsThere, type Salon, type VisitThere } from './salons.ts';
import { readOthers, type OthersState } from './state-others.ts';
import { hereSql, valuesHere, valuesThere, type RowHere, type Values } from './values.ts';

/** What both sides hold after a run, read past the engine: SQL of the tests' own, and the simulator's state. */

export interface VisitState {
  readonly here: Values | null;
  readonly there: Values | null;
  /** An open conflict, or quarantine, names it: both sides are shown to a person. */
  readonly disputed: boolean;
  /** A conflict named it, whatever became of it. */
  readonly wasDisputed: boolean;
  /** Whether an edit at Booksy fell about the write of ours that covers its group: said with what was lost. */
  inGap(edit: Edit, group: Followed): boolean;
}

export interface SalonState {
  readonly visits: ReadonlyMap<string, VisitState>;
  /** Overlaps that nobody was told of (I2). */
  readonly overlaps: readonly string[];
  /** Visits that one create of ours made twice (I3). */
  readonly doubledUids: readonly string[];
  /** Linked visits beside those of the run that differ without a conflict (I4). */
  readonly unequal: readonly string[];
  /** What is wrong with the trail (I7). */
  readonly audit: readonly string[];
}

interface HereRow extends RowHere {
  readonly id: string;
  readonly gone: boolean;
}

interface ConflictRow {
  readonly kind: string;
  readonly status: string;
  readonly record_id: string | null;
  readonly other_record_id: string | null;
  readonly external_id: string | null;
  readonly groups: readonly string[];
}

interface IntentRow {
  readonly record_id: string;
  readonly groups: readonly string[];
  readonly opened: number;
  readonly ended: number | null;
  readonly state: string;
}

/** How long before its intent's commit a write was read: the read and the commit are part of the gap. */
const READ_BEFORE_MS = 1_500;
/** A late write acts when nobody sees it: this much around it belongs to the gap. */
const ACTS_LATE_MS = 12_000;

export async function readState(rig: Rig, salon: Salon, history: History): Promise<SalonState> {
  for (const subject of history.subjects.values()) await link(rig, subject);
  const there = new Map((await visitsThere(rig, salon)).map((visit) => [visit.id, visit]));
  const { rows: bookings } = await rig.db.query<HereRow>(hereSql('b.business_id = $1'), [salon.businessId]);
  const here = new Map(bookings.map((row) => [row.id, row]));
  const { rows: conflicts } = await rig.db.query<ConflictRow>(
    `SELECT kind, status, record_id, other_record_id, external_id, groups FROM booksy_sync_conflicts WHERE business_id = $1
     UNION ALL SELECT 'quarantine', 'open', NULL, NULL, external_id, '{}' FROM quarantine WHERE business_id = $1 AND released_at IS NULL`,
    [salon.businessId],
  );
  const { rows: intents } = await rig.db.query<IntentRow>(
    `SELECT record_id, groups, state, extract(epoch FROM opened_at)::float8 * 1000 AS opened,
            extract(epoch FROM coalesce(answered_at, resolved_at))::float8 * 1000 AS ended
       FROM sync_intents WHERE business_id = $1 AND operation IN ('change', 'create')`,
    [salon.businessId],
  );
  const open = conflicts.filter(({ status }) => status === 'open');
  const disputed = new Set(open.flatMap((each) => [each.record_id, each.other_record_id, each.external_id]));
  const others = await readOthers(rig, salon, history, there, (id) => disputed.has(id));
  const hours = await readHours(rig, salon, history, (id, group) =>
    open.some(({ record_id, groups }) => record_id === id && groups.includes(group)),
  );
  const visits = new Map<string, VisitState>();
  for (const subject of history.subjects.values()) {
    const sides =
      subject.kind === 'visit'
        ? visitSides(subject, here, there)
        : subject.kind === 'hours'
          ? hoursSides(subject, hours)
          : otherSides(subject, others);
    visits.set(subject.key, stateOf(subject, sides, conflicts, intents));
  }
  return {
    visits,
    overlaps: await overlaps(rig, salon),
    doubledUids: [...doubled([...there.values()], conflicts), ...others.doubled],
    unequal: [
      ...(await unequal(rig, salon, history, here, there, disputed)),
      ...others.unequal,
      ...hours.unequal,
    ],
    audit: await auditFaults(rig, salon, history),
  };
}

interface Sides {
  readonly here: Values | null;
  readonly there: Values | null;
  /** Its ids at Booksy, as conflicts name them. */
  readonly ids: readonly string[];
}

function visitSides(
  subject: Subject,
  here: ReadonlyMap<string, HereRow>,
  there: ReadonlyMap<number, VisitThere>,
): Sides {
  const row = subject.recordId === null ? undefined : here.get(subject.recordId);
  // A revived visit is another object at Booksy (R16): whatever carries our id is it.
  const own = [...there.values()].filter(
    (visit) =>
      visit.id === subject.externalId ||
      (subject.recordId !== null && (visit.import_uid ?? '').startsWith(`${subject.recordId}:`)),
  );
  const visit = own.find((each) => valuesThere(each).life === 'live') ?? own[0];
  return {
    here: row === undefined ? null : valuesHere(row),
    there: visit === undefined ? null : valuesThere(visit),
    ids: own.map(({ id }) => String(id)),
  };
}

function otherSides(subject: Subject, { here, there }: OthersState): Sides {
  return {
    here: here.get(subject.recordId ?? '') ?? null,
    there: there.get(subject.key) ?? null,
    ids: [],
  };
}

function hoursSides({ key }: Subject, { here, there }: HoursState): Sides {
  return { here: here.get(key) ?? null, there: there.get(key) ?? null, ids: [] };
}

function stateOf(
  subject: Subject,
  { here, there, ids }: Sides,
  conflicts: readonly ConflictRow[],
  intents: readonly IntentRow[],
): VisitState {
  const names = new Set(ids);
  if (subject.externalId !== null) names.add(String(subject.externalId));
  const about = conflicts.filter(
    (each) =>
      // Of hours a card is about days.
      (subject.hours === undefined || each.groups.includes(subject.hours.group)) &&
      ((subject.recordId !== null &&
        (each.record_id === subject.recordId || each.other_record_id === subject.recordId)) ||
        // A block that is a visit there is named with its parts.
        (each.external_id !== null && names.has(each.external_id.split(':')[0] ?? ''))),
  );
  const sent = intents.filter(({ record_id }) => record_id === subject.recordId);
  return {
    here,
    there,
    disputed: about.some(({ status }) => status === 'open'),
    wasDisputed: about.length > 0,
    inGap: (edit, group) =>
      sent.some(
        (intent) =>
          intent.groups.some((name) => covers(name, group, subject)) &&
          edit.wallMs >= intent.opened - READ_BEFORE_MS &&
          edit.wallMs <=
            (intent.ended ?? intent.opened) + (intent.state === 'confirmed' ? 200 : ACTS_LATE_MS),
      ),
  };
}

function covers(name: string, group: Followed, { hours }: Subject): boolean {
  // A week goes out whole.
  if (hours !== undefined)
    return name === hours.group || (name.startsWith('weekday:') && hours.group.startsWith('weekday:'));
  if (group === 'note') return name === 'clientNote';
  return group === 'time' ? name === 'time' || name.endsWith(':time') : name === group;
}

/** Times of one resource that are held twice: on an open conflict, or allowed by a person, or a fault of ours. */
async function overlaps(rig: Rig, salon: Salon): Promise<readonly string[]> {
  const { rows } = await rig.db.query<{ one: string; other: string; during: string }>(
    `SELECT coalesce(a.booking_id, a.time_off_id) AS one, coalesce(b.booking_id, b.time_off_id) AS other, a.during::text AS during
       FROM occupancy a JOIN occupancy b ON b.resource_id = a.resource_id AND b.id > a.id AND b.during && a.during
        AND b.session_key <> a.session_key
      WHERE a.business_id = $1
        AND NOT EXISTS (SELECT FROM bookings k WHERE k.id IN (a.booking_id, b.booking_id) AND k.overbooking_allowed)
        AND NOT EXISTS (SELECT FROM booksy_sync_conflicts c
                         WHERE c.business_id = $1 AND (c.status = 'open' OR upper(a.during) < now() OR upper(b.during) < now())
                           AND (c.record_id IN (a.booking_id, b.booking_id, a.time_off_id, b.time_off_id)
                             OR c.other_record_id IN (a.booking_id, b.booking_id, a.time_off_id, b.time_off_id)))`,
    [salon.businessId],
  );
  return rows.map(({ one, other, during }) => `${one} and ${other} hold ${during}, and nobody was told`);
}

/** Live visits at Booksy that carry the id of one record of ours. */
function doubled(visits: readonly VisitThere[], conflicts: readonly ConflictRow[]): readonly string[] {
  const byRecord = new Map<string, VisitThere[]>();
  for (const visit of visits) {
    const [record] = (visit.import_uid ?? '').split(':');
    if (record === undefined || record === '' || valuesThere(visit).life === 'ended') continue;
    byRecord.set(record, [...(byRecord.get(record) ?? []), visit]);
  }
  return [...byRecord]
    .filter(([, live]) => live.length > 1)
    .filter(
      ([record, live]) =>
        !conflicts.some(
          (each) =>
            each.status === 'open' &&
            (each.record_id === record || live.some(({ id }) => String(id) === each.external_id)),
        ),
    )
    .map(
      ([record, live]) =>
        `${record} lives ${String(live.length)} times: ${live.map(({ id }) => id).join(', ')}`,
    );
}

/** Every linked visit, not only those that the run touched: a fault may have hit a bystander. */
async function unequal(
  rig: Rig,
  salon: Salon,
  history: History,
  here: ReadonlyMap<string, HereRow>,
  there: ReadonlyMap<number, VisitThere>,
  disputed: ReadonlySet<string | null>,
): Promise<readonly string[]> {
  const touched = new Set([...history.subjects.values()].map(({ recordId }) => recordId));
  const { rows } = await rig.db.query<{ booking_id: string; external_id: string }>(
    `SELECT x.booking_id, x.external_id FROM external_bookings x
      WHERE x.business_id = $1 AND x.gone_at IS NULL AND x.booking_id IS NOT NULL`,
    [salon.businessId],
  );
  const linked = new Set(rows.map(({ external_id }) => external_id));
  const differing = rows.flatMap(({ booking_id, external_id }) => {
    const [row, visit] = [here.get(booking_id), there.get(Number(external_id))];
    if (touched.has(booking_id) || disputed.has(booking_id) || disputed.has(external_id)) return [];
    if (visit === undefined) return [`${booking_id} is linked with ${external_id}, which is not at Booksy`];
    if (row === undefined)
      return valuesThere(visit).life === 'live'
        ? [`${external_id} is linked with a booking that is gone`]
        : [];
    const [ours, theirs] = [valuesHere(row), valuesThere(visit)];
    const same =
      ours.life === theirs.life && (ours.life === 'ended' || JSON.stringify(ours) === JSON.stringify(theirs));
    return same
      ? []
      : [`${booking_id} differs from ${external_id}: ${JSON.stringify(ours)} ${JSON.stringify(theirs)}`];
  });
  const unseen = [...there.values()]
    .filter(
      (visit) => visit.type !== 'R' && valuesThere(visit).life === 'live' && !linked.has(String(visit.id)),
    )
    .filter(
      (visit) =>
        !disputed.has(String(visit.id)) && !disputed.has((visit.import_uid ?? '').split(':')[0] ?? ''),
    )
    .map((visit) => `${String(visit.id)} lives at Booksy and is not here`);
  return [...differing, ...unseen];
}

/** I7: effects and entries of the trail are the same, and the chain holds. What was edited here has versions of its own. */
async function auditFaults(rig: Rig, salon: Salon, history: History): Promise<readonly string[]> {
  const touched = new Set(
    history.edits.filter(({ side }) => side === 'platform').map(({ subject }) => subject),
  );
  for (const key of touched) {
    const id = history.subjects.get(key)?.recordId ?? null;
    if (id !== null) rig.editedHere.add(id);
  }
  return effectsAgainstAudit(
    { db: rig.database.prisma, pool: rig.db, vault: rig.vault },
    salon.businessId,
    rig.editedHere,
  );
}
