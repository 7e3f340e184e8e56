import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyVisits, type AppliedVisits } from '../../../activities/inbound/apply-page.ts';
import { inStep, type InboundDeps, type RunBusiness, type RunRef } from '../../../activities/inbound/run.ts';
import { applyRecords } from '../../../activities/apply/apply-records.ts';
import {
  roomBinding,
  serviceBinding,
  staffBinding,
  variantBinding,
} from '../../../activities/apply/catalog-bindings.ts';
import { applyGone } from '../../../activities/apply/gone.ts';
import { visitMirror } from '../../../activities/apply/visit-binding.ts';
import { loadCatalogLinks, NO_LINKS } from '../../../activities/apply/links.ts';
import { seenRoom, seenService, seenStaff, seenVariant } from '../../../domain/states/catalog.ts';
import type { Links } from '../../../domain/states/links.ts';
import type { ObservedReservation, ObservedVisit } from '../../../domain/observed.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import {
  item,
  makeBusiness,
  makeRun,
  nextInterval,
  resource,
  service,
  testVault,
  variant,
  visit,
} from '../../support/salon.ts';
import { tupleChanges } from '../../support/tuples.ts';

/** What is done here with visits that were seen: against the real database, observations made by hand. */

let database: TestDatabase;
let deps: InboundDeps;
let business: RunBusiness;
let run: RunRef;
let links: Links;

beforeAll(async () => {
  database = await createTestDatabase();
  deps = { db: database.database.prisma, vault: testVault } as InboundDeps;
});

afterAll(() => database.drop());

beforeEach(async () => {
  business = await makeBusiness(deps.db);
  run = await makeRun(deps.db, business.id);
  await inStep(deps, business, run, NO_LINKS, async (scope) => {
    const at = nextInterval();
    await applyRecords(scope, staffBinding, [seenStaff(resource('1'), at), seenStaff(resource('2'), at)]);
    await applyRecords(scope, roomBinding, [seenRoom(resource('9', { kind: 'room' }), NO_LINKS, at)]);
    await applyRecords(scope, serviceBinding, [
      seenService(service('10'), NO_LINKS, at),
      seenService(service('11', { gapAfterMinutes: 20, gapMinutes: 30 }), NO_LINKS, at),
      seenService(service('12', { parallelClients: 3 }), NO_LINKS, at),
    ]);
    const withServices = { ...scope, links: await loadCatalogLinks(scope.tx, business.id) };
    await applyRecords(withServices, variantBinding, [
      seenVariant(variant('20', '10'), withServices.links, at),
      seenVariant(variant('21', '11'), withServices.links, at),
      seenVariant(variant('22', '12'), withServices.links, at),
    ]);
  });
  links = await loadCatalogLinks(deps.db, business.id);
});

async function take(...visits: ObservedVisit[]): Promise<AppliedVisits> {
  return inStep(deps, business, run, links, (scope) =>
    applyVisits(
      scope,
      visits.map((row) => ({ row, interval: nextInterval() })),
      [],
      null,
    ),
  );
}

const bookings = () =>
  deps.db.booking.findMany({ where: { businessId: business.id }, include: { items: true } });
const conflicts = () => deps.db.booksySyncConflict.findMany({ where: { businessId: business.id } });
const occupancy = () =>
  database.pool
    .query<{ resource: string; lower: Date; upper: Date; exempt: boolean }>(
      `SELECT resource_id AS resource, lower(during) AS lower, upper(during) AS upper, exempt
         FROM occupancy WHERE business_id = $1 ORDER BY lower, upper`,
      [business.id],
    )
    .then(({ rows }) => rows);
const counts = async () => (await deps.db.syncRun.findUniqueOrThrow({ where: { id: run.runId } })).counts;

