import type { Json } from '../canonical.ts';
import type { ConflictKind } from '../conflict-kinds.ts';
import { asIntervals, dayOfGroup } from '../states/hours.ts';
import { itemOfGroup } from '../states/visit.ts';

/** A conflict in the words of a salon: for cards that a person reads. Holds names: never for logs or workflows. */

const KINDS: Readonly<Record<ConflictKind, string>> = {
  field: 'Changed on both sides',
  time_overlap: 'Two bookings want one time',
  capacity: 'More visits than places',
  changed_against_cancelled: 'Cancelled on one side, changed on the other',
  deleted_against_changed: 'Deleted on one side, changed on the other',
  unmapped: 'The visit names something that is not linked',
  unsure_client: 'It is not sure who the client is',
  ambiguous_local_time: 'The clocks change at that time',
  refused_by_booksy: 'Booksy did not take our change',
  normalised_differently: 'Both sides keep rewriting each other',
  overwritten_at_booksy: 'A change made at Booksy was overwritten',
  double: 'The visit is at Booksy twice',
  outcome_unknown: 'It is not known whether Booksy took our change',
  quarantine: 'Set aside until somebody has looked',
};

export function kindText(kind: ConflictKind): string {
  return KINDS[kind];
}

const GROUPS: Readonly<Record<string, string>> = {
  status: 'Status',
  statusCode: 'Status at Booksy',
  zone: 'Time zone',
  client: 'Client',
  clientName: 'Name on the visit',
  clientPhone: 'Phone on the visit',
  clientEmail: 'E-mail on the visit',
  clientNote: 'Note of the client',
  travel: 'Address of the visit',
  name: 'Name',
  email: 'E-mail',
  phone: 'Phone',
  owner: 'Whose time',
  time: 'Time',
  reason: 'Reason',
  approved: 'Approved',
  description: 'Description',
  category: 'Category',
  priceType: 'Kind of price',
  padding: 'Padding',
  gap: 'Processing gap',
  parallelClients: 'Places',
  active: 'Can be booked',
  position: 'Place in the list',
  service: 'Service',
  label: 'Label',
  price: 'Price',
  durationMinutes: 'Duration',
  slotStepMinutes: 'Steps of the slots',
  staff: 'Staff',
  role: 'Role',
};

/** A group as a person calls it. */
export function groupText(group: string): string {
  const item = itemOfGroup(group);
  if (item !== null) return item.part === 'time' ? 'Time and staff' : 'Service';
  return GROUPS[group] ?? dayText(group) ?? group;
}

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** A day of opening hours; null for every other group. */
function dayText(group: string): string | null {
  if (!isDay(group)) return null;
  const { date, dayOfWeek, appliesFrom } = dayOfGroup(group);
  if (date !== null) return `Hours on ${date}`;
  const day = WEEKDAYS[dayOfWeek ?? 0] ?? group;
  return appliesFrom === null ? `Hours on ${day}` : `Hours on ${day} from ${appliesFrom}`;
}

function isDay(group: string): boolean {
  return group.startsWith('weekday:') || group.startsWith('date:');
}

function hoursText(value: Json): string {
  const hours = asIntervals(value);
  if (hours === null) return 'hours that cannot be read';
  return hours.length === 0
    ? 'closed'
    : hours.map(([open, close]) => `${clockText(open)}–${clockText(close)}`).join(', ');
}

/** Past midnight the clock starts anew. */
function clockText(minute: number): string {
  const inDay = minute === 1440 ? minute : minute % 1440;
  return `${String(Math.floor(inDay / 60)).padStart(2, '0')}:${String(inDay % 60).padStart(2, '0')}`;
}

/** Names of records here, by id; and what Booksy calls what is not linked. */
export type Names = ReadonlyMap<string, string>;

/**
 * A value of a group in words; null where there is none. An id whose name is not known stays as it is.
 *
 */
