import { hoursBinding } from '../../apply/hours-binding.ts';
import type { HoursOwner, WeekdayInput } from '../../../booksy/index.ts';
import type { Json } from '../../../domain/canonical.ts';
import { localOf } from '../../../domain/local-time.ts';
import {
  asIntervals,
  customDayWindow,
  dayOfGroup,
  hoursKeyOf,
  hoursThere,
  type HoursKey,
} from '../../../domain/states/hours.ts';
import { seenCustomDays, seenWeekly } from '../../../domain/states/people-and-time.ts';
import type { SeenRecord } from '../../../domain/states/seen.ts';
import type { AdapterIo, AdapterWrite, ReadRecord, WriteAdapter } from './adapter.ts';

/**
 * Opening hours: a week is written whole, over the week that was read; a custom day by itself. They are there as long as their
 * owner is: nothing of them is made or removed.
 */
export const hoursAdapter: WriteAdapter = {
  entity: 'hours',
  table: 'hours_schedules',
  mirror: hoursBinding().mirror,
  binding: () => hoursBinding(),
  there: (ours, { base }) => hoursThere(ours, base),

  async read(io, externalId, remote) {
    const key = hoursKeyOf(externalId);
    const owner = ownerOf(key);
    if (key.part === 'weekly') {
      const { value, raw, interval } = await io.booksy.readWeekForWrite(io.business, { owner }, io.call);
      return recordOf(seenWeekly(externalId, value, interval), raw);
    }
    const window = customDayWindow(localOf(new Date().toISOString(), io.business.zone).slice(0, 10));
    const { value, raw, interval } = await io.booksy.readCustomDaysForWrite(
      io.business,
      { owner, fromDate: window.fromDate, toDate: window.tillDate },
      io.call,
    );
    return recordOf(seenCustomDays(externalId, value, window, remote ?? {}, interval), raw);
  },

  /** Nothing of them is ever made there. */
  find: () => Promise.resolve({ records: [], conclusive: true }),

  async send(io, write) {
    if (write.intent.operation !== 'change')
      throw new RangeError('Hours are changed there, never made or removed.');
    const key = hoursKeyOf(write.intent.externalId ?? '');
    return key.part === 'weekly' ? sendWeek(io, key, write) : sendDay(io, key, write);
  },
};

async function sendWeek(io: AdapterIo, key: HoursKey, { intent, read }: AdapterWrite): Promise<ReadRecord> {
  if (read?.raw == null) throw new RangeError('No PUT without a read (R13a).');
  const change = intent.groups.map((group): WeekdayInput => {
    const { dayOfWeek, appliesFrom } = dayOfGroup(group);
    const value = intent.body[group];
    const intervals = value === undefined ? null : hoursOf(value);
    return { dayOfWeek: dayOfWeek ?? 0, appliesFrom, intervals };
  });
  const answer = await io.booksy.putWeek(
    io.business,
    { owner: ownerOf(key), raw: read.raw, change },
    io.call,
  );
  return recordOf(seenWeekly(intent.externalId ?? '', answer.value, answer.interval), null);
}

async function sendDay(io: AdapterIo, key: HoursKey, { intent, read }: AdapterWrite): Promise<ReadRecord> {
  if (read?.raw == null) throw new RangeError('No PUT without a read (R13a).');
  const [group, ...others] = intent.groups;
  const date = dayOfGroup(group ?? '').date;
  if (group === undefined || date === null || others.length > 0)
    throw new RangeError('Custom days are written one by one.');
  const { value, interval } = await io.booksy.putCustomDay(
    io.business,
    { owner: ownerOf(key), date, raw: read.raw, intervals: hoursOf(intent.body[group]) },
    io.call,
  );
  const theirs = { ...read.seen.theirs, [group]: value.intervals.map(([open, close]) => [open, close]) };
  // The answer shows this day; the others are as they were read just before.
  return recordOf({ ...read.seen, theirs, here: theirs, interval }, null);
}

function hoursOf(value: Json | undefined) {
  const intervals = asIntervals(value);
  if (intervals === null) throw new RangeError('A body holds opening hours that cannot be said.');
  return intervals;
}

function ownerOf({ ownerKind, ownerExternalId }: HoursKey): HoursOwner {
  return ownerKind === 'business' ? { kind: 'business' } : { kind: 'resource', externalId: ownerExternalId };
}

function recordOf(seen: SeenRecord, raw: ReadRecord['raw']): ReadRecord {
  return { seen, raw, importUid: null, ended: false };
}
