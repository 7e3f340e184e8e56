import { fingerprint, type Json } from '../../domain/canonical.ts';
import type { ConflictFacts } from '../../domain/conflicts/choices.ts';
import type { GroupLinks } from '../../domain/conflicts/translate.ts';
import { groupsHere } from '../../domain/conflicts/translate.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { EditCounters } from '../../domain/plan.ts';
import { Prisma, type Db, type Tx } from '../database/index.ts';
import { loadGroupLinks } from './links.ts';
import { loadOurs, type OurRecord } from './ours.ts';
import type { ConflictRow } from './row.ts';

/**
 * Everything that is known of a conflict's record now: Booksy as last observed, the platform now, and the base of each
 * side. Read the same way by the card that a person looks at and by the step that applies their decision, so that both
 * can compare what they saw.
 */
export interface ConflictPicture {
  readonly row: ConflictRow;
  readonly mirror: MirrorPicture | null;
  readonly ours: OurRecord | null;
  /** Booksy as last observed, in our words and ids; groups without a counterpart here are missing. */
  readonly theirsHere: GroupStates;
  /** Of an overlap: the other record here. */
  readonly other: OurRecord | null;
  readonly facts: ConflictFacts;
  /** Changes whenever anything in this picture that the decision is about does. */
  readonly token: string;
}

export interface MirrorPicture {
  readonly externalId: string;
  readonly remote: GroupStates;
  readonly baseTheirs: GroupStates;
  readonly baseOurs: GroupStates;
  readonly baseCounters: EditCounters;
  /** ISO instant of the read that it was last seen by. */
  readonly observedAt: string;
  readonly goneAt: string | null;
}

export type Reader = Pick<Db | Tx, '$queryRaw'>;

/** Where each kind of record is mirrored. Names are constants of this code, never input. */
export const MIRRORS: Readonly<Record<SyncEntity, MirrorPlace>> = {
  booking: { table: 'external_bookings', link: 'booking_id', only: null },
  profile: { table: 'external_clients', link: 'profile_id', only: null },
  service: { table: 'external_services', link: 'record_id', only: `entity = 'service'` },
  variant: { table: 'external_services', link: 'record_id', only: `entity = 'variant'` },
  category: { table: 'external_services', link: 'record_id', only: `entity = 'category'` },
  staff: { table: 'external_staff', link: 'staff_id', only: null },
  room: { table: 'external_rooms', link: 'room_id', only: null },
  time_off: { table: 'external_time_off', link: 'time_off_id', only: null },
  hours: { table: 'external_hours', link: 'schedule_id', only: null },
};

export interface MirrorPlace {
  readonly table: string;
  readonly link: string;
  readonly only: string | null;
}

interface MirrorRow {
  external_id: string;
  remote: GroupStates;
  base_theirs: GroupStates;
  base_ours: GroupStates;
  base_counters: EditCounters;
  observed_received_at: Date;
  gone_at: Date | null;
}

/** Reads the mirror row of a conflict's record. With `lock` nobody moves its bases until the transaction ends. */
export async function readMirrorOf(
  db: Reader,
  row: ConflictRow,
  lock: boolean,
): Promise<MirrorPicture | null> {
  const place = MIRRORS[row.entity];
  // Where the other side's id is not known, this is never true; and an ORDER BY takes no constant.
  const byId = Prisma.sql`external_id IS NOT DISTINCT FROM ${row.externalId}::text`;
  const [found] = await db.$queryRaw<MirrorRow[]>`
    SELECT external_id, remote, base_theirs, base_ours, base_counters, observed_received_at, gone_at
      FROM ${Prisma.raw(place.table)}
     WHERE business_id = ${row.businessId}::uuid ${place.only === null ? Prisma.empty : Prisma.raw(`AND ${place.only}`)}
       AND (${byId} OR ${Prisma.raw(place.link)} = ${row.recordId}::uuid)
     ORDER BY ${byId} DESC, gone_at IS NOT NULL, external_id LIMIT 1 ${lock ? Prisma.raw('FOR UPDATE') : Prisma.empty}`;
  if (found === undefined) return null;
  return {
    externalId: found.external_id,
    remote: found.remote,
    baseTheirs: found.base_theirs,
    baseOurs: found.base_ours,
    baseCounters: found.base_counters,
    observedAt: found.observed_received_at.toISOString(),
    goneAt: found.gone_at?.toISOString() ?? null,
  };
}

/** The picture of a conflict. With `lock` the record, its mirror and the other record stay so until the transaction ends. */
export async function loadPicture(db: Reader, row: ConflictRow, lock = false): Promise<ConflictPicture> {
  const mirror = await readMirrorOf(db, row, lock);
  const ours = await loadOurs(db, row.businessId, row.entity, row.recordId, lock);
  const other = await loadOther(db, row, lock);
  const links = mirror === null ? null : await loadGroupLinks(db, row.businessId, mirror.remote);
  const theirsHere = mirror === null || links === null ? {} : groupsHere(mirror.remote, links);
  const facts = factsOf(row, mirror, ours, other);
  return { row, mirror, ours, theirsHere, other, facts, token: tokenOf(row, mirror, ours, other) };
}

async function loadOther(db: Reader, row: ConflictRow, lock: boolean): Promise<OurRecord | null> {
  if (row.otherRecordId === null) return null;
  return (
    (await loadOurs(db, row.businessId, 'booking', row.otherRecordId, lock)) ??
    (await loadOurs(db, row.businessId, 'time_off', row.otherRecordId, lock))
  );
}

function factsOf(
  row: ConflictRow,
  mirror: MirrorPicture | null,
  ours: OurRecord | null,
  other: OurRecord | null,
): ConflictFacts {
  const visits = [ours, other].filter((each) => each?.entity === 'booking');
  return {
    kind: row.kind,
    entity: row.entity,
    groups: row.groups,
    linked: mirror !== null,
    goneThere: mirror !== null && mirror.goneAt !== null,
    goneHere: row.recordId !== null && ours === null && row.otherRecordId === null,
    other: other === null ? null : visits.length === 2 ? 'visit' : 'block',
    sidesDiffer: visits.length === 2 && ours?.source !== other?.source,
    hasValues: row.sealedValues !== null,
  };
}

/** What a decision is taken on. Only what it is about, so that news elsewhere in the record does not void it. */
function tokenOf(
  row: ConflictRow,
  mirror: MirrorPicture | null,
  ours: OurRecord | null,
  other: OurRecord | null,
): string {
  const part = (states: GroupStates | undefined): Json =>
    Object.fromEntries(row.groups.map((group) => [group, states?.[group] ?? null]));
  const time = (record: OurRecord | null): Json =>
    record === null || row.groups.length > 0 ? record !== null : [record.holds, ...record.times];
  return fingerprint([
    row.kind,
    [...row.groups].sort(),
    row.detail,
    [part(mirror?.remote), part(mirror?.baseTheirs), part(mirror?.baseOurs), mirror?.goneAt ?? null],
    [part(ours?.groups), row.groups.map((group) => ours?.counters[group] ?? 0)],
    [time(ours), time(other)],
  ]);
}

export type { GroupLinks };
