import { createRandom } from '../random.ts';
import type { Random } from '../random.ts';
import type { Salon } from '../state/salon.ts';
import { DAY_MINUTES, formatDate } from '../time.ts';
import type { Visit } from '../types.ts';
import { spanOf } from '../types.ts';
import { instantOf, localMinuteOf } from '../zone.ts';
import { paymentFee, share, taxOn } from './fees.ts';
import type { Fees, Method } from './fees.ts';
import { minorOf, writeMinor } from './money.ts';

export const KINDS = ['payment', 'refund', 'boost', 'fast_payout'] as const;
export type Kind = (typeof KINDS)[number];

/** One line of a statement, as it goes over the wire. `net` = `gross` − `fee` − `tax`. */
export interface SettlementRow {
  readonly id: number;
  readonly kind: Kind;
  /** Null for what belongs to a payout as a whole. */
  readonly appointment_id: number | null;
  readonly currency: string;
  readonly gross: string;
  readonly fee: string;
  readonly tax: string;
  readonly net: string;
  readonly method: Method | null;
  /** UTC. */
  readonly paid_at: string;
  /** Null until it was paid out. */
  readonly payout_id: string | null;
}

/** What a statement is drawn up by. */
export interface Ledger {
  /** What chance is drawn by: the same seed gives the same statement. */
  readonly seed: string;
  readonly fees: Fees;
  /** What happens later is not on the statement yet. */
  readonly nowMs: number;
}

/** A line before it is written. `at` is the local minute at which it was paid. */
interface Entry {
  readonly id: number;
  readonly kind: Kind;
  readonly appointment: number | null;
  readonly gross: number;
  readonly fee: number;
  readonly method: Method | null;
  readonly at: number;
}

/** How long after a visit its refund may come. */
const REFUND_DAYS = 10;
const LAST_DIGIT = { payment: 0, refund: 1, boost: 2, fast_payout: 9 } as const;

/** Lines that were paid on those days (day numbers of the salon's own calendar, both included), oldest first. */
export function settlementRows(salon: Salon, first: number, last: number, ledger: Ledger): SettlementRow[] {
  const { timezone: zone } = salon.business;
  const entries = entriesOf(salon, first, last, ledger).filter(
    ({ at }) => at >= first * DAY_MINUTES && at < (last + 1) * DAY_MINUTES,
  );
  const nowMinute = localMinuteOf(ledger.nowMs, zone);
  const byDay = new Map<number, Entry[]>();
  for (const entry of entries) {
    if (instantOf(entry.at, zone) > ledger.nowMs) continue;
    const day = Math.floor(entry.at / DAY_MINUTES);
    const others = byDay.get(day);
    if (others === undefined) byDay.set(day, [entry]);
    else others.push(entry);
  }
  return [...byDay]
    .sort(([a], [b]) => a - b)
    .flatMap(([day, ofDay]) => payout(salon, day, ofDay, nowMinute, ledger));
}

/** The lines of one day: they are paid out together, at six the next morning, or at midnight for a fee. */
function payout(
  salon: Salon,
  day: number,
  entries: readonly Entry[],
  nowMinute: number,
  ledger: Ledger,
): SettlementRow[] {
  const { id: business } = salon.business;
  const fast = createRandom(`${ledger.seed}/payout/${String(business)}/${String(day)}`).chance(0.15);
  const midnight = (day + 1) * DAY_MINUTES;
  const paidOut = nowMinute >= midnight + (fast ? 0 : 6 * 60);
  const id = paidOut ? `${String(business)}-${formatDate(day).replaceAll('-', '')}` : null;
  const sorted = [...entries].sort((a, b) => a.at - b.at || a.id - b.id);
  const rows = sorted.map((entry) => written(salon, entry, id, ledger));
  if (!fast || !paidOut) return rows;
  const total = sorted.reduce((sum, entry) => sum + netOf(salon, entry, ledger), 0);
  if (total <= 0) return rows;
  const fee: Entry = {
    id: (business * 100_000 + day) * 10 + LAST_DIGIT.fast_payout,
    kind: 'fast_payout',
    appointment: null,
    gross: 0,
    fee: share(total, ledger.fees.fastPayoutBasisPoints),
    method: null,
    at: midnight - 1,
  };
  return [...rows, written(salon, fee, id, ledger)];
}

function netOf(salon: Salon, entry: Entry, { fees }: Ledger): number {
  return entry.gross - entry.fee - taxOn(entry.fee, fees, salon.business.country);
}

