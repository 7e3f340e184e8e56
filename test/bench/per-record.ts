/**
 * The import that a good developer writes in a day: for each row of each page look whether it is known, then create or update
 * it with its mirror row in one small transaction, by Prisma. Keeps links in memory, skips what has not changed, fetches every
 * page once. No conflicts, no proofs, no audit, no quarantine, no resume.
 */
import { v7 as uuidv7 } from 'uuid';
import type { WireAppointment, WireCustomer, WireResource } from '../../booksy/wire/shapes.ts';
import { readCalendars, type OwnerCalendar } from './plain/hours.ts';
import { mirrorColumns } from './plain/mirror.ts';
import { runScript, type Script } from './plain/program.ts';
import {
  blockRows,
  bookingModeOf,
  bookingRow,
  categoryRow,
  clientRow,
  roomRow,
  serviceRow,
  staffRow,
  timeOffRow,
  variantRow,
  type OffTime,
} from './plain/rows.ts';

await runScript(async (script) => {
  await importBusiness(script);
  await importResources(script);
  await importCatalog(script);
  const bookable = [...script.known.staff.keys(), ...script.known.rooms.keys()];
  for (const calendar of await readCalendars(script, await withCalendar(script, bookable))) {
    await saveCalendar(script, calendar);
  }
  for await (const page of script.booksy.clientPages()) {
    for (const wire of page) await saveClient(script, wire);
  }
  for await (const page of script.booksy.appointmentPages()) {
    for (const wire of page) {
      if (wire.type === 'R') await saveBlocks(script, wire);
      else await saveVisit(script, wire);
    }
  }
});

async function importBusiness({ prisma, booksy, known }: Script): Promise<void> {
  const wire = await booksy.business();
  await prisma.business.update({
    where: { id: known.businessId },
    data: { name: wire.name.trim(), bookingMode: bookingModeOf(wire.booking_mode) },
  });
}

async function importResources(script: Script): Promise<void> {
  for (const wire of await script.booksy.resources()) {
    if (wire.type === 'R') await saveRoom(script, wire);
    else await saveStaff(script, wire);
  }
}

async function saveStaff({ prisma, known }: Script, wire: WireResource): Promise<void> {
  const { businessId } = known;
  const externalId = String(wire.id);
  const key = { businessId_externalId: { businessId, externalId } };
  const mirror = mirrorColumns(wire);
  const before = await prisma.externalStaff.findUnique({ where: key });
  const id = before?.staffId ?? uuidv7();
  known.staff.set(wire.id, id);
  if (before?.remoteHash === mirror.remoteHash) return;
  const row = staffRow(wire);
  await prisma.$transaction([
    prisma.staff.upsert({ where: { id }, create: { id, businessId, ...row }, update: row }),
    prisma.externalStaff.upsert({
      where: key,
      create: { businessId, externalId, staffId: id, ...mirror },
      update: mirror,
    }),
  ]);
}

async function saveRoom({ prisma, known }: Script, wire: WireResource): Promise<void> {
  const { businessId } = known;
  const externalId = String(wire.id);
  const key = { businessId_externalId: { businessId, externalId } };
  const mirror = mirrorColumns(wire);
  const before = await prisma.externalRoom.findUnique({ where: key });
  const id = before?.roomId ?? uuidv7();
  known.rooms.set(wire.id, id);
  if (before?.remoteHash === mirror.remoteHash) return;
  const row = roomRow(wire);
  await prisma.$transaction([
    prisma.room.upsert({ where: { id }, create: { id, businessId, ...row }, update: row }),
    prisma.externalRoom.upsert({
      where: key,
      create: { businessId, externalId, roomId: id, ...mirror },
      update: mirror,
    }),
  ]);
}

async function importCatalog(script: Script): Promise<void> {
  const { prisma, booksy, known } = script;
  const { businessId } = known;
  for (const wire of await booksy.categories()) {
    const row = categoryRow(wire);
    const id = await recordIdOf(script, 'category', wire.id);
    known.categories.set(wire.id, id);
    await prisma.$transaction([
      prisma.serviceCategory.upsert({ where: { id }, create: { id, businessId, ...row }, update: row }),
      mirrorOf(script, 'category', wire, id),
    ]);
  }
  for (const wire of await booksy.services()) {
    const row = serviceRow(wire, known);
    const id = await recordIdOf(script, 'service', wire.id);
    known.services.set(wire.id, { id, wire });
    await prisma.$transaction([
      prisma.service.upsert({ where: { id }, create: { id, businessId, ...row }, update: row }),
      mirrorOf(script, 'service', wire, id),
    ]);
  }
  for (const service of known.services.values()) {
    for (const wire of await booksy.variants(service.wire.id)) {
      const row = { serviceId: service.id, ...variantRow(wire, known) };
      const id = await recordIdOf(script, 'variant', wire.id);
      known.variants.set(wire.id, { id, serviceId: service.wire.id, wire });
      const staff = (wire.staffers ?? []).flatMap((staffer) => known.staff.get(staffer) ?? []);
      await prisma.$transaction([
        prisma.serviceVariant.upsert({ where: { id }, create: { id, businessId, ...row }, update: row }),
        prisma.serviceVariantStaff.deleteMany({ where: { variantId: id } }),
        prisma.serviceVariantStaff.createMany({ data: staff.map((staffId) => ({ variantId: id, staffId })) }),
        mirrorOf(script, 'variant', wire, id),
      ]);
    }
  }
}

async function recordIdOf({ prisma, known }: Script, entity: string, wireId: number): Promise<string> {
  const key = { businessId: known.businessId, entity, externalId: String(wireId) };
  const before = await prisma.externalService.findUnique({ where: { businessId_entity_externalId: key } });
  return before?.recordId ?? uuidv7();
}

