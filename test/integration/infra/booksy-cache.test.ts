import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { createCachedClient, type CachedClient, type CachedReads } from '../../../booksy/index.ts';
import { createCache, type Cache } from '../../../infra/cache/index.ts';
import { createVault } from '../../../infra/crypto.ts';
import type { Interval } from '../../../domain/observed.ts';
import { call, startRig, type Rig } from '../booksy/rig.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

const vault = createVault({ key: Buffer.alloc(32, 3), keyId: 'k' });
let rig: Rig;
let redis: TestRedis;
let staff: string;
let service: string;

beforeAll(async () => {
  [rig, redis] = await Promise.all([startRig({ simulator: { salons: 2 } }), startRedis()]);
  const resources = await rig.client.listResources(rig.salon, call);
  staff = resources.rows.find((row) => row.kind === 'staff')?.externalId ?? '';
  service = (await rig.client.listServices(rig.salon, call)).rows[0]?.externalId ?? '';
});
afterAll(async () => {
  await redis.stop();
  await rig.stop();
});
beforeEach(async () => {
  await rig.simulator.clearFaults();
  await redis.command('FLUSHALL');
});

const calls = async () => (await rig.simulator.counters()).calls.total;

/** Every cached read, by its name. */
const READS: Readonly<Record<keyof CachedReads, (from: CachedReads) => Promise<unknown>>> = {
  listCategories: (from) => from.listCategories(rig.salon, call),
  listServices: (from) => from.listServices(rig.salon, call),
  listVariants: (from) => from.listVariants(rig.salon, { serviceExternalId: service }, call),
  listResources: (from) => from.listResources(rig.salon, call),
  getWeek: (from) => from.getWeek(rig.salon, { owner: { kind: 'resource', externalId: staff } }, call),
  listCustomDays: (from) =>
    from.listCustomDays(
      rig.salon,
      { owner: { kind: 'business' }, fromDate: '2026-01-01', toDate: '2027-12-31' },
      call,
    ),
  listTimeOff: (from) => from.listTimeOff(rig.salon, { resourceExternalId: staff }, call),
};

describe.each(['memory', 'redis'] as const)('reads of Booksy through a cache in %s', (kind) => {
  function fresh(): CachedClient & { cache: Cache } {
    const cache = createCache({ redisUrl: kind === 'redis' ? redis.url : null, vault });
    onTestFinished(() => cache.close());
    return {
      cache,
      ...createCachedClient(rig.client, cache, { baseUrl: rig.simulator.url, accountKey: 'a' }),
    };
  }

  it.each(Object.keys(READS) as (keyof CachedReads)[])(
    '%s asks once, and says when that was, however late it is asked (R1)',
    async (name) => {
      const { reads, client, cache } = fresh();
      const first = await READS[name](reads);
      const before = await calls();
      const again = await READS[name](reads);
      expect(await calls()).toBe(before);
      expect(cache.stats().hits).toBe(1);
      expect(again).toEqual(first);
      // What a sync reads is asked anew each time, and is later than what the cache still says.
      const asked = await READS[name](client);
      expect(await calls()).toBe(before + 1);
      expect(intervalOf(asked).sentAt > intervalOf(again).sentAt).toBe(true);
      expect(intervalOf(again)).toEqual(intervalOf(first));
    },
  );

  it('sees its own writes at once', async () => {
    const { reads, client } = fresh();
    const before = await reads.listCategories(rig.salon, call);
    const made = await client.createCategory(
      rig.salon,
      { importUid: `category:${kind}`, category: { name: `Nowe ${kind}`, position: 90 } },
      call,
    );
    const after = await reads.listCategories(rig.salon, call);
    expect(after.rows.map((row) => row.externalId).sort()).toEqual(
      [...before.rows.map((row) => row.externalId), made.value.externalId].sort(),
    );
    await client.deleteCategory(rig.salon, { externalId: made.value.externalId }, call);
    expect((await reads.listCategories(rig.salon, call)).rows).toHaveLength(before.rows.length);
  });

  it('trusts nothing after a write whose answer was lost, because it may have acted or act yet', async () => {
    const { reads, client } = fresh();
    const off = () => reads.listTimeOff(rig.salon, { resourceExternalId: staff }, call);
    const before = (await off()).rows.length;
    await rig.simulator.fault({ kind: 'lose_answer', route: 'POST *', count: 1 });
    const lost = client.createTimeOff(
      rig.salon,
      {
        resourceExternalId: staff,
        importUid: `off:${kind}`,
        timeOff: {
          startsLocal: kind === 'memory' ? '2027-05-03T08:00' : '2027-06-03T08:00',
          endsLocal: kind === 'memory' ? '2027-05-03T16:00' : '2027-06-03T16:00',
          reasonCode: 'training',
          approved: true,
        },
      },
      call,
    );
    await expect(lost).rejects.toMatchObject({ code: 'outcome_unknown' });
    expect((await off()).rows.length).toBe(before + 1);
    const asked = await calls();
    await off();
    await off();
    expect(await calls()).toBe(asked + 2);
  });

  it('forgets one salon and leaves the others', async () => {
    const { reads, dropBusiness } = fresh();
    const other = { ...rig.salon, externalId: String((await rig.simulator.state()).salons[1]?.id) };
    const readAll = async () => {
      for (const name of Object.keys(READS) as (keyof CachedReads)[]) await READS[name](reads);
      await reads.listServices(other, call);
    };
    await readAll();
    await dropBusiness(rig.salon.externalId);
    const before = await calls();
    await readAll();
    expect(await calls()).toBe(before + Object.keys(READS).length);
  });

  it('reads rows again when the salon’s currency or zone was corrected', async () => {
    const { reads } = fresh();
    await reads.listVariants(rig.salon, { serviceExternalId: service }, call);
    const euros = { ...rig.salon, currency: 'EUR' };
    const list = await reads.listVariants(euros, { serviceExternalId: service }, call);
    expect(list.rows.every((row) => row.price.currency === 'EUR')).toBe(true);
  });
});

describe('what the cache knows of the client', () => {
  it('is all of it: whoever adds a method says here what the cache has to do with it', () => {
    const cached = Object.keys(READS);
    const writes = /^(create|put|delete|change|map)[A-Z]/;
    const alwaysAsked =
      /^(get(?!Week)[A-Z]\w+|read\w+ForWrite|listBusinesses|listClients|listAppointments|\w*[sS]ettlement\w*)$/;
    const notOfCatalogOrTime = /^(create|put|delete)Client$/;
    const { client } = createCachedClient(rig.client, createCache({ redisUrl: null, vault }), {
      baseUrl: rig.simulator.url,
      accountKey: 'a',
    });
    for (const [name, method] of Object.entries(rig.client)) {
      if (['capabilities', 'callsPerSecond', 'timeoutMs', 'close'].includes(name)) continue;
      const wrapped = Reflect.get(client, name) !== method;
      const isWrite = writes.test(name) && !notOfCatalogOrTime.test(name);
      expect([name, wrapped]).toEqual([name, isWrite]);
      if (!isWrite && !notOfCatalogOrTime.test(name)) {
        expect([name, cached.includes(name) !== alwaysAsked.test(name)]).toEqual([name, true]);
      }
    }
  });
});

const observed = z.looseObject({ interval: z.strictObject({ sentAt: z.string(), receivedAt: z.string() }) });

function intervalOf(list: unknown): Interval {
  return observed.parse(list).interval;
}
