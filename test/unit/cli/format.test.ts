import { describe, expect, it } from 'vitest';
import { ago, bar, counted, duration, percent, table, thousands } from '../../../cli/format.ts';
import { entityLines, sumEntities } from '../../../cli/sync/entities.ts';
import { failureLines } from '../../../cli/sync/follow.ts';
import type { Operation } from '../../../cli/wire.ts';
import { readableLines } from '../../../cli/up/readable.ts';
import { isAtLeast } from '../../../cli/doctor/finding.ts';

describe('numbers for people', () => {
  it.each([
    [0.44, '0.4 s'],
    [38.2, '38 s'],
    [120, '2 min'],
    [185, '3 min 5 s'],
    [7440, '2 h 4 min'],
  ])('says %d s as %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it('counts with the right word', () => {
    expect([counted(1, 'visit'), counted(6000, 'visit'), counted(0, 'business', 'businesses')]).toEqual([
      '1 visit',
      '6,000 visits',
      '0 businesses',
    ]);
    expect(thousands(1_234_567)).toBe('1,234,567');
  });

  it('never draws a bar out of bounds', () => {
    expect([0.5, 1.7, Number.NaN].map((share) => bar(share, 4) + percent(share))).toEqual([
      '██░░ 50 %',
      '████100 %',
      '░░░░  0 %',
    ]);
    // 99.9 % is not done.
    expect(bar(0.999, 4) + percent(0.999)).toBe('███░ 99 %');
  });

  it('tells the past from what is still to come', () => {
    const now = Date.parse('2026-03-01T10:00:00Z');
    expect(ago('2026-03-01T09:56:55Z', now)).toBe('3 min 5 s ago');
    expect(ago('2026-03-01T10:00:12Z', now)).toBe('in 12 s');
  });

  it('lines up a table, numbers to the right', () => {
    expect(
      table(
        ['kind', 'n'],
        [
          ['clients', '9'],
          ['visits', '1,200'],
        ],
      ),
    ).toEqual(['  kind         n', '  clients      9', '  visits   1,200']);
  });
});

describe('what a sync did', () => {
  const one = { visits: { created: 2, linked: 0, updated: 1, unchanged: 3, quarantined: 1, unsure: 0 } };

  it('adds up several businesses and has every member', () => {
    const sum = sumEntities([one, { visits: { created: 5 }, categories: { created: 9 } }, null, 'odd']);
    expect(sum.visits).toEqual({
      created: 7,
      linked: 0,
      updated: 1,
      unchanged: 3,
      quarantined: 1,
      unsure: 0,
    });
    expect(Object.keys(sum)).toEqual(['services', 'staff', 'rooms', 'hours', 'timeOff', 'clients', 'visits']);
    expect(sum.rooms).toEqual({ created: 0, linked: 0, updated: 0, unchanged: 0, quarantined: 0, unsure: 0 });
  });

  it('says it in words', () => {
    expect(entityLines(sumEntities([one])).at(-1)).toBe(
      '  7 visits             2 new · 1 changed · 3 as before · 1 set aside, unreadable',
    );
  });

  it('says why a run failed and what stays', () => {
    const run: Omit<Operation, 'status' | 'error' | 'temporalUrl'> = {
      ...{ id: 'r', businessId: 'b', mode: 'apply', paused: null, phase: null, progress: null },
      ...{ startedAt: '', finishedAt: null, counts: {} },
    };
    expect(failureLines([{ ...run, status: 'completed', error: null, temporalUrl: null }])).toEqual([]);
    const lines = failureLines([
      {
        ...run,
        status: 'failed',
        error: { code: 'auth_revoked', detail: 'sign in again' },
        temporalUrl: 'http://ui/x',
      },
    ]);
    expect(lines[0]).toBe('The full sync failed: auth_revoked (sign in again)');
    expect(lines[1]).toContain('http://ui/x');
    const [dry] = failureLines([
      { ...run, mode: 'dry_run', status: 'cancelled', error: null, temporalUrl: null },
    ]);
    expect(dry).toBe('The dry run was cancelled');
  });
});

describe('last words of a part', () => {
  it('turns log lines into text and keeps the rest', () => {
    const lines = [
      '',
      '{"level":50,"msg":"cannot listen","err":{"message":"EADDRINUSE"}}',
      'Error: boom',
      '{broken',
    ];
    expect(readableLines(lines, 3)).toEqual(['error cannot listen: EADDRINUSE', 'Error: boom', '{broken']);
  });
});

describe('versions', () => {
  it.each([
    ['20.19.0', '20.19.0', true],
    ['20.9.0', '20.19.0', false],
    ['21.0.0', '20.19.0', true],
    ['18.4', '15', true],
    ['14.9', '15', false],
    ['16.1 (Debian 16.1-1)', '15', true],
  ])('%s against %s: %s', (have, least, expected) => {
    expect(isAtLeast(have, least)).toBe(expected);
  });
});
