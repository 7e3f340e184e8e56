import type {
  Observed,
  ObservedCustomDay,
  ObservedTimeOff,
  ObservedWeekday,
  OpenInterval,
  WholeList,
} from '../../domain/observed.ts';
import type { BusinessRef } from '../business-ref.ts';
import type { CallOptions } from '../http/http.ts';
import { ownMark } from '../marker.ts';
import { customDayReader, readWeek, timeOffReader } from '../translate/hours.ts';
import { readRows } from '../wire/read.ts';
import type { TimeOffInput, WeekdayInput } from '../write/inputs.ts';
import { hoursBody, over, timeOffBody, weekBody } from '../write/others.ts';
import type { RawDocument } from '../write/raw-document.ts';
import {
  readForWrite,
  readOne,
  readWhole,
  send,
  write,
  type ClientContext,
  type Place,
  type ReadForWrite,
} from './context.ts';

/** Whose hours: the salon's, or those of one of its resources (staff or room). */
export type HoursOwner =
  { readonly kind: 'business' } | { readonly kind: 'resource'; readonly externalId: string };

interface TimeOffKey {
  readonly resourceExternalId: string;
  readonly externalId: string;
}

/** Opening hours, custom days and time off. Dates are `YYYY-MM-DD`. */
export interface HoursMethods {
  /**
   * Seven days for the present set and for each set that begins later. Where `rejected` is not empty, days that could
   * not be read are missing from `rows`: they are not closed.
   */
  getWeek(
    business: BusinessRef,
    params: { readonly owner: HoursOwner },
    call: CallOptions,
  ): Promise<WholeList<ObservedWeekday>>;
  putWeek(
    business: BusinessRef,
    params: { readonly owner: HoursOwner; readonly days: readonly WeekdayInput[] },
    call: CallOptions,
  ): Promise<void>;
  /** Days that differ from the week, both ends included. */
  listCustomDays(
    business: BusinessRef,
    params: { readonly owner: HoursOwner; readonly fromDate: string; readonly toDate: string },
    call: CallOptions,
  ): Promise<WholeList<ObservedCustomDay>>;
  putCustomDay(
    business: BusinessRef,
    params: {
      readonly owner: HoursOwner;
      readonly date: string;
      readonly intervals: readonly OpenInterval[];
    },
    call: CallOptions,
  ): Promise<Observed<ObservedCustomDay>>;
  listTimeOff(
    business: BusinessRef,
    params: { readonly resourceExternalId: string },
    call: CallOptions,
  ): Promise<WholeList<ObservedTimeOff>>;
  getTimeOff(
    business: BusinessRef,
    params: TimeOffKey,
    call: CallOptions,
  ): Promise<Observed<ObservedTimeOff>>;
  readTimeOffForWrite(
    business: BusinessRef,
    params: TimeOffKey,
    call: CallOptions,
  ): Promise<ReadForWrite<ObservedTimeOff>>;
  /** The mark of `importUid` goes into the reason (R15): that is how it is found again. */
  createTimeOff(
    business: BusinessRef,
    params: {
      readonly resourceExternalId: string;
      readonly timeOff: TimeOffInput;
      readonly importUid: string;
    },
    call: CallOptions,
  ): Promise<Observed<ObservedTimeOff>>;
  putTimeOff(
    business: BusinessRef,
    params: TimeOffKey & { readonly raw: RawDocument; readonly change: Partial<TimeOffInput> },
    call: CallOptions,
  ): Promise<Observed<ObservedTimeOff>>;
  deleteTimeOff(business: BusinessRef, params: TimeOffKey, call: CallOptions): Promise<void>;
}

export function hoursMethods(context: ClientContext): HoursMethods {
  return {
    getWeek: (business, { owner }, call) =>
      readWhole(context, business, under(owner, 'default/'), readWeek, call),
    async putWeek(business, { owner, days }, call) {
      await send(context, business, 'PUT', under(owner, 'default/'), weekBody(days), call);
    },
    listCustomDays: (business, { owner, fromDate, toDate }, call) =>
      readWhole(
        context,
        business,
        { ...under(owner, 'custom/'), query: { date_from: fromDate, date_to: toDate } },
        (rows) => readRows(rows, customDayReader),
        call,
      ),
    putCustomDay(business, { owner, date, intervals }, call) {
      if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) throw new RangeError('A date is written YYYY-MM-DD.');
      const place = under(owner, `custom/${date}/`);
      return write(context, business, 'PUT', place, { hours: hoursBody(intervals) }, customDayReader, call);
    },
    listTimeOff: (business, { resourceExternalId }, call) =>
      readWhole(
        context,
        business,
        timeOffPlace(resourceExternalId),
        (rows) => readRows(rows, timeOffReader(resourceExternalId)),
        call,
      ),
    getTimeOff: (business, { resourceExternalId, externalId }, call) =>
      readOne(
        context,
        business,
        timeOffPlace(resourceExternalId, externalId),
        timeOffReader(resourceExternalId),
        call,
      ),
    readTimeOffForWrite: (business, { resourceExternalId, externalId }, call) =>
      readForWrite(
        context,
        business,
        timeOffPlace(resourceExternalId, externalId),
        timeOffReader(resourceExternalId),
        call,
      ),
    createTimeOff(business, { resourceExternalId, timeOff, importUid }, call) {
      const body = timeOffBody(timeOff, ownMark(importUid));
      const reader = timeOffReader(resourceExternalId);
      return write(context, business, 'POST', timeOffPlace(resourceExternalId), body, reader, call);
    },
    putTimeOff(business, { resourceExternalId, externalId, raw, change }, call) {
      const place = timeOffPlace(resourceExternalId, externalId);
      const reader = timeOffReader(resourceExternalId);
      return write(context, business, 'PUT', place, over(raw, timeOffBody(change)), reader, call);
    },
    async deleteTimeOff(business, { resourceExternalId, externalId }, call) {
      await send(context, business, 'DELETE', timeOffPlace(resourceExternalId, externalId), undefined, call);
    },
  };
}

function under(owner: HoursOwner, what: string): Place {
  return owner.kind === 'business'
    ? { template: `schedule/${what}` }
    : { template: `schedule/resource/:id/${what}`, ids: [owner.externalId] };
}

function timeOffPlace(resourceExternalId: string, externalId?: string): Place {
  const all = 'schedule/resource/:id/time_off/';
  return externalId === undefined
    ? { template: all, ids: [resourceExternalId] }
    : { template: `${all}:id/`, ids: [resourceExternalId, externalId] };
}
