import { describe, expect, it } from 'vitest';
import { engineLines, freshnessLines, scheduleLines } from '../../../cli/monitor/status.ts';
import { syncStatus } from '../../../cli/wire.ts';
import { status, statusPage } from './support/answers.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

const business = (over: Readonly<Record<string, unknown>> = {}) =>
  syncStatus.parse(statusPage(status(over))).businesses[0]!;

const near = {
  id: 'sweep/default/near',
  everySeconds: 300,
  nextAt: at(176),
  lastAt: at(-124),
  paused: false,
  note: null,
  exists: true,
};

describe('scheduleLines', () => {
  it('tells of each schedule how often, last and next', () => {
    const lines = scheduleLines([near], undefined, NOW);
    expect(lines.join('\n')).toMatch(/sweep\/default\/near\s+5 min\s+2 min 4 s ago\s+in 3 min/);
  });

  it('says what is paused and why, and what is missing and who makes it', () => {
    const text = scheduleLines(
      [
        { ...near, paused: true, nextAt: null, note: 'every business is paused' },
        { ...near, id: 'sweep/default/far', exists: false, lastAt: null, nextAt: null },
      ],
      undefined,
      NOW,
    ).join('\n');
    expect(text).toMatch(/near\s+5 min\s+2 min 4 s ago\s+paused/);
    expect(text).toContain('sweep/default/near: every business is paused');
    expect(text).toMatch(/far\s+5 min\s+never\s+missing/);
    expect(text).toContain('booksy monitor start');
  });
});

describe('freshnessLines', () => {
  it('tells of each window when it was proven, how often it is swept and when next', () => {
    const windows = [
      { windowKey: 'visits:near', provenAt: at(-60), complete: true, intervalSeconds: 300, dueAt: at(240) },
      { windowKey: 'visits:past', provenAt: null, complete: false, intervalSeconds: null, dueAt: null },
    ];
    const booking = { entity: 'booking', here: 1, linked: 1, provenAt: null, windows };
    const text = freshnessLines(business({ entities: [booking], stale: true }), undefined, NOW).join('\n');
    expect(text).toMatch(/visit visits:near\s+1 min ago\s+5 min\s+in 4 min\s+whole/);
    expect(text).toMatch(/visit visits:past\s+not yet\s+–\s+–\s+in part/);
    expect(text).toContain('the picture of today is stale');
  });
});

describe('engineLines', () => {
  it('is silent while nothing waits', () => {
    expect(engineLines(business())).toEqual([]);
  });

  it('tells what waits, what has no answer, what fails and that nobody is called', () => {
    const engine = {
      webhooks: { undrained: 3, oldestSeconds: 90 },
      outbox: { undrained: 2, oldestSeconds: 5 },
      intents: { open: 1, unknown: 1, remembered: 4 },
      failures: { open: 2, skipped: 0 },
      circuit: { openedAt: at(-60), code: 'unavailable' },
    };
    const text = engineLines(business({ engine })).join('\n');
    expect(text).toContain('3 webhooks to read back, the oldest for 90 s');
    expect(text).toContain('2 changes here to judge');
    expect(text).toContain('2 writes without an answer yet');
    expect(text).toContain('2 records that fail by themselves');
    expect(text).toContain('Booksy is not called: unavailable');
  });
});
