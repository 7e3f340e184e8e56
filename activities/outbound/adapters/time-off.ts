import { timeOffBinding } from '../../apply/time-bindings.ts';
import type { TimeOffInput } from '../../../booksy/index.ts';
import { sameValue } from '../../../domain/canonical.ts';
import type { GroupStates } from '../../../domain/merge.ts';
import { TIME_OFF_REASONS, type Interval, type ObservedTimeOff } from '../../../domain/observed.ts';
import { timeOffThere } from '../../../domain/states/others-there.ts';
import { seenTimeOff } from '../../../domain/states/people-and-time.ts';
import { part } from '../../../domain/states/there.ts';
import {
  bodyText,
  textOrNull,
  wordOf,
  type AdapterIo,
  type ReadRecord,
  type WriteAdapter,
} from './adapter.ts';

/** Time off of a resource (R19): made with our mark in its reason, found again by it, removed when it is removed here. */
export const timeOffAdapter: WriteAdapter = {
  entity: 'time_off',
  table: 'time_off',
  mirror: timeOffBinding('time_off').mirror,
  binding: () => timeOffBinding('time_off'),
  there: (ours, { links, base }) => timeOffThere(ours, links, base),

  async read(io, externalId, remote) {
    const params = { externalId, resourceExternalId: bodyText(remote?.owner) };
    const answer = await io.booksy.readTimeOffForWrite(io.business, params, io.call);
    return { ...seenOf(io, answer), raw: answer.raw };
  },

  async find(io, view, importUid, intent) {
    const wanted = intent?.body ?? view.oursThere;
    const resourceExternalId = textOrNull(wanted.owner);
    if (resourceExternalId === null) return { records: [], conclusive: false };
    const list = await io.booksy.listTimeOff(io.business, { resourceExternalId }, io.call);
    const isOurs = (row: ObservedTimeOff, record: ReadRecord) => {
      const uid = row.importUid ?? null;
      if (uid !== null)
        return importUid === null ? uid.startsWith(`${view.ref.recordId}:`) : uid === importUid;
      return row.ours && sameValue(record.seen.theirs.time, wanted.time);
    };
    const records = list.rows.flatMap((value) => {
      const record = seenOf(io, { value, interval: list.interval });
      return value.externalId !== view.externalId && isOurs(value, record) ? [record] : [];
    });
    return { records, conclusive: list.rejected.length === 0 };
  },

  async send(io, { intent, ownUid, read, remote }) {
    const { booksy, business, call } = io;
    const externalId = intent.externalId ?? '';
    switch (intent.operation) {
      case 'create': {
        const params = {
          resourceExternalId: bodyText(intent.body.owner),
          timeOff: inputOf(intent.body, null),
          importUid: ownUid,
        };
        return seenOf(io, await booksy.createTimeOff(business, params, call));
      }
      case 'change': {
        if (read?.raw == null) throw new RangeError('No PUT without a read (R13a).');
        const params = {
          externalId,
          resourceExternalId: bodyText(remote?.owner),
          raw: read.raw,
          change: inputOf(intent.body, intent.groups),
        };
        return seenOf(io, await booksy.putTimeOff(business, params, call));
      }
      case 'remove':
        await booksy.deleteTimeOff(
          business,
          { externalId, resourceExternalId: bodyText(remote?.owner) },
          call,
        );
        return null;
      case 'status':
        throw new RangeError('Time off has no status.');
    }
  },
};

function seenOf(
  io: AdapterIo,
  { value, interval }: { readonly value: ObservedTimeOff; readonly interval: Interval },
): ReadRecord {
  const seen = seenTimeOff(value, io.business.zone, io.links, interval);
  return { seen, raw: null, importUid: value.importUid ?? null, ended: false };
}

function inputOf(body: GroupStates, groups: null): TimeOffInput;
function inputOf(body: GroupStates, groups: readonly string[]): Partial<TimeOffInput>;
function inputOf(body: GroupStates, groups: readonly string[] | null): Partial<TimeOffInput> {
  const takes = (group: string) => groups === null || groups.includes(group);
  return {
    ...(takes('time')
      ? {
          startsLocal: bodyText(part(body.time, 'startsLocal')),
          endsLocal: bodyText(part(body.time, 'endsLocal')),
        }
      : {}),
    ...(takes('reason') ? { reasonCode: wordOf(TIME_OFF_REASONS, body.reason ?? 'other') } : {}),
    ...(takes('approved') ? { approved: body.approved !== false } : {}),
  };
}
