import { Prisma, type Tx } from '../database/index.ts';
import { TIME_OFF_REASONS, type TimeOffReason } from '../../domain/observed.ts';
import type { HoursOwner } from './words.ts';

/** Time off as it is stored. Local times `YYYY-MM-DDTHH:MM`, instants ISO. */
export interface StoredTimeOff {
  readonly id: string;
  readonly businessId: string;
  readonly owner: HoursOwner;
  /** `calendar` and `reservation` are changed where they come from. */
  readonly source: 'time_off' | 'reservation' | 'calendar';
  readonly calendarId: string | null;
  readonly zone: string;
  readonly startsLocal: string;
  readonly endsLocal: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly allDay: boolean;
  readonly reasonCode: TimeOffReason;
  /** Whether Booksy has it, too. */
  readonly atBooksy: boolean;
  readonly version: number;
}

interface Row extends Omit<StoredTimeOff, 'owner' | 'startsAt' | 'endsAt' | 'reasonCode'> {
  readonly ownerKind: 'staff' | 'room';
  readonly ownerId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly reasonCode: string;
}

const COLUMNS = Prisma.sql`t.id::text AS id, t.business_id::text AS "businessId", t.owner_kind AS "ownerKind",
  t.owner_id::text AS "ownerId", t.source, t.external_calendar_id::text AS "calendarId", t.zone,
  to_char(t.starts_local, 'YYYY-MM-DD"T"HH24:MI') AS "startsLocal", to_char(t.ends_local, 'YYYY-MM-DD"T"HH24:MI') AS "endsLocal",
  t.starts_at AS "startsAt", t.ends_at AS "endsAt", t.all_day AS "allDay", t.reason_code AS "reasonCode",
  EXISTS (SELECT FROM external_time_off x WHERE x.time_off_id = t.id AND x.gone_at IS NULL) AS "atBooksy",
  t.row_version::int AS version`;

/** Which rows of a business are wanted. */
export interface TimeOffPage {
  /** Local dates; what touches one of them is in the list. */
  readonly from: string;
  readonly to: string | null;
  readonly owner: HoursOwner | null;
  readonly after: readonly [startsAt: string, id: string] | null;
  readonly limit: number;
}

/** Time off of a business by its start. */
export async function listTimeOff(
  db: Pick<Tx, '$queryRaw'>,
  businessId: string,
  { from, to, owner, after, limit }: TimeOffPage,
): Promise<readonly StoredTimeOff[]> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT ${COLUMNS} FROM time_off t
     WHERE t.business_id = ${businessId}::uuid AND t.ends_local > ${from}::date
       ${to === null ? Prisma.empty : Prisma.sql`AND t.starts_local < ${to}::date + 1`}
       ${owner === null ? Prisma.empty : Prisma.sql`AND t.owner_kind = ${owner.kind} AND t.owner_id = ${owner.id}::uuid`}
       ${after === null ? Prisma.empty : Prisma.sql`AND (t.starts_at, t.id) > (${after[0]}::timestamptz, ${after[1]}::uuid)`}
     ORDER BY t.starts_at, t.id LIMIT ${limit}`;
  return rows.map(stored);
}

/** One of a business, as it is now. */
export async function readTimeOff(
  db: Pick<Tx, '$queryRaw'>,
  businessId: string,
  id: string,
): Promise<StoredTimeOff | null> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT ${COLUMNS} FROM time_off t WHERE t.business_id = ${businessId}::uuid AND t.id = ${id}::uuid`;
  return rows[0] === undefined ? null : stored(rows[0]);
}

/** The same, locked until the commit. */
export async function findTimeOff(tx: Tx, businessId: string, id: string): Promise<StoredTimeOff | null> {
  const rows = await tx.$queryRaw<Row[]>`
    SELECT ${COLUMNS} FROM time_off t WHERE t.business_id = ${businessId}::uuid AND t.id = ${id}::uuid FOR UPDATE OF t`;
  return rows[0] === undefined ? null : stored(rows[0]);
}

function stored({ ownerKind, ownerId, startsAt, endsAt, reasonCode, ...row }: Row): StoredTimeOff {
  return {
    ...row,
    owner: { kind: ownerKind, id: ownerId },
    startsAt: startsAt.toISOString(),
    endsAt: endsAt.toISOString(),
    reasonCode: TIME_OFF_REASONS.find((reason) => reason === reasonCode) ?? 'other',
  };
}