describe('a visit that is new', () => {
  it('comes with its items, its price as of now and its mirror', async () => {
    await take(
      visit('500', [
        item('a', '2027-01-10T10:00', '2027-01-10T11:00'),
        item('b', '2027-01-10T11:00', '2027-01-10T12:00', { staffExternalId: '2', roomExternalId: '9' }),
      ]),
    );
    const [booking] = await bookings();
    expect(booking).toMatchObject({
      status: 'confirmed',
      externalStatus: 'A',
      source: 'booksy',
      zone: 'Europe/Warsaw',
    });
    expect(booking?.startsAt.toISOString()).toBe('2027-01-10T09:00:00.000Z');
    expect(booking?.items.map((each) => [each.priceMinor, each.startMark])).toEqual([
      [12_000n, 'exact'],
      [12_000n, 'exact'],
    ]);
    expect(await occupancy()).toHaveLength(3);
    expect(await counts()).toMatchObject({ visits: { created: 1, unchanged: 0 } });
  });

  it('leaves no echo in the outbox and one line in the audit trail', async () => {
    await take(visit('501', [item('a', '2027-01-10T10:00', '2027-01-10T11:00')]));
    expect(
      await deps.db.syncOutbox.count({ where: { businessId: business.id, NOT: { entity: 'business' } } }),
    ).toBe(0);
    const audit = await deps.db.booksyAuditLog.findMany({
      where: { businessId: business.id, entity: 'booking' },
    });
    expect(audit.map((entry) => [entry.action, entry.reasonCode])).toEqual([
      ['created', 'first_seen_at_booksy'],
    ]);
  });

  it('has its processing gap cut out of the held time', async () => {
    await take(
      visit('502', [item('a', '2027-01-10T10:00', '2027-01-10T11:30', { variantExternalId: '21' })]),
      visit('503', [item('b', '2027-01-10T10:20', '2027-01-10T10:50')]),
    );
    expect((await occupancy()).map((row) => row.exempt)).toEqual([false, false, false]);
    expect(await conflicts()).toEqual([]);
  });

  it('shares a session with others up to its seats', async () => {
    const seats = ['504', '505', '506'].map((id) =>
      visit(id, [item(`s${id}`, '2027-01-10T15:00', '2027-01-10T16:00', { variantExternalId: '22' })]),
    );
    await take(...seats);
    expect((await occupancy()).every((row) => !row.exempt)).toBe(true);
    expect(await conflicts()).toEqual([]);
  });

  it('beyond the seats of its session is kept, and a person is told once', async () => {
    const seats = ['513', '514', '515', '516'].map((id) =>
      visit(id, [item(`s${id}`, '2027-01-10T15:00', '2027-01-10T16:00', { variantExternalId: '22' })]),
    );
    await take(...seats);
    expect(await bookings()).toHaveLength(4);
    expect(await conflicts()).toMatchObject([{ kind: 'capacity', status: 'open', detail: { seats: 3 } }]);
  });

  it('for anybody holds no calendar, and is put before a person where nobody is left (R24)', async () => {
    const anybody = (id: string) =>
      visit(id, [
        item(`a${id}`, '2027-01-10T10:00', '2027-01-10T11:00', { staffExternalId: null, anyStaff: true }),
      ]);
    await take(visit('520', [item('x', '2027-01-10T10:00', '2027-01-10T11:00')]), anybody('521'));
    expect(await occupancy()).toHaveLength(1);
    expect(await conflicts()).toEqual([]);
    await take(anybody('522'));
    expect(await conflicts()).toMatchObject([{ kind: 'capacity', detail: { reason: 'no_staff_left' } }]);
    expect(await bookings()).toHaveLength(3);
  });

  it('that overlaps another is kept, both are marked, and a person is told', async () => {
    await take(
      visit('507', [item('a', '2027-01-10T10:00', '2027-01-10T11:00')]),
      visit('508', [item('b', '2027-01-10T10:30', '2027-01-10T11:30')]),
    );
    expect((await occupancy()).map((row) => row.exempt)).toEqual([true, true]);
    expect(await conflicts()).toMatchObject([{ kind: 'time_overlap', status: 'open', groups: [] }]);
  });

  it('that overlapped long ago is recorded as overtaken', async () => {
    await take(
      visit('509', [item('a', '2025-01-10T10:00', '2025-01-10T11:00')]),
      visit('510', [item('b', '2025-01-10T10:30', '2025-01-10T11:30')]),
    );
    expect(await conflicts()).toMatchObject([
      { kind: 'time_overlap', status: 'closed', resolution: 'overtaken' },
    ]);
  });

  it('at a local time that does not exist is taken in and put before a person', async () => {
    await take(visit('511', [item('a', '2027-03-28T02:30', '2027-03-28T03:30')]));
    const [booking] = await bookings();
    expect(booking?.items[0]?.startMark).toBe('gap');
    expect(await conflicts()).toMatchObject([{ kind: 'ambiguous_local_time', status: 'open' }]);
  });

  it('with unknown staff is kept, and gets its staff once they are known', async () => {
    const seen = visit('512', [item('a', '2027-01-10T10:00', '2027-01-10T11:00', { staffExternalId: '77' })]);
    await take(seen);
    expect((await bookings())[0]?.items[0]?.staffId).toBeNull();
    expect(await conflicts()).toMatchObject([{ kind: 'unmapped' }]);
    await inStep(deps, business, run, NO_LINKS, (scope) =>
      applyRecords(scope, staffBinding, [seenStaff(resource('77'), nextInterval())]),
    );
    links = await loadCatalogLinks(deps.db, business.id);
    await take(seen);
    expect((await bookings())[0]?.items[0]?.staffId).toBe(links.staff.get('77'));
    expect(await occupancy()).toHaveLength(1);
  });
});

