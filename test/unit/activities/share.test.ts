import { describe, expect, it } from 'vitest';
import { createShare, sharedClient } from '../../../activities/sweep/share.ts';
import type { BooksyClient } from '../../../booksy/index.ts';

/** A clock that only sleeping moves. */
function testClock() {
  let nowMs = 1_000;
  return {
    nowMs: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('createShare (R36)', () => {
  it('lets no more calls go than the share, after a short burst', async () => {
    const clock = testClock();
    const share = createShare(clock);
    const start = clock.nowMs();
    const calls = 400;
    for (let call = 0; call < calls; call += 1) await share.take(4);
    const seconds = (clock.nowMs() - start) / 1000;
    expect(calls / seconds).toBeLessThanOrEqual(4 * (1 + 4 / calls) + 0.05);
    expect(calls / seconds).toBeGreaterThan(3.9);
  });

  it('saves up nothing beyond the burst', async () => {
    const clock = testClock();
    const share = createShare(clock);
    await share.take(1);
    await clock.sleep(3_600_000);
    const start = clock.nowMs();
    for (let call = 0; call < 14; call += 1) await share.take(1);
    expect(clock.nowMs() - start).toBeGreaterThanOrEqual(9_000);
  });
});

describe('sharedClient', () => {
  it('R35 makes every call in the given lane, once its turn has come', async () => {
    const made: unknown[] = [];
    const booksy = {
      capabilities: { webhooks: true },
      listClients: (...given: unknown[]) => {
        made.push(given);
        return Promise.resolve('answer');
      },
    } as unknown as BooksyClient;
    let turns = 0;
    const shared = sharedClient(booksy, 4, async () => {
      turns += 1;
    });
    const business = { externalId: '7', zone: 'Europe/Warsaw', currency: 'PLN', country: 'PL' };
    await expect(shared.listClients(business, { offset: 0, limit: 100 }, { lane: 5 })).resolves.toBe(
      'answer',
    );
    expect(made).toEqual([[business, { offset: 0, limit: 100 }, { lane: 4 }]]);
    expect(turns).toBe(1);
    expect(shared.capabilities).toBe(booksy.capabilities);
  });
});
