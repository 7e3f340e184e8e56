import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { businessOf, type RunBusiness } from '../../../activities/inbound/run.ts';
import type {
  ObservedClient,
  ObservedResource,
  ObservedService,
  ObservedVariant,
} from '../../../domain/observed.ts';
import { decideMapping, type MappingRequest } from '../../../infra/mappings.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestEngine, type TestEngine } from '../../support/engine.ts';
import { tupleChanges } from '../../support/tuples.ts';

/**
 * A platform that has clients, services and staff of its own is connected: by the real workflows, over HTTP, into the real
 * database.
 */

const CLIENTS = 60;
const CALL = { lane: 5 } as const;

let engine: TestEngine;
let business: RunBusiness;
let run: Awaited<ReturnType<TestEngine['fullSync']>>;
/** What the dry run before it planned, and left in the mapping list. */
let planned: Awaited<ReturnType<TestEngine['deps']['db']['syncPlan']['findUniqueOrThrow']>>;
let remembered: readonly unknown[];
/** Card → the profile of ours that it surely is, and the one that it perhaps is. */
const sure = new Map<string, string>();
const perhaps = new Map<string, string>();
/** Profiles that share a phone or a mailbox with a card of somebody else. */
const others: string[] = [];
let soldHere: ObservedService;
let soldHereVariants: readonly ObservedVariant[];
let worksHere: ObservedResource;
const ourService = uuidv7();
const ourStaff = uuidv7();

beforeAll(async () => {
  engine = await startTestEngine({ simulator: { visits: 300, clients: CLIENTS, staff: 4 } });
  const [connected] = await engine.connect();
  business = await businessOf(engine.deps.db, connected?.businessId ?? '');
  await fillPlatform();
  const dry = await engine.fullSync(business.id, 'dry_run');
  planned = await engine.deps.db.syncPlan.findUniqueOrThrow({ where: { runId: dry.id } });
  remembered = await mappings();
  run = await engine.fullSync(business.id);
}, 240_000);

afterAll(() => engine.stop());

const db = () => engine.deps.db;
const plain = (text: string) =>
  text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('ł', 'l').replaceAll('Ł', 'L');

async function own(values: {
  given: string;
  family: string;
  email?: string | null;
  phone?: string | null;
}): Promise<string> {
  const id = uuidv7();
  await db().profile.create({
    data: {
      id,
      businessId: business.id,
      givenName: values.given,
      familyName: values.family,
      email: values.email ?? null,
      phoneE164: values.phone ?? null,
    },
  });
  return id;
}

/** What the platform had before: some of Booksy's clients, written as people write, and its own. */
async function fillPlatform(): Promise<void> {
  const { booksy } = engine.deps;
  const { rows } = await booksy.listClients(business, { offset: 0, limit: 100 }, CALL);
  const cards = alone(rows);
  expect(cards.length).toBeGreaterThan(20);
  for (const card of cards.slice(0, 10)) {
    const given = plain(card.givenName).toUpperCase();
    const family = plain(card.familyName);
    sure.set(
      card.externalId,
      await own({ given, family, email: card.email?.toUpperCase() ?? null, phone: card.phone }),
    );
  }
  for (const card of cards.slice(10, 14)) {
    perhaps.set(card.externalId, await own({ given: card.givenName, family: card.familyName }));
  }
  for (const card of cards.slice(14, 17)) {
    others.push(await own({ given: 'Wojciech', family: 'Całkiemobcy', phone: card.phone }));
    others.push(await own({ given: 'Halina', family: 'Całkiemobca', phone: card.phone }));
  }
  for (const given of ['Renata', 'Sylwia', 'Teresa']) {
    others.push(await own({ given, family: 'Niezrzeszona', email: 'info@salon.example' }));
  }

  const services = await booksy.listServices(business, CALL);
  const staff = (await booksy.listResources(business, CALL)).rows.filter(
    (each) => each.kind === 'staff' && each.email !== null,
  );
  soldHere = first(services.rows);
  soldHereVariants = (await booksy.listVariants(business, { serviceExternalId: soldHere.externalId }, CALL))
    .rows;
  worksHere = first(staff);
  await db().service.create({
    data: { id: ourService, businessId: business.id, name: plain(soldHere.name).toUpperCase() },
  });
  for (const variant of soldHereVariants) {
    await db().serviceVariant.create({
      data: {
        id: uuidv7(),
        businessId: business.id,
        serviceId: ourService,
        label: variant.label,
        priceType: variant.price.type,
        priceMinor: variant.price.minor,
        currency: 'PLN',
        durationMinutes: variant.durationMinutes,
      },
    });
  }
  await db().staff.create({
    data: { id: ourStaff, businessId: business.id, name: worksHere.name, email: worksHere.email },
  });
}

