import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idsOf, show, Tester } from './client.ts';
import type { Body } from './client.ts';

/** Of this process's work, the sandbox's and the caller's: work that grows with the salon is to be caught, not a busy machine. */
const PAGE_MS = 2000;

const workedMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

describe('a salon of 100,000 visits', () => {
  let tester: Tester;
  beforeAll(async () => {
    tester = await Tester.start({ visits: 100_000, clients: 20_000 });
  });
  afterAll(() => tester.stop());

  it.each(['start', 'start_desc', 'id', 'id_desc'])(
    'is listed to its last page, ordered by %s',
    async (listOrder) => {
      await tester.control('POST', 'settings', { flags: { listOrder } });
      const page = async (query: string): Promise<Body> => {
        const before = workedMs();
        const reply = await tester.salon('GET', `appointment/?limit=100&${query}`);
        expect(workedMs() - before).toBeLessThan(PAGE_MS);
        expect(reply.status).toBe(200);
        return reply.body;
      };
      const last = await page('offset=99900');
      expect(last['count']).toBe(100_000);
      expect(last['next']).toBeNull();
      expect(last['results']).toHaveLength(100);
      const year = 'booked_from=2025-11-01T00:00&booked_till=2026-11-01T00:00';
      const count = Number((await page(year))['count']);
      expect(count).toBeGreaterThan(50_000);
      expect((await page(`${year}&offset=${show(count - 40)}`))['results']).toHaveLength(40);
    },
  );

  it('shows the control surface its last visits, and its last client cards', async () => {
    const found = await tester.control('GET', 'visits?offset=99990&limit=50');
    expect([found.body['count'], idsOf(found).length]).toEqual([100_000, 10]);
    expect(idsOf(await tester.salon('GET', 'customer/?limit=100&offset=19950'))).toHaveLength(50);
  });
});

describe('a hundred salons', () => {
  let tester: Tester;
  beforeAll(async () => {
    tester = await Tester.start({ salons: 100, visits: 130, clients: 101 });
  });
  afterAll(() => tester.stop());

  it('each have their own data, counters and least calls', async () => {
    const { body: state } = await tester.control('GET', 'state');
    const salons = state['salons'] as unknown as Record<string, number>[];
    expect(salons).toHaveLength(100);
    const { body: before } = await tester.control('GET', 'counters');
    let total = 0;
    for (const one of salons) {
      const people = Number(one['staff']) + Number(one['rooms']);
      const rows = Number(one['visits']) + Number(one['blocks']);
      expect(rows).toBe(130);
      const lists = Math.ceil(Number(one['clients']) / 100) + Math.ceil(rows / 100);
      const least = 4 + 3 * people + 2 + Number(one['services']) + lists;
      expect(before['leastCalls']?.['bySalon']?.[show(one['id'])]).toBe(least);
      total += least;
    }
    expect(before['leastCalls']?.['total']).toBe(total);

    for (const id of [1001, 1050, 1050, 1100]) {
      expect((await tester.api('GET', `/business/${show(id)}/service_category/`)).status).toBe(200);
    }
    const { body: after } = await tester.control('GET', 'counters');
    const bySalon = after['calls']?.['bySalon'] as unknown as Record<string, { total: number }>;
    expect(Object.entries(bySalon).map(([id, { total: calls }]) => [id, calls])).toEqual([
      ['1001', 1],
      ['1050', 2],
      ['1100', 1],
    ]);
    const all = await tester.control('GET', 'visits?offset=12990&limit=100');
    expect([all.body['count'], idsOf(all).length]).toEqual([13_000, 10]);
    expect((await tester.api('GET', '/business/')).body).toHaveLength(100);
  });

  it('of a smaller largest page more calls are the least', async () => {
    const least = async (): Promise<unknown> =>
      (await tester.control('GET', 'counters')).body['leastCalls']?.['bySalon']?.['1001'];
    const before = Number(await least());
    await tester.control('POST', 'settings', { flags: { maxLimit: 50 } });
    expect(await least()).toBe(before + 2);
  });

  it('more than there is room for is refused by name', async () => {
    const reply = await tester.control('POST', 'reset', { salons: 100, visits: 100_000 });
    expect([reply.status, reply.body['field']]).toEqual([400, 'visits']);
    expect(show(reply.body['description'])).toContain('at most 10000');
    expect((await tester.control('GET', 'state')).body['salons']).toHaveLength(100);
  });
});