describe('a visit that is seen again', () => {
  const first = visit('600', [
    item('a', '2027-02-10T10:00', '2027-02-10T11:00'),
    item('b', '2027-02-10T11:00', '2027-02-10T12:00', { staffExternalId: '2' }),
  ]);

  it('unchanged writes nothing', async () => {
    await take(first);
    const changes = await tupleChanges(deps.db, () => take(first));
    expect(changes.inEntities).toEqual({});
    expect(await counts()).toMatchObject({ visits: { created: 1, unchanged: 1 } });
  });

  it('with its items in another order writes nothing', async () => {
    await take(first);
    const changes = await tupleChanges(deps.db, () => take({ ...first, items: [...first.items].reverse() }));
    expect(changes.inEntities).toEqual({});
  });

  it('moved frees the old time and holds the new', async () => {
    await take(first);
    const moved = visit('600', [
      item('a', '2027-02-10T15:00', '2027-02-10T16:00'),
      item('b', '2027-02-10T11:00', '2027-02-10T12:00', { staffExternalId: '2' }),
    ]);
    await take(moved);
    expect((await occupancy()).map((row) => row.lower.toISOString())).toEqual([
      '2027-02-10T10:00:00.000Z',
      '2027-02-10T14:00:00.000Z',
    ]);
    const [booking] = await bookings();
    expect(booking?.startsAt.toISOString()).toBe('2027-02-10T10:00:00.000Z');
    expect(booking?.items).toHaveLength(2);
  });

  it('without one of its items loses just that one', async () => {
    await take(first);
    await take(visit('600', [item('a', '2027-02-10T10:00', '2027-02-10T11:00')]));
    expect((await bookings())[0]?.items).toHaveLength(1);
    expect(await occupancy()).toHaveLength(1);
  });

  it('cancelled frees its time and keeps the code', async () => {
    await take(first);
    await take({ ...first, status: 'cancelled', statusReason: 'declined', statusCode: 'D' });
    expect((await bookings())[0]).toMatchObject({
      status: 'cancelled',
      statusReason: 'declined',
      externalStatus: 'D',
    });
    expect(await occupancy()).toEqual([]);
  });

  it('proposed at another time holds the old and the new until it is settled', async () => {
    const one = visit('601', [item('a', '2027-02-11T10:00', '2027-02-11T11:00')]);
    await take(one);
    const proposed = visit('601', [item('a', '2027-02-11T15:00', '2027-02-11T16:00')], {
      status: 'proposed',
      statusCode: 'P',
    });
    await take(proposed);
    expect(await occupancy()).toHaveLength(2);
    await take({ ...proposed, status: 'confirmed', statusCode: 'A' });
    expect((await occupancy()).map((row) => row.lower.toISOString())).toEqual(['2027-02-11T14:00:00.000Z']);
  });

  it('keeps an edit that was made here to another group', async () => {
    await take(first);
    await deps.db.booking.updateMany({
      where: { businessId: business.id },
      data: { clientNote: 'Rings the side bell' },
    });
    await take({ ...first, clientName: 'Zofia Inna' });
    expect((await bookings())[0]).toMatchObject({
      clientNote: 'Rings the side bell',
      clientName: 'Zofia Inna',
    });
    expect(await conflicts()).toEqual([]);
  });

  it('opens one conflict where both sides changed one group, and freezes it', async () => {
    await take(first);
    await deps.db.booking.updateMany({
      where: { businessId: business.id },
      data: { clientName: 'Edited Here' },
    });
    await take({ ...first, clientName: 'Edited There' });
    await take({ ...first, clientName: 'Edited There Again' });
    expect(await conflicts()).toMatchObject([{ kind: 'field', groups: ['clientName'], status: 'open' }]);
    expect((await bookings())[0]?.clientName).toBe('Edited Here');
  });

  it('changed and changed back here counts as changed here', async () => {
    await take(first);
    await deps.db.booking.updateMany({ where: { businessId: business.id }, data: { clientName: 'Other' } });
    await deps.db.booking.updateMany({
      where: { businessId: business.id },
      data: { clientName: 'Zofia Zmyślona' },
    });
    await take({ ...first, clientName: 'Edited There' });
    expect(await conflicts()).toMatchObject([{ kind: 'field', groups: ['clientName'] }]);
  });

  it('cancelled there and edited here waits for a person, its time held', async () => {
    await take(first);
    await deps.db.booking.updateMany({ where: { businessId: business.id }, data: { status: 'completed' } });
    await take({ ...first, status: 'cancelled', statusReason: 'cancelled', statusCode: 'C' });
    expect(await conflicts()).toMatchObject([{ kind: 'changed_against_cancelled', groups: ['status'] }]);
    expect(await occupancy()).toHaveLength(2);
  });

  it('read before the last applied read ended is to be read by id', async () => {
    const early = nextInterval();
    await take(first);
    const again = await inStep(deps, business, run, links, (scope) =>
      applyVisits(scope, [{ row: { ...first, clientName: 'Old News' }, interval: early }], [], null),
    );
    expect(again).toEqual({ again: ['600'], cancels: [] });
    expect((await bookings())[0]?.clientName).toBe('Zofia Zmyślona');
  });
});