function first<T>(rows: readonly T[]): T {
  const row = rows[0];
  if (row === undefined) throw new Error('The simulator made nothing of this kind.');
  return row;
}

/** Cards with both contacts that nobody shares, and a name that nobody else bears. */
function alone(rows: readonly ObservedClient[]): readonly ObservedClient[] {
  const count = (of: (card: ObservedClient) => string | null, value: string | null) =>
    rows.filter((card) => of(card) === value).length;
  const name = (card: ObservedClient) => plain(`${card.givenName} ${card.familyName}`).toLowerCase();
  return rows.filter(
    (card) =>
      card.email !== null &&
      card.phone !== null &&
      card.givenName !== '' &&
      card.familyName !== '' &&
      count((each) => each.email, card.email) === 1 &&
      count((each) => each.phone, card.phone) === 1 &&
      count(name, name(card)) === 1,
  );
}

const profileOf = async (externalId: string) =>
  (await db().externalClient.findFirst({ where: { businessId: business.id, externalId } }))?.profileId ??
  null;
const mapping = (externalId: string, entity = 'profile') =>
  db().mapping.findFirst({ where: { businessId: business.id, entity, externalId } });
const mappings = () => db().mapping.findMany({ where: { businessId: business.id }, orderBy: { id: 'asc' } });

async function decide(externalId: string, decision: MappingRequest['decision'], recordId: string | null) {
  const now = await mapping(externalId);
  await decideMapping(db(), {
    businessId: business.id,
    entity: 'profile',
    externalId,
    decision,
    recordId,
    version: now?.version ?? 0,
    actor: 'user:ola',
  });
  const { workflowId } = await engine.launcher.startRecordSync({
    businessId: business.id,
    runId: uuidv7(),
    actor: 'user:ola',
    entity: 'profile',
    externalId,
    parentExternalId: null,
  });
  await eventually(async () => (await engine.launcher.recordSyncResult(workflowId, 2_000)) === 'done', {
    timeoutMs: 60_000,
  });
}

