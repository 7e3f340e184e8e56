import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { WriteEntity } from '../../../domain/protocol/types.ts';
import { openTheWayOut } from './support/bench.ts';
import { wednesday } from './support/days.ts';
import { startRig, type OutboundRig } from './support/rig.ts';
import { underFaultsOf } from './support/under-faults.ts';

/** Creates of what is no visit whose answer never came: found by what identifies them, never made twice (R15, R15a). */

let rig: OutboundRig;

beforeAll(async () => {
  rig = await startRig();
  await openTheWayOut(rig);
}, 300_000);

afterEach(() => rig.engine.simulator.clearFaults());

afterAll(() => rig.stop());

const { under, intents, conflicts, age } = underFaultsOf(() => rig);

/** One kind of record: how it is made here, where it is made there, and how many of it are there. */
interface Kind {
  readonly entity: WriteEntity;
  readonly route: string;
  make(name: string): Promise<string>;
  there(name: string, id: string): Promise<number>;
  link(id: string): Promise<string | null>;
}

const asSalon = (path: string) => rig.engine.simulator.asSalon('GET', `/business/${rig.salon}/${path}`);
/** Rows of a list, paged or not. */
async function rows(path: string): Promise<readonly Record<string, unknown>[]> {
  const answer = await asSalon(path);
  if (Array.isArray(answer)) return answer as Record<string, unknown>[];
  return (answer as { results: Record<string, unknown>[] }).results;
}
async function linkIn(table: string, column: string, id: string): Promise<string | null> {
  const [row] = await rig.sql<{ external_id: string }>(
    `SELECT external_id FROM ${table} WHERE ${column} = $1 AND gone_at IS NULL`,
    [id],
  );
  return row?.external_id ?? null;
}
let weeks = 7;

const KINDS: readonly Kind[] = [
  {
    entity: 'profile',
    route: 'POST /business/{business_id}/customer/',
    async make(name) {
      const id = uuidv7();
      await rig.sql(
        `INSERT INTO profiles (id, business_id, given_name, family_name, email) VALUES ($1, $2, $3, 'Zgubiona', $4)`,
        [id, rig.businessId, name, `${name.toLowerCase()}@salon.example`],
      );
      return id;
    },
    there: async (name) =>
      (await rows('customer/?limit=100&offset=0')).filter((row) => row['first_name'] === name).length,
    link: (id) => linkIn('external_clients', 'profile_id', id),
  },
  {
    entity: 'service',
    route: 'POST /business/{business_id}/service/',
    async make(name) {
      const id = uuidv7();
      await rig.sql(
        `INSERT INTO services (id, business_id, name, price_type, position) VALUES ($1, $2, $3, 'fixed', 91)`,
        [id, rig.businessId, name],
      );
      return id;
    },
    there: async (name) => (await rows('service/')).filter((row) => row['name'] === name).length,
    link: (id) => linkIn('external_services', 'record_id', id),
  },
  {
    entity: 'variant',
    route: 'POST /business/{business_id}/service/{service_id}/variant/',
    async make(name) {
      const id = uuidv7();
      await rig.sql(
        `INSERT INTO service_variants (id, business_id, service_id, label, price_type, price_minor, currency, duration_minutes)
         SELECT $1, $2, $3, $4, 'fixed', 15000, currency, 45 FROM businesses WHERE id = $2`,
        [id, rig.businessId, rig.variant.serviceId, name],
      );
      return id;
    },
    async there(name) {
      const service = await linkIn('external_services', 'record_id', rig.variant.serviceId);
      return (await rows(`service/${service ?? ''}/variant/`)).filter((row) => row['label'] === name).length;
    },
    link: (id) => linkIn('external_services', 'record_id', id),
  },
  {
    entity: 'time_off',
    route: 'POST /business/{business_id}/schedule/resource/{resource_id}/time_off/',
    async make() {
      const id = uuidv7();
      const day = wednesday((weeks += 1));
      await rig.sql(
        `INSERT INTO time_off (id, business_id, owner_kind, owner_id, zone, starts_local, ends_local, starts_at, ends_at, reason_code)
         VALUES ($1, $2, 'staff', $3, $4, $5::timestamp, $6::timestamp, $5::timestamp AT TIME ZONE $4,
                 $6::timestamp AT TIME ZONE $4, 'training')`,
        [id, rig.businessId, rig.staff.id, rig.zone, `${day} 21:00`, `${day} 22:00`],
      );
      return id;
    },
    there: async (_, id) =>
      (await rows(`schedule/resource/${rig.staff.externalId}/time_off/`)).filter((row) =>
        String(row['reason']).includes(id),
      ).length,
    link: (id) => linkIn('external_time_off', 'time_off_id', id),
  },
];