describe('a reservation of a resource', () => {
  const reservation = (resourceExternalId: string, cancelled = false): ObservedReservation => ({
    kind: 'reservation',
    externalId: '800',
    cancelled,
    zone: 'Europe/Warsaw',
    blocks: [
      {
        externalId: `800:1:${resourceExternalId}`,
        source: 'reservation',
        resourceExternalId,
        startsLocal: '2027-01-12T10:00',
        endsLocal: '2027-01-12T12:00',
        allDay: false,
        reasonCode: 'other',
        approved: true,
        ours: false,
        importUid: null,
      },
    ],
  });
  const takeReservation = (row: ObservedReservation) =>
    inStep(deps, business, run, links, (scope) =>
      applyVisits(scope, [{ row, interval: nextInterval() }], [], null),
    );
  const held = async () => (await occupancy()).map((row) => row.resource);

  it('holds the time of its resource, moves with it, and frees it when it is cancelled', async () => {
    await takeReservation(reservation('1'));
    expect(await held()).toEqual([links.staff.get('1')]);
    await takeReservation(reservation('2'));
    expect(await held()).toEqual([links.staff.get('2')]);
    await takeReservation(reservation('2', true));
    expect(await held()).toEqual([]);
    expect(await deps.db.timeOff.count({ where: { businessId: business.id } })).toBe(0);
    await takeReservation(reservation('2'));
    expect(await held()).toEqual([links.staff.get('2')]);
  });

  it('over a visit cancels nothing and is put before a person (R19)', async () => {
    await take(visit('801', [item('a', '2027-01-12T11:00', '2027-01-12T11:30')]));
    await takeReservation(reservation('1'));
    expect((await bookings())[0]?.status).toBe('confirmed');
    expect(await conflicts()).toMatchObject([{ kind: 'time_overlap', status: 'open' }]);
  });
});

