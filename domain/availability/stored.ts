import type { OpenInterval } from '../observed.ts';
import type { SyncRule } from '../rules/rules.ts';
import type { CustomDay, Hours, OfferRules, Padding, ProcessingGap, WeeklyHours } from './types.ts';

/** From rows as they are stored to the description of a salon. */

/** A row of `working_hours`; dates as text. */
export interface HoursRow {
  readonly kind: string;
  /** For `weekly` rows. */
  readonly dayOfWeek: number | null;
  /** For `custom` rows. */
  readonly date: string | null;
  readonly appliesFrom: string | null;
  readonly intervals: readonly OpenInterval[];
}

/** The hours of one owner. A weekday that a set of weeks does not name is closed in it. */
export function hoursOfRows(rows: readonly HoursRow[]): Hours {
  const weeks = new Map<string | null, WeeklyHours['days'][number][]>();
  const custom: CustomDay[] = [];
  for (const { kind, dayOfWeek, date, appliesFrom, intervals } of rows) {
    if (kind === 'custom' && date !== null) custom.push({ date, intervals });
    if (kind !== 'weekly' || dayOfWeek === null) continue;
    const days = weeks.get(appliesFrom) ?? [];
    weeks.set(appliesFrom, days);
    days.push({ dayOfWeek, intervals });
  }
  return { weekly: [...weeks].map(([appliesFrom, days]) => ({ appliesFrom, days })), custom };
}

/**
 * A service's own padding; null where none is set, so that the rule's buffers count (R22).
 *
 * @param kind `before`, `after`, `both` or null
 */
export function paddingOf(kind: string | null, minutes: number): Padding | null {
  if (minutes <= 0) return null;
  switch (kind) {
    case 'before':
      return { beforeMinutes: minutes, afterMinutes: 0 };
    case 'after':
      return { beforeMinutes: 0, afterMinutes: minutes };
    case 'both':
      return { beforeMinutes: minutes, afterMinutes: minutes };
    default:
      return null;
  }
}

/** A processing gap as services and items store it; null where there is none. The database reads the two numbers alike (R21). */
export function gapOf(afterMinutes: number | null, minutes: number | null): ProcessingGap | null {
  if (afterMinutes === null || minutes === null || minutes <= 0 || afterMinutes < 0) return null;
  return { afterMinutes, minutes };
}

/** What a sync rule says of offers (R22, R25), with what it does not say. */
export function offerRulesOf(
  { conditions }: SyncRule,
  rest: Pick<OfferRules, 'noticeMinutes' | 'slotStepMinutes'>,
): OfferRules {
  return {
    ...rest,
    horizonDays: conditions.maxAdvanceBooking,
    bufferBeforeMinutes: conditions.bufferTimes.before,
    bufferAfterMinutes: conditions.bufferTimes.after,
  };
}
