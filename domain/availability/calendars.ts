import { checkGap } from './check.ts';
import { fail, readStretch, readWhole } from './read.ts';
import { busyStretches, merged, type Span } from './spans.ts';
import type { HeldItem, HeldVisit, Padding, SalonDescription, WantedVisit } from './types.ts';
import { paddingFor, padSpans } from './wanted.ts';

/** Time that an item of a visit holds. */
export interface Hold {
  readonly busy: readonly Span[];
  /** What is to be kept free around it. */
  readonly pads: readonly Span[];
  /** Key of its session; null = it shares with nobody. */
  readonly session: string | null;
}

/** What is known of one person or room, beside the hours. */
export interface Calendar {
  readonly holds: readonly Hold[];
  /** Busy time of the holds, merged. */
  readonly held: readonly Span[];
  readonly timeOff: readonly Span[];
  readonly blocks: readonly Span[];
}

/** Visits of one service that one person serves at once (R24). */
export interface Session {
  readonly key: string;
  readonly staffId: string;
  readonly taken: number;
  /** Rooms that its items hold. */
  readonly roomIds: ReadonlySet<string>;
}

/** An item that holds one of several people, nobody in particular (R24). */
export interface FloatingItem {
  readonly busy: readonly Span[];
  readonly staffIds: readonly string[];
}

export interface Calendars {
  readonly staff: ReadonlyMap<string, Calendar>;
  readonly rooms: ReadonlyMap<string, Calendar>;
  /** By service, then by the minute in which they start. */
  readonly sessions: ReadonlyMap<string, ReadonlyMap<number, readonly Session[]>>;
  readonly floating: readonly FloatingItem[];
}

/** Statuses that hold no time (R23); the trigger that derives `occupancy` says the same. */
const FREE_STATUSES: ReadonlySet<string> = new Set(['cancelled', 'no_show']);
const MINUTE_MS = 60_000;

interface MutableCalendar {
  readonly holds: Hold[];
  readonly timeOff: Span[];
  readonly blocks: Span[];
}

interface MutableSession {
  readonly key: string;
  readonly staffId: string;
  taken: number;
  readonly roomIds: Set<string>;
}

/** Whose calendars a question concerns. */
export interface Concerned {
  readonly staffIds: ReadonlySet<string>;
  readonly roomIds: ReadonlySet<string>;
}

/**
 * Who and what is taken, by the visits that hold and by time off. What concerns nobody who could serve is not read.
 *
 * @throws AvailabilityError
 */
export function readCalendars(
  description: SalonDescription,
  wanted: WantedVisit,
  parts: Concerned,
): Calendars {
  const ignored = new Set(wanted.ignoreVisitIds ?? []);
  const counts = ({ id, status }: HeldVisit) => !FREE_STATUSES.has(status) && !ignored.has(id);
  const staffIds = new Set(parts.staffIds);
  for (const visit of description.visits) {
    for (const { staffId, eligibleStaffIds } of visit.items)
      if (staffId === null && counts(visit)) for (const id of eligibleStaffIds ?? []) staffIds.add(id);
  }
  const reader = new CalendarReader(description, { staffIds, roomIds: parts.roomIds });
  description.visits.forEach((visit, index) => {
    if (!counts(visit)) return;
    visit.items.forEach((item, place) => {
      if (reader.concerns(item)) reader.addItem(visit, item, [index, place]);
    });
  });
  reader.addTimeOff();
  return reader.done();
}

class CalendarReader {
  readonly #description: SalonDescription;
  readonly #staff: ReadonlyMap<string, MutableCalendar>;
  readonly #rooms: ReadonlyMap<string, MutableCalendar>;
  readonly #buffers: Padding;
  readonly #padding: ReadonlyMap<string, Padding>;
  readonly #sessions = new Map<string, Map<number, MutableSession[]>>();
  readonly #floating: FloatingItem[] = [];

