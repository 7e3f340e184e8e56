import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays, localOf, resolveLocal } from '../../../domain/local-time.ts';
import { readLocal, transitions, wallClock } from './support/zones.ts';

const ZONES = [
  'Europe/Warsaw',
  'Europe/London',
  'Europe/Dublin',
  'America/New_York',
  'America/St_Johns',
  'America/Sao_Paulo',
  'America/Caracas',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'Asia/Pyongyang',
  'Asia/Tehran',
  'Australia/Lord_Howe',
  'Antarctica/Troll',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
  'UTC',
] as const;

const FROM = Date.UTC(2000, 0);
const TILL = Date.UTC(2040, 0);
const MINUTE_MS = 60_000;

const changes = new Map(ZONES.map((zone) => [zone, transitions(zone, 2000, 2040)]));

/** Instants of which half lie within a day of a change of the zone's offset: that is where local times go wrong. */
const zonedMinute = fc.constantFrom(...ZONES).chain((zone) => {
  const anywhere = fc
    .integer({ min: FROM / MINUTE_MS, max: TILL / MINUTE_MS })
    .map((minute) => minute * MINUTE_MS);
  const known = changes.get(zone) ?? [];
  if (known.length === 0) return anywhere.map((at) => ({ zone, at }));
  const near = fc
    .tuple(fc.constantFrom(...known), fc.integer({ min: -26 * 60, max: 26 * 60 }))
    .map(([change, minutes]) => change + minutes * MINUTE_MS);
  return fc.oneof(anywhere, near).map((at) => ({ zone, at }));
});

describe('resolveLocal and the clocks on the wall', () => {
  it('tests zones that really change', () => {
    expect(changes.get('UTC')).toHaveLength(0);
    expect(changes.get('Europe/Warsaw')).toHaveLength(80);
    expect(changes.get('Pacific/Apia')?.length).toBeGreaterThan(10);
    expect(changes.get('Australia/Lord_Howe')).toHaveLength(80);
  });

  it('finds the instant again from what clocks showed', () => {
    fc.assert(
      fc.property(zonedMinute, ({ zone, at }) => {
        const local = wallClock(at, zone);
        const iso = new Date(at).toISOString();
        expect(localOf(iso, zone)).toBe(local);
        const found = [resolveLocal(local, zone, 'earlier'), resolveLocal(local, zone, 'later')];
        expect(found.map(({ instant }) => instant)).toContain(iso);
        expect(found.map(({ mark }) => mark)).not.toContain('gap');
      }),
      { numRuns: 700 },
    );
  });

  it('agrees with a second method on what any local minute means, skipped and repeated ones too', () => {
    const seen = new Set<string>();
    const naiveNear = zonedMinute.map(({ zone, at }) => {
      // The naive minute around a change, not the one that clocks showed: else no gap would ever be asked for.
      const local = new Date(Math.floor(at / MINUTE_MS) * MINUTE_MS).toISOString().slice(0, 16);
      const shifted = readLocalOffset(at, zone);
      return { zone, local: shifted ?? local };
    });
    fc.assert(
      fc.property(naiveNear, ({ zone, local }) => {
        const reading = readLocal(local, zone);
        const [first, last] = [reading.instants[0]!, reading.instants[reading.instants.length - 1]!];
        const overlap = reading.mark === 'overlap';
        seen.add(reading.mark);
        expect(resolveLocal(local, zone, 'earlier')).toEqual({
          instant: new Date(first).toISOString(),
          mark: overlap ? 'overlap_earlier' : reading.mark,
        });
        expect(resolveLocal(local, zone, 'later')).toEqual({
          instant: new Date(last).toISOString(),
          mark: overlap ? 'overlap_later' : reading.mark,
        });
      }),
      { numRuns: 300 },
    );
    expect([...seen].sort()).toEqual(['exact', 'gap', 'overlap']);
  });

  it('reads every minute around each change of a zone with a half-hour shift and of a zone that skipped a day', () => {
    for (const zone of ['Australia/Lord_Howe', 'Pacific/Apia'] as const) {
      for (const change of (changes.get(zone) ?? []).slice(0, 14)) {
        for (let minutes = -100; minutes <= 100; minutes += 10) {
          const local = beforeChange(change, minutes, zone);
          const reading = readLocal(local, zone);
          const resolved = resolveLocal(local, zone);
          expect([local, resolved.instant]).toEqual([local, new Date(reading.instants[0]!).toISOString()]);
          expect(resolved.mark.startsWith(reading.mark)).toBe(true);
        }
      }
    }
  });

  it('reads back as the local time it was asked for, unless that does not exist', () => {
    fc.assert(
      fc.property(zonedMinute, fc.constantFrom('earlier', 'later'), ({ zone, at }, prefer) => {
        const local = readLocalOffset(at, zone) ?? wallClock(at, zone);
        const { instant, mark } = resolveLocal(local, zone, prefer);
        expect(localOf(instant, zone) === local).toBe(mark !== 'gap');
      }),
      { numRuns: 500 },
    );
  });
});

