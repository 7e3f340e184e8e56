import { z } from 'zod';
import { addDays } from '../../domain/local-time.ts';
import type { WantedItem } from '../../domain/availability/index.ts';
import { loadSalon, type LoadedSalon } from '../availability/load.ts';
import { heldItem } from '../availability/visits.ts';
import { appendAudit, type AuditLine } from '../audit/index.ts';
import type { Tx } from '../database/index.ts';
import { clientsFor, missingProfiles, readable } from './client.ts';
import { Desk, SUGGEST_DAYS, type Taken } from './decide.ts';
import { BookingError, unknown } from './errors.ts';
import { pictureAge, saleOf, type Sale } from './sale.ts';
import type { Made, WantedBooking, WantedClient, Wish } from './types.ts';
import { heldBy, holdItems, writeBookings, type GrantedBooking } from './write.ts';

/** A wish whose time is known. */
interface Timed<W extends Wish = Wish> {
  readonly wish: W;
  readonly items: readonly WantedItem[];
  readonly startsLocal: string;
  readonly holdId: string | null;
}

type Granted = Timed &
  Taken & {
    readonly client: WantedClient | null;
    /** How it is sold; of a hold: how it would be by now. */
    readonly sale: Sale;
  };

export type Outcome = Made | BookingError;

export interface Decided {
  /** By the id of the wish. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** The salon with what was granted, read for some days more: for other times. Null where nobody needs them. */
  readonly salon: LoadedSalon | null;
}

/**
 * Grants wishes for one business in the order in which they came, in the caller's transaction: locks what could serve them,
 * reads the salon, asks the slot engine, writes what was granted. The exclusion constraint has the last word at the commit.
 *
 * @returns an outcome for each wish; of a refusal nothing is written
 */
export async function makeAll(tx: Tx, businessId: string, wishes: readonly Wish[]): Promise<Decided> {
  const outcomes = new Map<string, Outcome>();
  const held = await holdsOf(tx, businessId, wishes);
  await lock(tx, businessId, wishes, held);
  for (const made of await madeOf(tx, businessId, wishes)) outcomes.set(made.id, made);
  // Read again: only now nobody else can end them.
  const timed = timesOf(wishes, await holdsOf(tx, businessId, wishes), outcomes);
  if (timed.length === 0) return { outcomes, salon: null };
  // Where several want something, somebody will be told other times: they are read at once.
  const isRace = wishes.length > 1;
  const salon = await salonFor(tx, businessId, timed, isRace ? SUGGEST_DAYS : 0);
  const desk = new Desk(salon);
  const granted = await judge(tx, salon, desk, timed, outcomes, true);
  await writeAll(tx, salon, granted, outcomes);
  return { outcomes, salon: isRace ? { ...salon, description: desk.description } : null };
}

/**
 * Refuses those of some wishes that cannot be had, by one reading of the salon and without a lock or a transaction: what is taken
 * in a reading that began after it was asked for is refused rightly, whatever is cancelled later. Whoever is not refused by it has
 * got nothing yet.
 *
 * @param wishes that name their time, no hold
 */
export async function refuseTaken(
  db: Pick<Tx, '$queryRaw'>,
  businessId: string,
  wishes: readonly Wish[],
): Promise<Decided> {
  const outcomes = new Map<string, Outcome>();
  const made = new Set((await madeOf(db, businessId, wishes)).map(({ id }) => id));
  const timed = timesOf(
    wishes.filter(({ id }) => !made.has(id)),
    new Map(),
    outcomes,
  );
  const salon = await salonFor(db, businessId, timed, SUGGEST_DAYS);
  await judge(db, salon, new Desk(salon), timed, outcomes, false);
  return { outcomes, salon };
}

async function salonFor(
  db: Pick<Tx, '$queryRaw'>,
  businessId: string,
  timed: readonly Timed[],
  moreDays: number,
): Promise<LoadedSalon> {
  const dates = timed.map(({ startsLocal }) => startsLocal.slice(0, 10)).sort();
  const [first = '', last = first] = [dates[0], dates.at(-1)];
  const salon = await loadSalon(db, businessId, first, moreDays === 0 ? last : addDays(last, moreDays));
  if (salon === null) throw unknown('A business of the request');
  return salon;
}

