import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { roomBinding } from '../../../activities/apply/catalog-bindings.ts';
import { applyGone } from '../../../activities/apply/gone.ts';
import { NO_LINKS } from '../../../activities/apply/links.ts';
import { businessOf, inStep } from '../../../activities/inbound/run.ts';
import { readSalonRows } from '../../../infra/availability/rows.ts';
import { startTestEngine, type TestEngine } from '../../support/engine.ts';
import { makeRun } from '../../support/salon.ts';
import { tupleChanges } from '../../support/tuples.ts';

/** Which rooms a service may be given in (SPEC 5.1): Booksy says it for what it knows, the platform for the rest. */

const LIST = 'GET /business/{business_id}/resource/';
const SERVICES = 'GET /business/{business_id}/service/';

let engine: TestEngine;
let businessId: string;
let salon: string;
/** A room with services, as Booksy names it. */
let room: number;
/** Services at Booksy, by the order of their ids. */
let services: readonly number[];

beforeAll(async () => {
  engine = await startTestEngine({ simulator: { visits: 300, clients: 40, staff: 3 } });
  const [connected] = await engine.connect();
  businessId = connected?.businessId ?? '';
  salon = String((await engine.simulator.state()).salons[0]?.id);
  services = (await rows('service')).map(({ id }) => id).sort((a, b) => a - b);
  room = (await roomsThere()).find((each) => each.services.length > 1)?.id ?? 0;
  await engine.fullSync(businessId);
}, 240_000);

afterAll(() => engine.stop());

const resources = z.array(
  z.looseObject({ id: z.number(), type: z.string(), services: z.array(z.number()).default([]) }),
);
const rows = async (kind: 'service' | 'resource') =>
  resources.parse(
    ((await engine.simulator.asSalon('GET', `/business/${salon}/${kind}/`)) as readonly object[]).map(
      (row) => ({ type: '', ...row }),
    ),
  );
const roomsThere = async () => (await rows('resource')).filter(({ type }) => type === 'R');
const give = (id: number, given: readonly number[]) =>
  engine.simulator.asSalon('PATCH', `/business/${salon}/resource/${String(id)}/`, { services: given });

/** Services of rooms as the platform holds them, in Booksy's ids: `room: services`. Own ones by their id here. */
async function here(): Promise<Readonly<Record<string, readonly string[]>>> {
  const { rows: found } = await engine.database.pool.query<{ room: string; services: string[] }>(
    `SELECT coalesce(r.external_id, p.room_id::text) AS room,
            array_agg(coalesce(s.external_id, p.service_id::text) ORDER BY 1) AS services
       FROM service_rooms p
       LEFT JOIN external_rooms r ON r.room_id = p.room_id
       LEFT JOIN external_services s ON s.entity = 'service' AND s.record_id = p.service_id
      GROUP BY 1`,
  );
  return Object.fromEntries(found.map((row) => [row.room, [...row.services].sort()]));
}
async function there(): Promise<Readonly<Record<string, readonly string[]>>> {
  const given = (await roomsThere()).filter((each) => each.services.length > 0);
  return Object.fromEntries(given.map((each) => [String(each.id), each.services.map(String).sort()]));
}
const idOf = async (entity: 'room' | 'service', externalId: number): Promise<string> => {
  const link = { businessId, externalId: String(externalId) };
  const id =
    entity === 'room'
      ? (await engine.deps.db.externalRoom.findFirstOrThrow({ where: link })).roomId
      : (await engine.deps.db.externalService.findFirstOrThrow({ where: { ...link, entity } })).recordId;
  return id ?? '';
};
const sync = async () => {
  const run = await engine.fullSync(businessId);
  expect(run).toMatchObject({ status: 'completed', errorCode: null });
  return run;
};
const otherThan = (taken: readonly number[]) => services.find((id) => !taken.includes(id)) ?? 0;
const servicesOf = async (id: number) => (await roomsThere()).find((each) => each.id === id)?.services ?? [];