function written(salon: Salon, entry: Entry, payoutId: string | null, ledger: Ledger): SettlementRow {
  const { currency, country, timezone } = salon.business;
  const tax = taxOn(entry.fee, ledger.fees, country);
  const money = (minor: number): string => writeMinor(minor, currency);
  return {
    id: entry.id,
    kind: entry.kind,
    appointment_id: entry.appointment,
    currency,
    gross: money(entry.gross),
    fee: money(entry.fee),
    tax: money(tax),
    net: money(entry.gross - entry.fee - tax),
    method: entry.method,
    paid_at: new Date(instantOf(entry.at, timezone)).toISOString().replace('.000Z', 'Z'),
    payout_id: payoutId,
  };
}

function entriesOf(salon: Salon, first: number, last: number, ledger: Ledger): Entry[] {
  const window = {
    from: (first - REFUND_DAYS - 2) * DAY_MINUTES,
    till: (last + 1) * DAY_MINUTES,
    filter: 'start',
    order: 'start',
    withCancelled: false,
  } as const;
  const { rows } = salon.visits.page(window, 0, Number.MAX_SAFE_INTEGER);
  return rows.flatMap((visit) =>
    visit.status === 'F' && visit.type !== 'R' ? entriesOfVisit(salon, visit, ledger) : [],
  );
}

/** What a finished visit leaves on the statements: its payment, perhaps a refund, and Boost's share, once. */
function entriesOfVisit(salon: Salon, visit: Visit, { seed, fees }: Ledger): Entry[] {
  const random = createRandom(`${seed}/settlement/${String(visit.id)}`);
  const method = random.weighted<Method | 'cash'>([
    ['card_reader', 45],
    ['card_keyed', 20],
    ['tap_to_pay', 20],
    ['cash', 15],
  ]);
  const at = spanOf(visit).till + random.below(20);
  const gross = grossOf(salon, visit, random);
  const refund = random.next();
  const later = (random.between(1, REFUND_DAYS) - 1) * DAY_MINUTES + random.between(60, 600);
  const line = (kind: Kind, rest: Partial<Entry>): Entry => ({
    id: visit.id * 10 + LAST_DIGIT[kind],
    kind,
    appointment: visit.id,
    gross: 0,
    fee: 0,
    method: null,
    at,
    ...rest,
  });
  const entries: Entry[] = [];
  if (method !== 'cash' && gross > 0) {
    entries.push(line('payment', { gross, fee: paymentFee(gross, fees[method]), method }));
    // What Booksy kept of the payment is not given back.
    if (refund < 0.02) {
      const back = refund < 0.015 ? gross : Math.ceil(gross / 2);
      entries.push(line('refund', { gross: -back, method, at: at + later }));
    }
  }
  if (gross > 0 && isFirstByBoost(salon, visit)) {
    entries.push(line('boost', { fee: share(gross, fees.boostBasisPoints) }));
  }
  return entries;
}

/** What was charged: the variants' prices and the way there; where the price is open, the salon decides. */
function grossOf(salon: Salon, visit: Visit, random: Random): number {
  const { currency } = salon.business;
  let sum = minorOf(visit.traveling?.price ?? null, currency) ?? 0;
  for (const part of visit.parts) {
    const variant = part.variant === null ? undefined : salon.variants.get(part.variant);
    const price = variant === undefined ? null : minorOf(variant.price, currency);
    if (variant?.type === 'F') continue;
    if (variant?.type === 'S' && price !== null) sum += price + share(price, random.pick([0, 0, 1000, 2000]));
    else sum += price ?? random.between(8, 40) * 500;
  }
  return sum;
}

/** Whether a Boost client's card has its first finished visit here. */
function isFirstByBoost(salon: Salon, visit: Visit): boolean {
  if (visit.customer === null || salon.customers.get(visit.customer)?.from_promo !== true) return false;
  return firstVisits(salon).get(visit.customer) === visit.id;
}

const remembered = new WeakMap<Salon, { readonly revision: number; readonly first: Map<number, number> }>();

/** First finished visit of each card; kept until a visit changes. */
function firstVisits(salon: Salon): Map<number, number> {
  const { revision } = salon.visits;
  const known = remembered.get(salon);
  if (known?.revision === revision) return known.first;
  const best = new Map<number, { readonly id: number; readonly from: number }>();
  for (const visit of salon.visits.values()) {
    if (visit.customer === null || visit.status !== 'F' || visit.type === 'R') continue;
    const { from } = spanOf(visit);
    const other = best.get(visit.customer);
    if (other === undefined || from < other.from || (from === other.from && visit.id < other.id))
      best.set(visit.customer, { id: visit.id, from });
  }
  const first = new Map([...best].map(([customer, { id }]) => [customer, id]));
  remembered.set(salon, { revision, first });
  return first;
}