interface HoldRow {
  readonly id: string;
  readonly token_id: string | null;
  readonly outcome: string | null;
  readonly booking_id: string | null;
  readonly late: boolean;
  readonly items: unknown;
}

async function holdsOf(
  tx: Tx,
  businessId: string,
  wishes: readonly Wish[],
): Promise<ReadonlyMap<string, HoldRow>> {
  const ids = wishes.flatMap(({ time }) => ('holdId' in time ? [time.holdId] : []));
  if (ids.length === 0) return new Map();
  const rows = await tx.$queryRaw<HoldRow[]>`
    SELECT id::text, token_id::text, outcome, booking_id::text, expires_at <= clock_timestamp() AS late, items
      FROM booking_holds WHERE business_id = ${businessId}::uuid AND id = ANY(${ids}::uuid[])`;
  return new Map(rows.map((row) => [row.id, row]));
}

async function lock(
  tx: Tx,
  businessId: string,
  wishes: readonly Wish[],
  held: ReadonlyMap<string, HoldRow>,
): Promise<void> {
  const items = wishes.flatMap(({ time }) => ('items' in time ? time.items : []));
  const named = new Set(items.flatMap(({ staffId }) => staffId ?? []));
  const variants = new Set(items.flatMap(({ variantId }) => variantId ?? []));
  const anybody = new Set(
    items.flatMap(({ staffId, variantId }) => (staffId === null ? (variantId ?? []) : [])),
  );
  await tx.$executeRaw`
    SELECT booking_lock(${businessId}::uuid, ${[...named]}::uuid[], ${[...anybody]}::uuid[], ${[...variants]}::uuid[],
                        ${[...held.keys()]}::uuid[], '{}')`;
}

/** A request that is sent again after its answer was lost finds what it made. */
async function madeOf(
  db: Pick<Tx, '$queryRaw'>,
  businessId: string,
  wishes: readonly Wish[],
): Promise<readonly Made[]> {
  const rows = await db.$queryRaw<{ id: string; awaits_booksy: boolean }[]>`
    SELECT id::text, awaits_booksy FROM bookings
     WHERE business_id = ${businessId}::uuid AND id = ANY(${wishes.map(({ id }) => id)}::uuid[])`;
  return rows.map(({ id, awaits_booksy: waits }) => ({ kind: 'booking', id, waits, isNew: false }));
}

function timesOf(
  wishes: readonly Wish[],
  held: ReadonlyMap<string, HoldRow>,
  outcomes: Map<string, Outcome>,
): readonly Timed[] {
  return wishes.flatMap((wish): readonly Timed[] => {
    if (outcomes.has(wish.id)) return [];
    const { time } = wish;
    if (!('holdId' in time)) return [{ wish, ...time, holdId: null }];
    const hold = held.get(time.holdId);
    // Another token's hold must look as if it were not there.
    if (hold === undefined || hold.token_id !== wish.asker.tokenId) {
      outcomes.set(wish.id, unknown('This hold'));
      return [];
    }
    if (hold.outcome !== null || hold.late) {
      outcomes.set(wish.id, overHold(hold.outcome ?? 'expired'));
      return [];
    }
    const items = z.array(heldItem).parse(hold.items);
    return [
      {
        wish,
        items: items.map(({ variantId, staffId }) => ({ variantId, staffId })),
        startsLocal: items[0]?.startsLocal ?? '',
        holdId: hold.id,
      },
    ];
  });
}

/** @param outcome as it stands in the row */
export function overHold(outcome: string): BookingError {
  return new BookingError('hold_over', {
    message: `The hold is over: ${outcome}.`,
    next: 'Make a new hold, or book the time as it is.',
  });
}