  constructor(description: SalonDescription, { staffIds, roomIds }: Concerned) {
    const empty = ({ id }: { readonly id: string }) =>
      [id, { holds: [], timeOff: [], blocks: [] } satisfies MutableCalendar] as const;
    this.#description = description;
    this.#staff = new Map(description.staff.filter(({ id }) => staffIds.has(id)).map(empty));
    this.#rooms = new Map(description.rooms.filter(({ id }) => roomIds.has(id)).map(empty));
    this.#buffers = paddingFor(description, null);
    this.#padding = new Map(
      description.services.map(({ id, padding }) => [id, paddingFor(description, padding)]),
    );
  }

  concerns({ staffId, eligibleStaffIds, roomId }: HeldItem): boolean {
    if (staffId === null ? eligibleStaffIds !== null : this.#staff.has(staffId)) return true;
    return roomId !== null && this.#rooms.has(roomId);
  }

  addItem({ status }: HeldVisit, item: HeldItem, [visit, place]: readonly [number, number]): void {
    const field = `visits[${String(visit)}].items[${String(place)}]`;
    if (item.gap !== null) checkGap(item.gap, `${field}.gap`);
    readWhole(item.seats, `${field}.seats`, 1, 1000);
    const now = readStretch(item, field);
    this.#hold(item, now, true);
    if (item.prior === null || status !== 'proposed') return;
    const before = readStretch(item.prior, `${field}.prior`);
    // One seat, though both times begin together.
    this.#hold(item, before, before.startMs !== now.startMs);
  }

  #hold(item: HeldItem, time: Span & { readonly startMs: number }, takesSeat: boolean): void {
    const { staffId, roomId, serviceId } = item;
    const padding = this.#padding.get(serviceId ?? '') ?? this.#buffers;
    const shared = item.seats > 1 && staffId !== null && serviceId !== null;
    const session = shared ? `${staffId}|${serviceId}|${String(time.startMs)}` : null;
    const hold: Hold = {
      busy: busyStretches(time.from, time.till, item.gap),
      pads: padSpans(time, padding),
      session,
    };
    if (staffId !== null) this.#staff.get(staffId)?.holds.push(hold);
    else if (item.eligibleStaffIds !== null) {
      const staffIds = item.eligibleStaffIds.filter((id) => this.#staff.has(id));
      this.#floating.push({ busy: hold.busy, staffIds });
    }
    if (roomId !== null) this.#rooms.get(roomId)?.holds.push(hold);
    // No start that is offered has seconds, so nobody can join a session that has.
    if (session !== null && shared && time.startMs % MINUTE_MS === 0)
      this.#seat({ key: session, staffId, serviceId, roomId, start: time.from, takesSeat });
  }

  #seat(seat: {
    readonly key: string;
    readonly staffId: string;
    readonly serviceId: string;
    readonly roomId: string | null;
    readonly start: number;
    readonly takesSeat: boolean;
  }): void {
    const { key, staffId, serviceId, roomId, start, takesSeat } = seat;
    const ofService = this.#sessions.get(serviceId) ?? new Map<number, MutableSession[]>();
    this.#sessions.set(serviceId, ofService);
    const atStart = ofService.get(start) ?? [];
    ofService.set(start, atStart);
    let session = atStart.find((each) => each.key === key);
    if (session === undefined) atStart.push((session = { key, staffId, taken: 0, roomIds: new Set() }));
    if (takesSeat) session.taken += 1;
    if (roomId !== null) session.roomIds.add(roomId);
  }

  addTimeOff(): void {
    this.#description.timeOff.forEach((off, index) => {
      const field = `timeOff[${String(index)}]`;
      const { from, till } = readStretch(off, field);
      if ((off.staffId === null) === (off.roomId === null))
        fail('number_out_of_range', `${field}.staffId`, off.staffId, ' (one of staffId and roomId)');
      const calendar = this.#staff.get(off.staffId ?? '') ?? this.#rooms.get(off.roomId ?? '');
      (off.kind === 'block' ? calendar?.blocks : calendar?.timeOff)?.push({ from, till });
    });
  }

  done(): Calendars {
    return {
      staff: finished(this.#staff),
      rooms: finished(this.#rooms),
      sessions: this.#sessions,
      floating: this.#floating.filter(({ busy }) => busy.length > 0),
    };
  }
}

function finished(calendars: ReadonlyMap<string, MutableCalendar>): ReadonlyMap<string, Calendar> {
  return new Map(
    [...calendars].map(([id, { holds, timeOff, blocks }]) => [
      id,
      {
        holds,
        held: merged(holds.flatMap(({ busy }) => busy)),
        timeOff: merged(timeOff),
        blocks: merged(blocks),
      },
    ]),
  );
}