describe('services of rooms', { timeout: 240_000 }, () => {
  it('come in with the first sync, and are what is offered', async () => {
    expect(Object.keys(await there()).length).toBeGreaterThan(0);
    expect(await here()).toEqual(await there());
    const salonRows = await readSalonRows(engine.deps.db, businessId, '2026-11-24', '2026-11-24');
    const [given] = await servicesOf(room);
    const serviceId = await idOf('service', given ?? 0);
    expect(salonRows?.services.find(({ id }) => id === serviceId)).toMatchObject({ needs_room: true });
    expect(salonRows?.services.find(({ id }) => id === serviceId)?.room_ids).toContain(
      await idOf('room', room),
    );
  });

  it('a second sync changes not one tuple', async () => {
    const { inEntities } = await tupleChanges(engine.deps.db, sync);
    expect(inEntities).toEqual({});
  });

  it('follow Booksy: what it drops is dropped, what it adds is added, and the trail says so', async () => {
    const before = await servicesOf(room);
    const added = otherThan(before);
    await give(room, [...before.slice(1), added]);
    await sync();
    expect(await here()).toEqual(await there());
    expect((await here())[String(room)]).toContain(String(added));
    expect((await here())[String(room)]).not.toContain(String(before[0]));
    const audit = await engine.deps.db.booksyAuditLog.findMany({
      where: { businessId, entity: 'room', action: 'updated', reasonCode: 'changed_at_booksy' },
    });
    expect(audit.map(({ recordId }) => recordId)).toEqual([await idOf('room', room)]);
  });

  it('the platform’s own stay: of its services in any room, of its rooms for any service', async () => {
    const { db } = engine.deps;
    const [ownService, ownRoom] = [uuidv7(), uuidv7()];
    await db.service.create({ data: { id: ownService, businessId, name: 'Own', priceType: 'fixed' } });
    await db.room.create({ data: { id: ownRoom, businessId, name: 'Own' } });
    const known = await idOf('service', services[0] ?? 0);
    await db.serviceRoom.createMany({
      data: [
        { serviceId: ownService, roomId: await idOf('room', room) },
        { serviceId: ownService, roomId: ownRoom },
        { serviceId: known, roomId: ownRoom },
      ],
    });
    await give(room, (await servicesOf(room)).slice(0, 1));
    await sync();
    const expected = await there();
    expect(await here()).toEqual({
      ...expected,
      [String(room)]: [...(expected[String(room)] ?? []), ownService].sort(),
      [ownRoom]: [ownService, String(services[0])].sort(),
    });
    await db.serviceRoom.deleteMany({ where: { OR: [{ serviceId: ownService }, { roomId: ownRoom }] } });
    await db.room.delete({ where: { id: ownRoom } });
    await db.service.delete({ where: { id: ownService } });
  });

  it('a service that is unknown here is no error: it follows once it is known', async () => {
    const made = z.looseObject({ id: z.number() }).parse(
      await engine.simulator.asSalon('POST', `/business/${salon}/service/`, {
        name: 'Sauna',
        price_type: 'X',
        service_category_id: null,
      }),
    );
    await engine.simulator.fault({
      kind: 'drift',
      route: SERVICES,
      change: 'set',
      field: 'name',
      value: 42,
      ids: [made.id],
      count: null,
    });
    const before = await servicesOf(room);
    await give(room, [...before, made.id]);
    await sync();
    const waiting = () =>
      engine.deps.db.quarantine.findMany({
        where: { businessId, releasedAt: null },
        select: { entity: true, externalId: true },
      });
    expect(await waiting()).toEqual([{ entity: 'service', externalId: String(made.id) }]);
    expect((await here())[String(room)]).toEqual(before.map(String).sort());
    expect((await tupleChanges(engine.deps.db, sync)).inEntities.service_rooms).toBeUndefined();
    await engine.simulator.clearFaults();
    await sync();
    expect(await waiting()).toEqual([]);
    expect(await here()).toEqual(await there());
    expect((await here())[String(room)]).toContain(String(made.id));
  });

  it.each([
    ['names no services any more', { change: 'remove' as const }],
    ['says nothing of them', { change: 'set' as const, value: null }],
  ])('R5 a list that %s changes none', async (_what, fault) => {
    const before = await here();
    expect(before[String(room)]?.length).toBeGreaterThan(0);
    await engine.simulator.fault({ kind: 'drift', route: LIST, field: 'services', count: null, ...fault });
    await sync();
    await engine.simulator.clearFaults();
    expect(await here()).toEqual(before);
    await sync();
    expect(await here()).toEqual(before);
  });

  it('an empty list is one: nothing is given there any more', async () => {
    const before = await servicesOf(room);
    await give(room, []);
    await sync();
    expect(await here()).toEqual(await there());
    expect(await here()).not.toHaveProperty(String(room));
    await give(room, before);
    await sync();
    expect(await here()).toEqual(await there());
  });

  it('R3 a room that was gone and is back has its services again', async () => {
    const before = await here();
    const { deps } = engine;
    const business = await businessOf(deps.db, businessId);
    const run = await makeRun(deps.db, businessId);
    await inStep(deps, business, run, NO_LINKS, (scope) => applyGone(scope, roomBinding, [String(room)]));
    expect(await here()).not.toHaveProperty(String(room));
    await sync();
    expect(await here()).toEqual(before);
    expect(await here()).toEqual(await there());
  });

  it('R3 a room that is gone at Booksy is needed for nothing, and the platform’s own services stay in it', async () => {
    const { db } = engine.deps;
    const [alone, own] = [otherThan((await roomsThere()).flatMap((each) => each.services)), uuidv7()];
    await give(room, [...(await servicesOf(room)), alone]);
    await sync();
    const roomId = await idOf('room', room);
    await db.service.create({ data: { id: own, businessId, name: 'Own', priceType: 'fixed' } });
    await db.serviceRoom.create({ data: { serviceId: own, roomId } });
    const needsRoom = async () => {
      const salonRows = await readSalonRows(db, businessId, '2026-11-24', '2026-11-24');
      const serviceId = await idOf('service', alone);
      return salonRows?.services.find(({ id }) => id === serviceId)?.needs_room;
    };
    expect(await needsRoom()).toBe(true);
    await engine.simulator.asSalon('DELETE', `/business/${salon}/resource/${String(room)}/`);
    await sync();
    expect(await needsRoom()).toBe(false);
    expect(await db.room.findUniqueOrThrow({ where: { id: roomId } })).toMatchObject({ active: false });
    expect(await here()).toEqual({ ...(await there()), [String(room)]: [own] });
    const [entry] = await db.booksyAuditLog.findMany({ where: { recordId: roomId, action: 'marked_gone' } });
    expect(entry?.groups).toEqual(['active', 'services']);
  });
});