function mirrorOf(
  { prisma, known }: Script,
  entity: string,
  wire: { readonly id: number },
  recordId: string,
) {
  const key = { businessId: known.businessId, entity, externalId: String(wire.id) };
  const mirror = mirrorColumns(wire);
  return prisma.externalService.upsert({
    where: { businessId_entity_externalId: key },
    create: { ...key, recordId, ...mirror },
    update: mirror,
  });
}

/** Receptionists keep no calendar. */
async function withCalendar(
  { prisma, known }: Script,
  resources: readonly number[],
): Promise<readonly number[]> {
  const staff = await prisma.staff.findMany({
    where: { businessId: known.businessId, bookable: false },
    select: { id: true },
  });
  const without = new Set(staff.map(({ id }) => id));
  return resources.filter((resource) => !without.has(known.staff.get(resource) ?? ''));
}

async function saveCalendar(script: Script, calendar: OwnerCalendar): Promise<void> {
  const { prisma, known } = script;
  const { businessId } = known;
  const { ownerKind, ownerId } = calendar;
  const ownerExternalId = String(calendar.resource ?? 'business');
  const parts = { weekly: calendar.rawWeek, custom: calendar.rawDays };
  for (const part of ['weekly', 'custom'] as const) {
    const key = { businessId, ownerKind, ownerExternalId, part };
    const mirror = mirrorColumns(parts[part]);
    const days = calendar.days.filter(({ kind }) => kind === part);
    await prisma.$transaction([
      prisma.workingHours.deleteMany({ where: { ownerKind, ownerId, kind: part } }),
      prisma.workingHours.createMany({
        data: days.map((day) => ({ id: uuidv7(), businessId, ownerKind, ownerId, ...day })),
      }),
      prisma.externalHours.upsert({
        where: { businessId_ownerKind_ownerExternalId_part: key },
        create: { ...key, ownerId, ...mirror },
        update: mirror,
      }),
    ]);
  }
  for (const { externalId, raw, time } of calendar.timeOff) {
    await saveTimeOff(script, 'time_off', externalId, calendar.resource ?? 0, time, raw);
  }
}

async function saveTimeOff(
  { prisma, known }: Script,
  source: 'time_off' | 'reservation',
  externalId: string,
  resource: number,
  time: OffTime,
  raw: object,
): Promise<void> {
  const { businessId } = known;
  const key = { businessId, source, externalId };
  const mirror = mirrorColumns(raw);
  const before = await prisma.externalTimeOff.findUnique({ where: { businessId_source_externalId: key } });
  if (before?.remoteHash === mirror.remoteHash) return;
  const found = timeOffRow(resource, time, known);
  if (found === null) return;
  const row = { ...found, source };
  const id = before?.timeOffId ?? uuidv7();
  await prisma.$transaction([
    prisma.timeOff.upsert({ where: { id }, create: { id, ...row }, update: row }),
    prisma.externalTimeOff.upsert({
      where: { businessId_source_externalId: key },
      create: { ...key, resourceExternalId: String(resource), timeOffId: id, ...mirror },
      update: mirror,
    }),
  ]);
}

async function saveClient({ prisma, known }: Script, wire: WireCustomer): Promise<void> {
  const { businessId } = known;
  const externalId = String(wire.id);
  const key = { businessId_externalId: { businessId, externalId } };
  const mirror = mirrorColumns(wire);
  const before = await prisma.externalClient.findUnique({ where: key });
  const id = before?.profileId ?? uuidv7();
  known.clients.set(wire.id, id);
  if (before?.remoteHash === mirror.remoteHash) return;
  const row = clientRow(wire, known);
  await prisma.$transaction([
    prisma.profile.upsert({ where: { id }, create: { id, businessId, ...row }, update: row }),
    prisma.externalClient.upsert({
      where: key,
      create: { businessId, externalId, profileId: id, isPrimary: true, ...mirror },
      update: mirror,
    }),
  ]);
}

async function saveVisit({ prisma, known }: Script, wire: WireAppointment): Promise<void> {
  const { businessId } = known;
  const externalId = String(wire.id);
  const key = { businessId_externalId: { businessId, externalId } };
  const mirror = mirrorColumns(wire);
  const before = await prisma.externalBooking.findUnique({
    where: key,
    select: { bookingId: true, remoteHash: true },
  });
  if (before?.remoteHash === mirror.remoteHash) return;
  const { booking, items } = bookingRow(wire, known);
  const id = before?.bookingId ?? uuidv7();
  const link = {
    clientExternalId: wire.booked_for_id == null ? null : String(wire.booked_for_id),
    importUid: wire.import_uid ?? null,
    startsLocal: booking.startsLocal,
    endsLocal: booking.endsLocal,
    ...mirror,
  };
  const itemRows = items.map((item) => ({ ...item, bookingId: id }));
  if (before === null) {
    await prisma.$transaction([
      prisma.booking.create({ data: { id, businessId, ...booking }, select: { id: true } }),
      prisma.bookingItem.createMany({ data: itemRows }),
      prisma.externalBooking.create({
        data: { businessId, externalId, bookingId: id, ...link },
        select: { bookingId: true },
      }),
    ]);
    return;
  }
  await prisma.$transaction([
    prisma.booking.update({ where: { id }, data: booking, select: { id: true } }),
    prisma.bookingItem.deleteMany({ where: { bookingId: id } }),
    prisma.bookingItem.createMany({ data: itemRows }),
    prisma.externalBooking.update({ where: key, data: link, select: { bookingId: true } }),
  ]);
}

async function saveBlocks(script: Script, wire: WireAppointment): Promise<void> {
  for (const { externalId, resource, time } of blockRows(wire)) {
    await saveTimeOff(script, 'reservation', externalId, resource, time, wire);
  }
}
