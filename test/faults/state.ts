import { verifyChain } from './chain.ts';
import type { Edit, History, Subject } from './history.ts';
import { link } from './play.ts';
import type { Rig } from './rig.ts';
import { visitsThere, type Salon, type VisitThere } from './salons.ts';
import { hereSql, valuesHere, valuesThere, type RowHere, type Values } from './values.ts';

/** What both sides hold after a run, read past the engine: SQL of the tests' own, and the simulator's state. */

export interface VisitState {
  readonly here: Values | null;
  readonly there: Values | null;
  /** An open conflict, or quarantine, names it: both sides are shown to a person. */
  readonly disputed: boolean;
  /** A conflict named it, whatever became of it. */
  readonly wasDisputed: boolean;
  /** Whether an edit at Booksy fell between the read and the write of ours that covers its group. */
  inGap(edit: Edit, group: 'time' | 'note'): boolean;
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
    `SELECT kind, status, record_id, other_record_id, external_id FROM booksy_sync_conflicts WHERE business_id = $1
     UNION ALL SELECT 'quarantine', 'open', NULL, NULL, external_id FROM quarantine WHERE business_id = $1 AND released_at IS NULL`,
    [salon.businessId],
  );
  const { rows: intents } = await rig.db.query<IntentRow>(
    `SELECT record_id, groups, state, extract(epoch FROM opened_at)::float8 * 1000 AS opened,
            extract(epoch FROM coalesce(answered_at, resolved_at))::float8 * 1000 AS ended
       FROM sync_intents WHERE business_id = $1 AND operation IN ('change', 'create')`,
    [salon.businessId],
  );
  const visits = new Map<string, VisitState>();
  for (const subject of history.subjects.values())
    visits.set(subject.key, visitState(subject, here, there, conflicts, intents));
  return {
    visits,
    overlaps: await overlaps(rig, salon),
    doubledUids: doubled([...there.values()], conflicts),
    unequal: await unequal(rig, salon, history, here, there, conflicts),
    audit: await auditFaults(rig, salon),
  };
}

function visitState(
  subject: Subject,
  here: ReadonlyMap<string, HereRow>,
  there: ReadonlyMap<number, VisitThere>,
  conflicts: readonly ConflictRow[],
  intents: readonly IntentRow[],
): VisitState {
  const row = subject.bookingId === null ? undefined : here.get(subject.bookingId);
  // A revived visit is another object at Booksy (R16): whatever carries our id is it.
  const own = [...there.values()].filter(
    (visit) =>
      visit.id === subject.externalId ||
      (subject.bookingId !== null && (visit.import_uid ?? '').startsWith(`${subject.bookingId}:`)),
  );
  const visit = own.find((each) => valuesThere(each).life === 'live') ?? own[0];
  const ids = new Set(own.map(({ id }) => String(id)));
  if (subject.externalId !== null) ids.add(String(subject.externalId));
  const about = conflicts.filter(
    (each) =>
      (subject.bookingId !== null &&
        (each.record_id === subject.bookingId || each.other_record_id === subject.bookingId)) ||
      (each.external_id !== null && ids.has(each.external_id)),
  );
  const sent = intents.filter(({ record_id }) => record_id === subject.bookingId);
  return {
    here: row === undefined ? null : valuesHere(row),
    there: visit === undefined ? null : valuesThere(visit),
    disputed: about.some(({ status }) => status === 'open'),
    wasDisputed: about.length > 0,
    inGap: (edit, group) =>
      sent.some(
        (intent) =>
          intent.groups.some((name) => (group === 'note' ? name === 'clientNote' : name.endsWith(':time'))) &&
          edit.wallMs >= intent.opened - READ_BEFORE_MS &&
          edit.wallMs <=
            (intent.ended ?? intent.opened) + (intent.state === 'confirmed' ? 200 : ACTS_LATE_MS),
      ),
  };
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
  conflicts: readonly ConflictRow[],
): Promise<readonly string[]> {
  const touched = new Set([...history.subjects.values()].map(({ bookingId }) => bookingId));
  const { rows } = await rig.db.query<{ booking_id: string; external_id: string }>(
    `SELECT x.booking_id, x.external_id FROM external_bookings x
      WHERE x.business_id = $1 AND x.gone_at IS NULL AND x.booking_id IS NOT NULL`,
    [salon.businessId],
  );
  const disputed = new Set(
    conflicts
      .filter(({ status }) => status === 'open')
      .flatMap((each) => [each.record_id, each.other_record_id, each.external_id]),
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

/** I7: each write that acted has its line, and the chain holds. */
async function auditFaults(rig: Rig, salon: Salon): Promise<readonly string[]> {
  const { rows } = await rig.db.query<{ record: string; written: string; told: string }>(
    `SELECT record_id AS record, sum(written) AS written, sum(told) AS told FROM (
       SELECT record_id, 1 AS written, 0 AS told FROM sync_intents WHERE business_id = $1 AND state = 'confirmed'
       UNION ALL
       SELECT record_id, 0, 1 FROM booksy_audit_log WHERE business_id = $1 AND action IN ('sent', 'sent_new')) AS each
      GROUP BY record_id HAVING sum(written) <> sum(told)`,
    [salon.businessId],
  );
  const missing = rows.map(
    ({ record, written, told }) => `${record}: ${written} writes acted, ${told} lines tell of them`,
  );
  return [...missing, ...(await verifyChain(rig, salon))];
}