export function valueText(group: string, value: Json | undefined, names: Names): string | null {
  if (value === undefined || value === null) return null;
  if (isDay(group)) return hoursText(value);
  if (typeof value === 'string') return names.get(value) ?? value;
  if (typeof value === 'number') return group.endsWith('Minutes') ? `${String(value)} min` : String(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (isList(value)) return value.map((each) => valueText(group, each, names) ?? '').join(', ') || null;
  return recordText(group, value, names);
}

function recordText(group: string, value: { readonly [key: string]: Json }, names: Names): string | null {
  const text = (name: string): string | null => valueText(name, value[name], names);
  const item = itemOfGroup(group);
  if (item?.part === 'time') {
    return words([
      span(text('startsLocal'), text('endsLocal')),
      value.anyStaff === true ? 'anybody' : text('staff'),
      text('room'),
    ]);
  }
  if (item?.part === 'service') return text('name') ?? text('variant');
  switch (group) {
    case 'status':
      return words([text('status'), value.status === 'cancelled' ? text('reason') : null]);
    case 'name':
      return words([text('given'), text('family')], ' ');
    case 'time':
      return value.allDay === true
        ? (text('startsLocal') ?? '').slice(0, 10)
        : span(text('startsLocal'), text('endsLocal'));
    case 'owner':
      return text('id');
    case 'price':
      return typeof value.minor === 'number'
        ? words([text('type'), `${String(value.minor / 100)} ${text('currency') ?? ''}`])
        : text('type');
    default:
      return words(Object.keys(value).map((key) => valueText(key, value[key], names)));
  }
}

function span(from: string | null, till: string | null): string | null {
  if (from === null) return null;
  const [date, time] = from.split('T');
  return `${date ?? ''} ${time ?? ''}–${(till ?? '').split('T')[1] ?? ''}`;
}

function words(parts: readonly (string | null)[], between = ', '): string | null {
  const said = parts.filter((part): part is string => part !== null && part !== '');
  return said.length === 0 ? null : said.join(between);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

const REASONS: Readonly<Record<string, string>> = {
  time_taken: 'Booksy says that the time is taken there.',
  not_modifiable: 'Booksy does not let this visit be changed from outside: change it in Booksy.',
  invalid_request: 'Booksy found the change not valid.',
  not_found: 'Booksy does not know it any more.',
  forbidden: 'Booksy does not permit the change.',
  blast_radius:
    'So much of a list was missing at once that nothing was removed: look in Booksy whether it is really gone.',
  unparseable: 'Booksy shows it in a form that cannot be read: correct it there.',
  no_staff_left: 'Nobody who does this service is free at that time.',
};

/** Why, in a sentence; from the codes in a conflict's detail. */
export function reasonText(kind: ConflictKind, detail: { readonly [key: string]: Json }): string {
  const code = [detail.code, detail.reason, detail.reasonCode].find((each) => typeof each === 'string');
  const known = typeof code === 'string' ? REASONS[code] : undefined;
  if (known !== undefined) return known;
  switch (kind) {
    case 'field':
      return 'Both sides changed it since they last agreed.';
    case 'time_overlap':
      return 'Both hold the time until somebody decides.';
    case 'capacity':
      return 'The session has more visits than places.';
    case 'changed_against_cancelled':
      return 'One side ended it while the other changed it.';
    case 'deleted_against_changed':
      return detail.goneAtBooksy === true
        ? 'It is gone at Booksy, and was changed here since.'
        : 'It was deleted here, and changed at Booksy since.';
    case 'unmapped':
      return 'Staff or service of the visit is not linked with one of ours.';
    case 'unsure_client':
      return 'Several clients here could be this one.';
    case 'ambiguous_local_time':
      return 'The local time does not exist or exists twice, because the clocks change.';
    case 'refused_by_booksy':
      return 'Booksy refused the change.';
    case 'normalised_differently':
      return 'Each side stores it in its own form and changes the other’s.';
    case 'overwritten_at_booksy':
      return 'Somebody changed it at Booksy in the moment in which our change went there.';
    case 'double':
      return 'Two appointments at Booksy carry the id of this visit.';
    case 'outcome_unknown':
      return 'Booksy did not answer, and it could not be found out what it did.';
    case 'quarantine':
      return 'It could not be taken in without a look.';
  }
}
