import { addDays } from '../../domain/local-time.ts';
import { MAX_PAGE_ROWS, type Lane } from '../../booksy/index.ts';
import type { SeenAppointment, SeenClient } from '../inbound/apply-page.ts';
import { readById } from '../inbound/read-by-id.ts';
import type { InboundDeps, RunBusiness } from '../inbound/run.ts';
import { apart, eachBounded } from './bounded.ts';
import { planReads, type DayRange } from './read-plan.ts';

/** Reads of one business under way at once. The pacer is the limit; this keeps one business from filling its queue. */
const READS_AT_ONCE = 8;
/** Below so many, lists are not worth a thought. */
const LIST_FROM = 20;
const NEAR_MS = 48 * 3_600_000;

/** What the webhooks' appointments were read to be. */
export interface ReadNews {
  readonly visits: readonly SeenAppointment[];
  readonly gone: readonly string[];
  readonly unreadable: readonly string[];
  readonly failed: readonly { readonly externalId: string; readonly error: unknown }[];
  /** Cards that these visits were last seen with, as far as the cards are known here. */
  readonly knownCards: ReadonlySet<string>;
}

interface KnownRow {
  external_id: string;
  day: string;
  starts_at: Date;
  card: string | null;
}

/** Reads appointments back: by id, or as lists of days where that takes fewer calls and list rows are full (R5). */
export async function readNews(
  deps: InboundDeps,
  business: RunBusiness,
  externalIds: readonly string[],
  beat: () => void,
): Promise<ReadNews> {
  const known = await knownStarts(deps, business.id, externalIds);
  const listed = await readLists(deps, business, externalIds, known, beat);
  const soon = Date.now() + NEAR_MS;
  // A visit that nobody knows yet may be about to begin.
  const laneOf = (id: string): Lane => {
    const startsAt = known.get(id)?.starts_at.getTime();
    return startsAt === undefined || startsAt < soon ? 2 : 3;
  };
  const rest = externalIds.filter((id) => !listed.has(id));
  const outcomes = apart(
    await eachBounded(
      rest,
      READS_AT_ONCE,
      (externalId) =>
        readById(() => deps.booksy.getAppointment(business, { externalId }, { lane: laneOf(externalId) })),
      beat,
    ),
  );
  return {
    visits: [
      ...listed.values(),
      ...outcomes.done.flatMap(({ value }) => ('found' in value ? [value.found] : [])),
    ],
    gone: outcomes.done.flatMap(({ item, value }) => ('gone' in value ? [item] : [])),
    unreadable: outcomes.done.flatMap(({ item, value }) => ('unreadable' in value ? [item] : [])),
    failed: outcomes.failed.map(({ item, error }) => ({ externalId: item, error })),
    knownCards: new Set([...known.values()].flatMap(({ card }) => card ?? [])),
  };
}

async function knownStarts(
  { db }: InboundDeps,
  businessId: string,
  externalIds: readonly string[],
): Promise<ReadonlyMap<string, KnownRow>> {
  const rows = await db.$queryRaw<KnownRow[]>`
    SELECT /* prepared */ m.external_id, to_char(m.starts_local, 'YYYY-MM-DD') AS day, b.starts_at, c.external_id AS card
      FROM external_bookings m
      JOIN bookings b ON b.id = m.booking_id
      LEFT JOIN external_clients c ON c.business_id = m.business_id AND c.external_id = m.client_external_id
     WHERE m.business_id = ${businessId}::uuid AND m.external_id = ANY(${[...externalIds]}::text[])
       AND m.starts_local IS NOT NULL`;
  return new Map(rows.map((row) => [row.external_id, row]));
}

