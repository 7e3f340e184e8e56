/** Days of tests: to come whenever the tests run, and never one on which the clocks change (always a Sunday). */

const DAY_MS = 86_400_000;

function dateOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** Local date of a Wednesday so many weeks ahead; negative ones are past. */
export function wednesday(weeksAhead: number, now: number = Date.now()): string {
  const toWednesday = (3 - new Date(now).getUTCDay() + 7) % 7;
  return dateOf(now + (toWednesday + 7 * weeksAhead) * DAY_MS);
}

/** The n-th day, from 0, of those from so many days ahead that are no Sundays. */
export function weekdayAhead(daysAhead: number, n: number, now: number = Date.now()): string {
  let at = now + daysAhead * DAY_MS;
  for (let left = n; ; at += DAY_MS) {
    if (new Date(at).getUTCDay() === 0) continue;
    if (left === 0) return dateOf(at);
    left -= 1;
  }
}