describe.each(KINDS)('a create of a $entity', (kind) => {
  const { entity, route } = kind;

  it('that acted without an answer is found and linked: one there, no second call', async () => {
    const name = `Znaleziona${entity}`;
    const id = await kind.make(name);
    await under({ kind: 'lose_answer', route }, () => rig.process(entity, id));
    expect(await intents(id)).toMatchObject([{ operation: 'create', state: 'unknown' }]);
    expect(await kind.link(id)).toBeNull();
    expect((await rig.process(entity, id)).writes).toBe(0);
    expect(await kind.link(id)).not.toBeNull();
    expect(await kind.there(name, id)).toBe(1);
    expect(await intents(id)).toMatchObject([{ state: 'confirmed' }]);
    expect(await rig.process(entity, id)).toMatchObject({ outcome: 'in_step', writes: 0 });
  });

  it('that did not act is looked for twice, 30 s apart, and only then sent again, the same body (R15a)', async () => {
    const name = `Ponowiona${entity}`;
    const id = await kind.make(name);
    await under({ kind: 'drop_request', route }, () => rig.process(entity, id));
    expect(await rig.process(entity, id)).toMatchObject({ outcome: 'waiting', writes: 0 });
    expect(await rig.process(entity, id)).toMatchObject({ outcome: 'waiting', writes: 0 });
    expect(await kind.there(name, id)).toBe(0);
    await age(id, 31);
    expect((await rig.process(entity, id)).writes).toBe(1);
    expect(await kind.there(name, id)).toBe(1);
    expect(await kind.link(id)).not.toBeNull();
    expect(await conflicts(id)).toEqual([]);
  });

  it('that acts after it was sent again is there twice at most, and linked once', async () => {
    const name = `Późna${entity}`;
    const id = await kind.make(name);
    await under({ kind: 'act_late', route, ms: 60_000 }, () => rig.process(entity, id));
    await rig.process(entity, id);
    await age(id, 31);
    await rig.process(entity, id);
    const link = await kind.link(id);
    await rig.engine.simulator.control('POST', '/clock', { advanceMs: 120_000 });
    await rig.process(entity, id);
    expect(await kind.link(id)).toBe(link);
    expect(await kind.there(name, id)).toBeLessThanOrEqual(2);
    expect((await intents(id)).filter(({ operation }) => operation === 'create')).toHaveLength(2);
  });
});

describe('a card that nothing identifies (R15)', () => {
  it('is never sent again: it is shown as `outcome_unknown`', async () => {
    const id = uuidv7();
    await rig.sql(
      `INSERT INTO profiles (id, business_id, given_name, family_name) VALUES ($1, $2, 'Bezkontaktu', 'Nikt')`,
      [id, rig.businessId],
    );
    const there = async () =>
      (await rows('customer/?limit=100&offset=0')).filter((row) => row['first_name'] === 'Bezkontaktu')
        .length;
    await under({ kind: 'drop_request', route: 'POST /business/{business_id}/customer/' }, () =>
      rig.process('profile', id),
    );
    expect(await rig.process('profile', id)).toMatchObject({ outcome: 'waiting', writes: 0 });
    expect(await conflicts(id)).toMatchObject([
      { kind: 'outcome_unknown', detail: { reason: 'create_not_identifiable' } },
    ]);
    for (const seconds of [31, 151, 600]) {
      await age(id, seconds);
      expect((await rig.process('profile', id)).writes).toBe(0);
    }
    expect(await there()).toBe(0);
    expect(await intents(id)).toHaveLength(1);
    expect(await conflicts(id)).toHaveLength(1);
  });
});