/** What lists of days show of these appointments; what they do not show was moved, deleted or cannot be read. */
async function readLists(
  deps: InboundDeps,
  business: RunBusiness,
  externalIds: readonly string[],
  known: ReadonlyMap<string, KnownRow>,
  beat: () => void,
): Promise<ReadonlyMap<string, SeenAppointment>> {
  const seen = new Map<string, SeenAppointment>();
  if (externalIds.length < LIST_FROM || !deps.capabilities.listRowsFull) return seen;
  const dayOf = new Map([...known].map(([id, { day }]) => [id, day]));
  const days = [...dayOf.values()].sort();
  const { ranges } = planReads(externalIds, dayOf, await rowsOnDays(deps, business.id, days[0], days.at(-1)));
  const wanted = new Set(externalIds);
  for (const range of ranges) {
    for (const row of await readRange(deps, business, range, beat)) {
      if (wanted.has(row.row.externalId)) seen.set(row.row.externalId, row);
    }
  }
  return seen;
}

async function rowsOnDays(
  { db }: InboundDeps,
  businessId: string,
  firstDay: string | undefined,
  lastDay: string | undefined,
): Promise<ReadonlyMap<string, number>> {
  if (firstDay === undefined || lastDay === undefined) return new Map();
  const rows = await db.$queryRaw<{ day: string; rows: bigint }[]>`
    SELECT to_char(starts_local, 'YYYY-MM-DD') AS day, count(*) AS rows FROM external_bookings
     WHERE business_id = ${businessId}::uuid AND gone_at IS NULL
       AND starts_local >= ${firstDay}::timestamp AND starts_local < ${addDays(lastDay, 1)}::timestamp
     GROUP BY 1`;
  return new Map(rows.map(({ day, rows: count }) => [day, Number(count)]));
}

/** A list that fails is no failure: its visits are read by id. */
async function readRange(
  deps: InboundDeps,
  business: RunBusiness,
  { firstDay, lastDay }: DayRange,
  beat: () => void,
): Promise<readonly SeenAppointment[]> {
  const window = { fromLocal: `${firstDay}T00:00`, tillLocal: `${addDays(lastDay, 1)}T00:00` };
  const rows: SeenAppointment[] = [];
  try {
    for (let offset = 0, total = 1; offset < total; offset += MAX_PAGE_ROWS) {
      beat();
      const page = await deps.booksy.listAppointments(
        business,
        { ...window, offset, limit: MAX_PAGE_ROWS },
        { lane: 3 },
      );
      total = page.total;
      rows.push(...page.rows.map((row) => ({ row, interval: page.interval })));
      if (page.externalIds.length === 0) break;
    }
  } catch (error) {
    deps.logger.info(
      { businessId: business.id, err: error },
      'a list of days could not be read: by id instead',
    );
  }
  return rows;
}

/** Cards of new visits that nobody knows here yet: clients have no webhooks (R4). What cannot be read waits for the sweep. */
export async function readNewCards(
  deps: InboundDeps,
  business: RunBusiness,
  { visits, knownCards }: Pick<ReadNews, 'visits' | 'knownCards'>,
  beat: () => void,
): Promise<readonly SeenClient[]> {
  const cards = new Set(
    visits.flatMap(({ row }) =>
      row.kind === 'visit' && row.clientExternalId !== null && !knownCards.has(row.clientExternalId)
        ? [row.clientExternalId]
        : [],
    ),
  );
  if (cards.size === 0) return [];
  const rows = await deps.db.$queryRaw<{ id: string }[]>`
    SELECT /* prepared */ id FROM unnest(${[...cards]}::text[]) AS id
     WHERE NOT EXISTS (SELECT FROM external_clients m WHERE m.business_id = ${business.id}::uuid AND m.external_id = id)`;
  const outcomes = await eachBounded(
    rows.map(({ id }) => id),
    READS_AT_ONCE,
    (externalId) => readById(() => deps.booksy.getClient(business, { externalId }, { lane: 3 })),
    beat,
  );
  return apart(outcomes).done.flatMap(({ value }) => ('found' in value ? [value.found] : []));
}