describe('a record that was answered 404 and is back after all', () => {
  const gone = (binding: Parameters<typeof applyGone>[1], externalId: string) =>
    inStep(deps, business, run, links, (scope) => applyGone(scope, binding, [externalId]));

  it('visit still to come: cancelled, its time free; back: confirmed, its time held', async () => {
    const one = visit('900', [item('a', '2027-02-20T10:00', '2027-02-20T11:00')]);
    await take(one);
    await gone({ entity: 'booking', mirror: visitMirror }, '900');
    expect((await bookings())[0]).toMatchObject({ status: 'cancelled', statusReason: 'gone_at_booksy' });
    expect(await occupancy()).toEqual([]);
    await take(one);
    expect((await bookings())[0]?.status).toBe('confirmed');
    expect(await occupancy()).toHaveLength(1);
    expect(await conflicts()).toEqual([]);
  });

  it('visit of the past: kept with its mark; back: the mark goes (16)', async () => {
    const one = visit('901', [item('a', '2025-02-20T10:00', '2025-02-20T11:00')], {
      status: 'completed',
      statusCode: 'F',
    });
    await take(one);
    await gone({ entity: 'booking', mirror: visitMirror }, '901');
    const [marked] = await bookings();
    expect(marked?.status).toBe('completed');
    expect(marked?.goneAtBooksy).not.toBeNull();
    await take(one);
    expect((await bookings())[0]?.goneAtBooksy).toBeNull();
  });

  it('visit that was edited here meanwhile waits for a person', async () => {
    await take(visit('902', [item('a', '2027-02-20T10:00', '2027-02-20T11:00')]));
    await deps.db.booking.updateMany({
      where: { businessId: business.id },
      data: { clientNote: 'Brings a friend' },
    });
    await gone({ entity: 'booking', mirror: visitMirror }, '902');
    expect((await bookings())[0]?.status).toBe('confirmed');
    expect(await conflicts()).toMatchObject([{ kind: 'deleted_against_changed', status: 'open' }]);
  });

  it('staff: switched off; back: on again', async () => {
    await gone(staffBinding, '2');
    const active = async () =>
      (await deps.db.staff.findUnique({ where: { id: links.staff.get('2') ?? '' } }))?.active;
    expect(await active()).toBe(false);
    await inStep(deps, business, run, NO_LINKS, (scope) =>
      applyRecords(scope, staffBinding, [seenStaff(resource('2'), nextInterval())]),
    );
    expect(await active()).toBe(true);
  });
});

describe('unknown fields of the other side', () => {
  it('are kept sealed and can be opened again', async () => {
    await take(
      visit('700', [item('a', '2027-01-10T10:00', '2027-01-10T11:00')], {
        unknown: { loyalty_tier: 'gold' },
      }),
    );
    const rows = await database.pool.query<{ sealed_extra: Buffer }>(
      `SELECT sealed_extra FROM external_bookings WHERE business_id = $1`,
      [business.id],
    );
    const sealed = rows.rows[0]?.sealed_extra;
    expect(sealed?.toString('utf8')).not.toContain('gold');
    const place = `${business.id}|external_bookings|sealed_extra|700`;
    expect(JSON.parse(testVault.open(sealed ?? Buffer.alloc(0), place).toString())).toEqual({
      loyalty_tier: 'gold',
    });
  });
});