describe('the first full sync of a platform with clients of its own', () => {
  it('links the sure ones, leaves the unsure ones to a person, and makes the rest', async () => {
    expect(run).toMatchObject({ status: 'completed', errorCode: null });
    for (const [externalId, profileId] of sure) expect(await profileOf(externalId)).toBe(profileId);
    for (const [externalId, profileId] of perhaps) {
      expect(await profileOf(externalId)).toBeNull();
      expect(await mapping(externalId)).toMatchObject({
        state: 'unsure',
        candidates: [expect.objectContaining({ recordId: profileId })],
      });
    }
    const waiting = await db().mapping.count({
      where: { businessId: business.id, entity: 'profile', state: 'unsure' },
    });
    expect(run.counts).toMatchObject({
      clients: { linked: sure.size, unsure: waiting, created: CLIENTS - sure.size - waiting },
    });
    // Nobody twice: what was here, and one for each card that is neither linked nor waiting.
    expect(await db().profile.count({ where: { businessId: business.id } })).toBe(
      sure.size + perhaps.size + others.length + CLIENTS - sure.size - waiting,
    );
  });

  it('was planned the same by the dry run, which left nothing behind', () => {
    const clients = (run.counts as { clients: Record<string, number> }).clients;
    expect(planned.counts).toMatchObject({
      inbound: { clients: { create: clients.created, link: clients.linked, unsure: clients.unsure } },
    });
    expect(remembered).toEqual([]);
  });

  it('takes nobody for another because of a shared phone or a role mailbox', async () => {
    const taken = await db().externalClient.count({
      where: { businessId: business.id, profileId: { in: others } },
    });
    expect(taken).toBe(0);
  });

  it('takes over the services and staff that are there, and doubles none', async () => {
    const service = await db().externalService.findFirst({
      where: { businessId: business.id, entity: 'service', externalId: soldHere.externalId },
    });
    expect(service?.recordId).toBe(ourService);
    expect(await db().serviceVariant.count({ where: { serviceId: ourService } })).toBe(
      soldHereVariants.length,
    );
    const staff = await db().externalStaff.findFirst({
      where: { businessId: business.id, externalId: worksHere.externalId },
    });
    expect(staff?.staffId).toBe(ourStaff);
    expect(await db().staff.count({ where: { businessId: business.id, name: worksHere.name } })).toBe(1);
  });

  it('writes nothing when it runs again', async () => {
    const before = await mappings();
    const { inEntities } = await tupleChanges(db(), () => engine.fullSync(business.id));
    expect(inEntities).toEqual({});
    expect(await mappings()).toEqual(before);
  });
});

describe('a decision of a person', () => {
  it('is carried out by the sync of that record', async () => {
    const [externalId, profileId] = first([...perhaps]);
    await decide(externalId, 'link', profileId);
    expect(await profileOf(externalId)).toBe(profileId);
    expect((await mapping(externalId))?.appliedAt).not.toBeNull();
  });

  it('that it is somebody else makes a client of the card', async () => {
    const [externalId, profileId] = first([...perhaps].slice(1));
    await decide(externalId, 'separate', null);
    expect(await profileOf(externalId)).not.toBeNull();
    expect(await profileOf(externalId)).not.toBe(profileId);
  });

  it('to link two clients, and to take them apart again, moves visits there and back', async () => {
    // Past visits of the cards that were decided above find their client with the next pass.
    await engine.fullSync(business.id);
    const { rows } = await engine.database.pool.query<{ external_id: string; profile_id: string }>(
      `SELECT c.external_id, c.profile_id FROM external_clients c
        WHERE c.business_id = $1 AND c.is_primary
          AND 2 <= (SELECT count(*) FROM bookings b WHERE b.profile_id = c.profile_id)
          AND NOT EXISTS (SELECT FROM mappings m WHERE m.business_id = $1 AND m.external_id = c.external_id)
        ORDER BY c.external_id LIMIT 2`,
      [business.id],
    );
    const [kept, moved] = [first(rows), first(rows.slice(1))];
    const visits = (profileId: string) =>
      db()
        .booking.findMany({ where: { profileId }, select: { id: true }, orderBy: { id: 'asc' } })
        .then((found) => found.map(({ id }) => id));
    const [keptVisits, movedVisits] = [await visits(kept.profile_id), await visits(moved.profile_id)];
    await decide(moved.external_id, 'link', kept.profile_id);
    expect(await profileOf(moved.external_id)).toBe(kept.profile_id);
    expect(await visits(kept.profile_id)).toEqual([...keptVisits, ...movedVisits].sort());
    expect(await db().profile.findUnique({ where: { id: moved.profile_id } })).toBeNull();

    const again = await tupleChanges(db(), () => engine.fullSync(business.id));
    expect(again.inEntities).toEqual({});

    await decide(moved.external_id, 'unmerge', null);
    expect(await profileOf(moved.external_id)).toBe(moved.profile_id);
    expect(await visits(kept.profile_id)).toEqual(keptVisits);
    expect(await visits(moved.profile_id)).toEqual(movedVisits);
    const settled = await tupleChanges(db(), () => engine.fullSync(business.id));
    expect(settled.inEntities).toEqual({});
  });
});
