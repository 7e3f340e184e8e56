import { afterEach, describe, expect, it } from 'vitest';
import type { Asking } from '../../../cli/confirm.ts';
import { EXIT } from '../../../cli/exit-codes.ts';
import { PLAIN } from '../../../cli/terminal.ts';
import { listWebhooks, parseInstant, webhookLines } from '../../../cli/webhooks/list.ts';
import { replayMany, replayOne } from '../../../cli/webhooks/replay.ts';
import { outputOf } from './support/captured.ts';
import { problem, startStubApi, type StubApi, type StubRoutes } from './support/stub-api.ts';

const LIST = 'GET /api/admin/booksy/webhooks';
const REPLAY = 'POST /api/admin/booksy/webhooks/replay';
const NOW = Date.parse('2026-03-01T12:00:00Z');
let stub: StubApi | undefined;
const serve = async (routes: StubRoutes): Promise<StubApi> => (stub = await startStubApi(routes));
afterEach(() => stub?.stop());
const answering = (answer: string): Asking => ({ interactive: () => true, ask: async () => answer });
const nobody: Asking = { interactive: () => false, ask: () => Promise.reject(new Error('asked nobody')) };

const row = (id: string, over: Readonly<Record<string, unknown>> = {}) => ({
  id,
  businessId: '0199c0de-0000-7000-8000-000000000001',
  businessName: 'Salon \u001b[31mAurora',
  action: 'MODIFIED',
  appointment: '12',
  state: 'drained',
  copies: 1,
  receivedAt: '2026-03-01T10:00:00.000Z',
  drainedAt: '2026-03-01T11:00:00.000Z',
  ...over,
});

describe('booksy webhooks list', () => {
  it('reads page by page, passes the filter on, and prints what terminals can bear', async () => {
    const counts = { waiting: 1, drained: 2, capped: false };
    const { api, of } = await serve({
      [LIST]: ({ query }) =>
        query['cursor'] === undefined
          ? {
              webhooks: [row('3', { state: 'waiting', drainedAt: null, copies: 4 })],
              counts,
              nextCursor: 'c',
            }
          : { webhooks: [row('2')], counts, nextCursor: null },
    });
    const listed = await listWebhooks(api, {
      action: 'MODIFIED',
      since: '2026-03-01T00:00:00.000Z',
      limit: 50,
    });
    expect(listed.rows.map(({ id }) => id)).toEqual(['3', '2']);
    expect(of(LIST)[0]?.query).toEqual({
      action: 'MODIFIED',
      receivedFrom: '2026-03-01T00:00:00.000Z',
      limit: '50',
    });
    const text = webhookLines(listed, PLAIN, NOW).join('\n');
    expect(text).toMatch(/3 +2 h 0 min ago +MODIFIED +12 +Salon .*Aurora +waits +4/);
    expect(text).toMatch(/2 +2 h 0 min ago .* used 1 h 0 min ago/);
    expect(text).toContain('1 wait, 2 were used.');
    expect(text).not.toContain('\u001b');
  });

  it('says so where there is none', async () => {
    const { api } = await serve({
      [LIST]: { webhooks: [], counts: { waiting: 0, drained: 7, capped: true }, nextCursor: null },
    });
    expect(webhookLines(await listWebhooks(api, { limit: 5 }), PLAIN, NOW)).toEqual([
      'No webhook of that kind came. 0 wait, more than 7 were used.',
    ]);
  });
});

describe('booksy webhooks replay', () => {
  it('of one names it and tells what came of it', async () => {
    const { api } = await serve({
      'POST /api/admin/booksy/webhooks/7/replay': { matching: 1, replayed: 1, merged: 0 },
    });
    const captured = outputOf(true);
    expect(await replayOne(api, '7', captured.output)).toBe(EXIT.ok);
    expect(captured.object()).toEqual({ ok: true, matching: 1, replayed: 1, merged: 0 });
  });

  const counting: StubRoutes = {
    [REPLAY]: ({ body }) => {
      const done = typeof body === 'object' && body !== null && 'expected' in body;
      return { matching: 12, replayed: done ? 10 : 0, merged: done ? 2 : 0 };
    },
  };

  it('of many counts first, and sends the number that was confirmed with the same closed range', async () => {
    const { api, of } = await serve(counting);
    const captured = outputOf(false);
    const filter = { since: '2026-03-01T00:00:00.000Z' };
    expect(await replayMany(api, { filter, yes: false }, captured.output, answering('12'))).toBe(EXIT.ok);
    const [dry, real] = of(REPLAY).map(({ body }) => body);
    expect(dry).toMatchObject({ receivedFrom: filter.since });
    expect(Object.keys(dry as object)).toContain('receivedTill');
    expect(real).toEqual({ ...(dry as object), expected: 12 });
    expect(captured.streams.out()).toContain('10 webhooks in the box again. 2 are the same news as others');
  });

  it('does nothing without a yes, without a filter, or where nothing was used', async () => {
    const counted = await serve(counting);
    const { api, of } = counted;
    const filter = { action: 'CANCELLED' };
    const { output } = outputOf(false);
    await expect(replayMany(api, { filter, yes: false }, output, nobody)).rejects.toMatchObject({
      code: 'confirmation_needed',
    });
    await expect(replayMany(api, { filter, yes: false }, output, answering('yes'))).rejects.toMatchObject({
      code: 'not_confirmed',
    });
    await expect(replayMany(api, { filter: {}, yes: true }, output)).rejects.toMatchObject({ code: 'usage' });
    expect(of(REPLAY).every(({ body }) => !JSON.stringify(body).includes('expected'))).toBe(true);
    await counted.stop();
    const none = await serve({ [REPLAY]: { matching: 0, replayed: 0, merged: 0 } });
    expect(await replayMany(none.api, { filter, yes: true }, output)).toBe(EXIT.ok);
    expect(none.of(REPLAY)).toHaveLength(1);
  });

  it('passes a refusal on', async () => {
    const { api } = await serve({ [REPLAY]: problem(409, 'replay_changed') });
    await expect(
      replayMany(api, { filter: { action: 'CREATED' }, yes: true }, outputOf(false).output),
    ).rejects.toMatchObject({ code: 'replay_changed' });
  });
});

describe('instants of the command line', () => {
  it.each([
    ['90m', '2026-03-01T10:30:00.000Z'],
    ['2h', '2026-03-01T10:00:00.000Z'],
    ['3d', '2026-02-26T12:00:00.000Z'],
    ['2026-03-01T10:00:00+01:00', '2026-03-01T09:00:00.000Z'],
    ['2026-03-01T10:00Z', '2026-03-01T10:00:00.000Z'],
  ])('%s', (text, expected) => {
    expect(parseInstant(text, NOW)).toBe(expected);
  });

  it.each(['yesterday', '2026-03-01', '2026-03-01T10:00', '-2h', '2w', '2026-13-01T10:00:00Z'])(
    '%s is refused',
    (text) => {
      expect(() => parseInstant(text, NOW)).toThrow(/instant/);
    },
  );
});