describe('the time zone of the machine', () => {
  it('changes nothing', async () => {
    const script = `
      const { resolveLocal, localOf, isLocalMinute, addDays } = await import(process.argv[1]);
      const out = [];
      for (const zone of ['Europe/Warsaw', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC'])
        for (const local of ['2025-03-30T02:30', '2025-10-26T02:30', '2025-11-02T01:30', '2011-12-30T12:00', '2025-06-01T00:00'])
          out.push(resolveLocal(local, zone), localOf(resolveLocal(local, zone, 'later').instant, zone), isLocalMinute(local));
      out.push(addDays('2025-03-29', 1), addDays('2025-10-27', -1), addDays('2011-12-29', 1));
      console.log(JSON.stringify({ host: new Intl.DateTimeFormat().resolvedOptions().timeZone, out }));`;
    const module = fileURLToPath(new URL('../../../domain/local-time.ts', import.meta.url));
    const runs = await Promise.all(
      ['UTC', 'Europe/Warsaw', 'Pacific/Apia'].map(async (host) => {
        const args = ['--import', 'tsx', '--input-type=module', '-e', script, module];
        const { stdout } = await promisify(execFile)(process.execPath, args, {
          env: { ...process.env, TZ: host },
        });
        return JSON.parse(stdout) as { host: string; out: unknown };
      }),
    );
    expect(new Set(runs.map(({ host }) => host)).size).toBe(3);
    expect(runs[1]?.out).toEqual(runs[0]?.out);
    expect(runs[2]?.out).toEqual(runs[0]?.out);
  });
});

describe('addDays', () => {
  it('counts days of the calendar, there and back', () => {
    const day = fc.integer({ min: FROM / 86_400_000, max: TILL / 86_400_000 });
    fc.assert(
      fc.property(day, fc.integer({ min: -4_000, max: 4_000 }), (start, days) => {
        const date = (n: number) => new Date(n * 86_400_000).toISOString().slice(0, 10);
        expect(addDays(date(start), days)).toBe(date(start + days));
        expect(addDays(addDays(date(start), days), -days)).toBe(date(start));
      }),
    );
  });
});

/** What clocks that were not changed at the last change would show: lies in the gap or overlap where there is one. */
function readLocalOffset(at: number, zone: (typeof ZONES)[number]): string | null {
  const change = (changes.get(zone) ?? []).find((moment) => Math.abs(moment - at) <= 26 * 3_600_000);
  return change === undefined ? null : beforeChange(change, (at - change) / MINUTE_MS, zone);
}

function beforeChange(change: number, minutes: number, zone: string): string {
  const shown = Date.parse(`${wallClock(change - MINUTE_MS, zone)}:00Z`);
  return new Date(shown + (minutes + 1) * MINUTE_MS).toISOString().slice(0, 16);
}
