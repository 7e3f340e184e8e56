import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dateOfDay,
  dayOfDate,
  minuteWriter,
  weekdayOfDay,
  zoneClock,
} from '../../../../domain/availability/clock.ts';
import { localOf, resolveLocal } from '../../../../domain/local-time.ts';

const ZONES = [
  'Europe/Warsaw',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'Africa/Casablanca',
  'UTC',
] as const;

const MINUTE_MS = 60_000;
const run = promisify(execFile);

describe('the zone clock (R11)', () => {
  it('reads local times as resolveLocal does', { timeout: 60_000 }, () => {
    const minute = fc.integer({ min: dayOfDate('2009-01-01') * 1440, max: dayOfDate('2028-01-01') * 1440 });
    // Half of the times near a change of the clocks.
    const near = new Map(ZONES.map((zone) => [zone, nearChange(zone)]));
    const times = fc
      .constantFrom(...ZONES)
      .chain((zone) => fc.oneof(minute, near.get(zone)!).map((local) => ({ zone, local })));
    const found = { exact: 0, missing: 0, twice: 0 };
    fc.assert(
      fc.property(times, ({ zone, local }) => {
        const clock = zoneClock(zone, Math.floor(local / 1440), Math.floor(local / 1440));
        const text = minuteWriter().local(local);
        const { instant, mark } = resolveLocal(text, zone);
        expect(clock.toInstant(local), `${text} ${zone}`).toBe(Date.parse(instant) / MINUTE_MS);
        expect(clock.exactInstant(local)).toBe(mark === 'exact' ? Date.parse(instant) / MINUTE_MS : null);
        found[mark === 'exact' ? 'exact' : mark === 'gap' ? 'missing' : 'twice'] += 1;
        // Back to the wall, and whether that is among what comes twice.
        const at = Date.parse(instant) / MINUTE_MS;
        expect(minuteWriter().local(clock.toLocal(at))).toBe(localOf(instant, zone));
        const shown = resolveLocal(localOf(instant, zone), zone);
        const isRepeated = clock.repeated.some(({ from, till }) => from <= at && at < till);
        expect(isRepeated, `${text} ${zone}`).toBe(shown.mark === 'overlap_earlier');
      }),
      { numRuns: 1000, seed: 11 },
    );
    expect(found.missing).toBeGreaterThan(50);
    expect(found.twice).toBeGreaterThan(50);
  });

  it('counts days and weekdays', () => {
    for (const date of ['2000-01-01', '2026-11-23', '2028-02-29', '2199-12-31'])
      expect(dateOfDay(dayOfDate(date))).toBe(date);
    expect(weekdayOfDay(dayOfDate('2026-11-22'))).toBe(0);
    expect(weekdayOfDay(dayOfDate('2026-11-28'))).toBe(6);
    expect(weekdayOfDay(-5)).toBe(new Date(-5 * 86_400_000).getUTCDay());
  });
});

function nearChange(zone: (typeof ZONES)[number]): fc.Arbitrary<number> {
  const [first, last] = [dayOfDate('2010-01-01'), dayOfDate('2012-01-01')];
  const { repeated, toLocal } = zoneClock(zone, first, last);
  const changes: number[] = repeated.map(({ from }) => toLocal(from));
  for (let hour = first * 24; hour < last * 24; hour += 1) {
    if (toLocal((hour + 1) * 60) - toLocal(hour * 60) <= 60) continue;
    let minute = hour * 60;
    while (toLocal(minute + 1) - toLocal(minute) === 1) minute += 1;
    changes.push(toLocal(minute));
  }
  return changes.length === 0
    ? fc.constant(first * 1440)
    : fc.tuple(fc.constantFrom(...changes), fc.integer({ min: -20, max: 140 })).map(([at, by]) => at + by);
}

describe('the host’s zone', () => {
  it('changes nothing', { timeout: 120_000 }, async () => {
    const zones = ['UTC', 'Asia/Tokyo', 'America/Los_Angeles'];
    const answers = [];
    for (const zone of zones) {
      const { stdout } = await run(
        process.execPath,
        ['--import', 'tsx', 'test/support/availability-digest.ts'],
        {
          env: { ...process.env, TZ: zone },
        },
      );
      answers.push(JSON.parse(stdout) as { readonly host: number; readonly digest: string });
    }
    expect(new Set(answers.map(({ digest }) => digest)).size).toBe(1);
    expect(new Set(answers.map(({ host }) => host)).size).toBe(zones.length);
  });
});
