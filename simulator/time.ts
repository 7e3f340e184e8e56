/** Naive local time as a number: minutes since 1970-01-01T00:00 of a calendar without zones. */

const MINUTE_MS = 60_000;
export const DAY_MINUTES = 1440;

const LOCAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** `YYYY-MM-DDTHH:MM` → minutes, or null where it is no such time (February 30th is none). */
export function parseLocal(text: string): number | null {
  if (!LOCAL.test(text)) return null;
  const ms = Date.parse(`${text}:00Z`);
  if (Number.isNaN(ms)) return null;
  const minute = ms / MINUTE_MS;
  return formatLocal(minute) === text ? minute : null;
}

/** Minutes → `YYYY-MM-DDTHH:MM`. */
export function formatLocal(minute: number): string {
  return new Date(minute * MINUTE_MS).toISOString().slice(0, 16);
}

/** `YYYY-MM-DD` → day number, or null. */
export function parseDate(text: string): number | null {
  if (!DATE.test(text)) return null;
  const minute = parseLocal(`${text}T00:00`);
  return minute === null ? null : minute / DAY_MINUTES;
}

/** A salon asks for the same few years again and again. */
const dates = new Map<number, string>();
const DATES_KEPT = 20_000;

/** Day number → `YYYY-MM-DD`. */
export function formatDate(day: number): string {
  const known = dates.get(day);
  if (known !== undefined) return known;
  const text = formatLocal(day * DAY_MINUTES).slice(0, 10);
  if (dates.size < DATES_KEPT) dates.set(day, text);
  return text;
}

/** 0 = Sunday; 1970-01-01 was a Thursday. */
export function dayOfWeek(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** `HH:MM` → minutes from midnight; `24:00` is 1440. */
export function parseHour(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
}

/** Opening interval in minutes from midnight; an end at or before the start runs past midnight. */
export function openInterval(hours: { hour_from: string; hour_till: string }): [number, number] {
  const from = parseHour(hours.hour_from);
  const till = parseHour(hours.hour_till);
  return [from, till <= from ? till + DAY_MINUTES : till];
}

/** The last Sunday of a month (1–12) as day number: when Europe turns its clocks. */
export function lastSunday(year: number, month: number): number {
  const last = Date.UTC(year, month, 0) / MINUTE_MS / DAY_MINUTES;
  return last - dayOfWeek(last);
}

/** Year of a day number. */
export function yearOf(day: number): number {
  return Number(formatDate(day).slice(0, 4));
}
