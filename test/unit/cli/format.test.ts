import { describe, expect, it } from 'vitest';
import { bar, counted, duration, thousands } from '../../../cli/format.ts';
import { entityLines, sumEntities } from '../../../cli/sync/entities.ts';
import { failureLines, progressLine } from '../../../cli/sync/follow.ts';
import { statusLines } from '../../../cli/sync/status.ts';
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
    expect(bar(0.5, 4)).toBe('[██░░] 50 %');
    expect(bar(1.7, 4)).toBe('[████] 100 %');
    expect(bar(Number.NaN, 4)).toBe('[░░░░] 0 %');
    // 99.9 % is not done.
    expect(bar(0.999, 4)).toBe('[███░] 99 %');
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

  it('adds the progress of several runs and takes the longest wait', () => {
    const progress = { phase: 'visits', rowsDone: 30, rowsTotal: 50, totalIsKnown: true, etaSeconds: 4 };
    expect(progressLine([progress, { ...progress, rowsDone: 20, etaSeconds: 12 }])).toMatch(
      /\] 50 % {2}visits, 50 of 100 rows, about 12 s to go$/,
    );
    expect(progressLine([progress, { ...progress, totalIsKnown: false, etaSeconds: null }])).toBe(
      'full sync: visits, 60 rows so far',
    );
    expect(progressLine([])).toBe('full sync: starting');
    expect(progressLine([{ ...progress, rowsTotal: 0, rowsDone: 0, etaSeconds: null }])).toMatch(
      /0 % {2}visits$/,
    );
  });

  it('says why a run failed and what stays', () => {
    const run = { id: 'r', phase: null, startedAt: '', finishedAt: null, counts: {}, progress: null };
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
  });

  it('shows a business that was never synced and one under way', () => {
    const base = {
      businessId: 'b',
      name: 'Salon',
      pausedAt: null,
      entities: [],
      lastRun: null,
      running: null,
    };
    const waiting = {
      total: 7,
      conflicts: { time_overlap: 4 },
      unsureMappings: { profile: 2 },
      quarantined: { booking: 1 },
    };
    expect(statusLines([{ ...base, waiting }], 0)).toEqual([
      'Salon',
      '  never synced',
      '  7 wait for a decision: 4 of kind time_overlap, 2 unsure profile, 1 booking in quarantine.',
    ]);
    const nothing = { total: 0, conflicts: {}, unsureMappings: {}, quarantined: {} };
    expect(statusLines([{ ...base, waiting: nothing }], 0).at(-1)).toBe('  Nothing waits for you.');
    expect(statusLines([])[0]).toMatch(/booksy seed/);
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