/** @param keeps whether what is granted stands in the way of what comes next; else each wish is judged by itself */
async function judge(
  db: Pick<Tx, '$queryRaw'>,
  salon: LoadedSalon,
  desk: Desk,
  timed: readonly Timed[],
  outcomes: Map<string, Outcome>,
  keeps: boolean,
): Promise<readonly Granted[]> {
  const named = timed.flatMap(({ wish }) => (wish.kind === 'booking' ? (wish.client?.profileId ?? []) : []));
  const missing = await missingProfiles(db, salon.businessId, named);
  const isStale = await pictureAge(db, salon);
  return timed.flatMap((each): readonly Granted[] => {
    const { wish, items, startsLocal, holdId } = each;
    const isBooking = wish.kind === 'booking';
    try {
      // A hold is time that is promised: where nothing is sold nothing is kept either (R20).
      const sale = saleOf(salon.terms, isStale(startsLocal.slice(0, 10)));
      const client = isBooking ? clientOf(wish, missing, salon) : null;
      const ignoreVisitIds = holdId === null ? [] : [holdId];
      const wanted = { items, startsLocal, ignoreVisitIds, overbook: isBooking && wish.overbook };
      const taken = desk.grant(wanted);
      if (keeps) desk.keep(wanted, heldBy(salon, wish.id, taken.slot));
      return [{ ...each, ...taken, client, sale }];
    } catch (error) {
      if (!(error instanceof BookingError)) throw error;
      outcomes.set(wish.id, error);
      return [];
    }
  });
}

function clientOf(
  { client }: WantedBooking,
  missing: ReadonlySet<string>,
  { terms }: LoadedSalon,
): WantedClient | null {
  if (client === null) return null;
  if (client.profileId !== null && missing.has(client.profileId)) throw unknown('The client of the request');
  return readable(client, terms.country);
}

async function writeAll(
  tx: Tx,
  salon: LoadedSalon,
  granted: readonly Granted[],
  outcomes: Map<string, Outcome>,
): Promise<void> {
  const audit: AuditLine[] = [];
  const { businessId } = salon;
  for (const { wish, slot } of granted) {
    if (wish.kind !== 'hold') continue;
    const [row] = await tx.$queryRaw<{ ends: Date }[]>`
      SELECT booking_hold_take(${wish.id}::uuid, ${businessId}::uuid, ${wish.asker.tokenId}::uuid,
                               ${JSON.stringify(holdItems(salon, slot))}::jsonb, ${wish.seconds}::int)::timestamptz(3) AS ends`;
    outcomes.set(wish.id, {
      kind: 'hold',
      id: wish.id,
      expiresAt: (row?.ends ?? new Date()).toISOString(),
      slot,
    });
    audit.push(line(wish, 'held', null));
  }
  const wanted = new Map(
    granted.flatMap(({ wish, client }) => (client === null ? [] : [[wish.id, client] as const])),
  );
  const clients = await clientsFor(tx, businessId, wanted);
  const bookings: GrantedBooking[] = [];
  for (const { wish, slot, overbooked, holdId, sale } of granted) {
    if (wish.kind !== 'booking') continue;
    if (holdId !== null)
      await tx.$executeRaw`SELECT booking_holds_end(ARRAY[${holdId}::uuid], 'booked', ${wish.id}::uuid)`;
    bookings.push({
      id: wish.id,
      slot,
      sale,
      overbooked,
      client: clients.get(wish.id) ?? null,
      note: wish.note,
    });
    outcomes.set(wish.id, { kind: 'booking', id: wish.id, waits: sale.waits, isNew: true });
    audit.push(line(wish, overbooked ? 'overbooked' : 'booked', sale.awaitsBooksy ? 'awaits_booksy' : null));
  }
  await writeBookings(tx, salon, bookings);
  await appendAudit(tx, { businessId }, audit);
}

function line(wish: Wish, action: string, reasonCode: string | null): AuditLine {
  const entity = wish.kind === 'hold' ? 'hold' : 'booking';
  return { actor: wish.asker.actor, action, entity, recordId: wish.id, reasonCode, groups: [] };
}
