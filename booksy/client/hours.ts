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
import { readRows, type ReadRows } from '../wire/read.ts';
import type { TimeOffInput, WeekdayInput } from '../write/inputs.ts';
import { changedDayBody, changedWeekBody } from '../write/hours.ts';
import { over, timeOffBody } from '../write/others.ts';
import type { RawDocument } from '../write/raw-document.ts';
import {
  readForWrite,
  readListForWrite,
  readOne,
  readWhole,
  send,
  write,
  writeList,
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
  /** The same in order to be written. @throws RejectedRecordError where a day cannot be understood */
  readWeekForWrite(
    business: BusinessRef,
    params: { readonly owner: HoursOwner },
    call: CallOptions,
  ): Promise<ReadForWrite<readonly ObservedWeekday[]>>;
  /** Replaces the week there by what was read, with the changed days put over it (R13a). */
  putWeek(
    business: BusinessRef,
    params: {
      readonly owner: HoursOwner;
      readonly raw: RawDocument;
      readonly change: readonly WeekdayInput[];
    },
    call: CallOptions,
  ): Promise<Observed<readonly ObservedWeekday[]>>;
  /** Days that differ from the week, both ends included. */
  listCustomDays(
    business: BusinessRef,
    params: { readonly owner: HoursOwner; readonly fromDate: string; readonly toDate: string },
    call: CallOptions,
  ): Promise<WholeList<ObservedCustomDay>>;
  /** The same in order to be written. @throws RejectedRecordError where a day cannot be understood */
  readCustomDaysForWrite(
    business: BusinessRef,
    params: { readonly owner: HoursOwner; readonly fromDate: string; readonly toDate: string },
    call: CallOptions,
  ): Promise<ReadForWrite<readonly ObservedCustomDay[]>>;
  /** One day, over what was read of it. Days cannot be taken away there. */
  putCustomDay(
    business: BusinessRef,
    params: {
      readonly owner: HoursOwner;
      readonly date: string;
      readonly raw: RawDocument;
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
    readWeekForWrite: (business, { owner }, call) =>
      readListForWrite(context, business, under(owner, 'default/'), readWeek, call),
    putWeek: (business, { owner, raw, change }, call) =>
      writeList(context, business, under(owner, 'default/'), changedWeekBody(raw, change), readWeek, call),
    listCustomDays: (business, { owner, fromDate, toDate }, call) =>
      readWhole(context, business, customPlace(owner, fromDate, toDate), readCustomDays, call),
    readCustomDaysForWrite: (business, { owner, fromDate, toDate }, call) =>
      readListForWrite(context, business, customPlace(owner, fromDate, toDate), readCustomDays, call),
    putCustomDay(business, { owner, date, raw, intervals }, call) {
      if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) throw new RangeError('A date is written YYYY-MM-DD.');
      const place = under(owner, `custom/${date}/`);
      const body = changedDayBody(raw, date, intervals);
      return write(context, business, 'PUT', place, body, customDayReader, call);
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

function customPlace(owner: HoursOwner, fromDate: string, toDate: string): Place {
  return { ...under(owner, 'custom/'), query: { date_from: fromDate, date_to: toDate } };
}

function readCustomDays(rows: readonly unknown[]): ReadRows<ObservedCustomDay> {
  return readRows(rows, customDayReader);
}

function timeOffPlace(resourceExternalId: string, externalId?: string): Place {
  const all = 'schedule/resource/:id/time_off/';
  return externalId === undefined
    ? { template: all, ids: [resourceExternalId] }
    : { template: `${all}:id/`, ids: [resourceExternalId, externalId] };
}
