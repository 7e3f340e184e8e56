import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createSchedules, type Schedules } from '../../../infra/temporal/schedule-door.ts';
import { eventually } from '../../support/eventually.ts';
import { startLiveEngine, type LiveEngine } from '../drain/support/engine.ts';
import { startFeedServer, type FeedServer } from './support/feed-server.ts';

/** A calendar of somebody through the whole product: feed, schedule, workflow, block here, time off at Booksy (SPEC 5.2). */

let engine: LiveEngine;
let server: FeedServer;
let schedules: Schedules;
let owner: { readonly id: string; readonly externalId: string };
let salon: string;

beforeAll(async () => {
  server = await startFeedServer();
  engine = await startLiveEngine({ visits: 60, clients: 15 }, { CALENDAR_ALLOW_LOOPBACK: 'true' });
  const { client, taskQueue } = engine.worker;
  schedules = createSchedules({ client, taskQueue, accountKey: 'default' }, engine.deps.db);
  await schedules.ensure();
  const { businessId } = engine;
  const staff = await engine.deps.db.staff.findMany({ where: { businessId, active: true } });
  const { externalId, staffId } = await engine.deps.db.externalStaff.findFirstOrThrow({
    where: { businessId, staffId: { in: staff.map(({ id }) => id) } },
  });
  owner = { id: staffId ?? '', externalId };
  const business = await engine.deps.db.business.findUniqueOrThrow({ where: { id: engine.businessId } });
  salon = business.booksyBusinessId ?? '';
}, 240_000);
afterAll(async () => {
  for (const { id, exists } of await schedules.read())
    if (exists) await engine.worker.client.schedule.getHandle(id).delete();
  await engine.stop();
  await server.stop();
}, 240_000);

const DAY_MS = 86_400_000;
/** Five minutes past three in the morning, UTC: nobody works then. */
const at = (days: number) => {
  const date = new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
  return { iso: `${date}T03:05:00.000Z`, ical: `${date.replaceAll('-', '')}T030500Z` };
};
const entry = (uid: string, days: number) =>
  `BEGIN:VEVENT\r\nUID:${uid}\r\nDTSTART:${at(days).ical}\r\nDURATION:PT50M\r\nSUMMARY:Dentist of Zofia\r\nEND:VEVENT\r\n`;
const feed = (...entries: string[]) =>
  server.feed(
    `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Somebody//EN\r\n${entries.join('')}END:VCALENDAR\r\n`,
  );

const ADMIN = '/api/admin/booksy';
const answered = z.object({ calendar: z.looseObject({ id: z.string() }) });
async function add(more: object): Promise<string> {
  const body = { name: 'Private', url: `${server.url}/a.ics`, staffId: owner.id, intervalSeconds: 86_400 };
  const added = await engine.api.send('POST', `${ADMIN}/businesses/${engine.businessId}/calendars`, {
    ...body,
    ...more,
  });
  expect(added.status).toBe(201);
  return answered.parse(added.body).calendar.id;
}
const poll = (id: string) => engine.api.send('POST', `${ADMIN}/calendars/${id}/poll`);

/** Starts of the blocks that a calendar lays here. */
async function here(id: string): Promise<readonly string[]> {
  const rows = await engine.deps.db.timeOff.findMany({
    where: { externalCalendarId: id },
    orderBy: { startsAt: 'asc' },
  });
  return rows.map(({ startsAt }) => startsAt.toISOString());
}
/** Everything that Booksy holds of the person's time off, as text. */
async function there(): Promise<readonly string[]> {
  const path = `/business/${salon}/schedule/resource/${owner.externalId}/time_off/`;
  const rows = z.array(z.looseObject({ date_from: z.string() }));
  return rows
    .parse(await engine.simulator.asSalon('GET', path))
    .map((row) => JSON.stringify(row))
    .sort();
}
const dayOf = (days: number) => `"date_from":"${at(days).iso.slice(0, 10)}"`;
const become = (what: string, probe: () => Promise<boolean>) =>
  eventually(probe, { timeoutMs: 40_000, intervalMs: 100, what });

describe('a calendar of somebody', { timeout: 240_000 }, () => {
  it('R19 its event is time off at Booksy, too, says nothing of itself there, and leaves again', async () => {
    const before = await there();
    feed(entry('a', 40), entry('b', 41));
    const id = await add({});
    await become('two blocks here', async () => (await here(id)).length === 2);
    expect(await here(id)).toEqual([at(40).iso, at(41).iso]);
    await become('two more at Booksy', async () => (await there()).length === before.length + 2);
    const made = (await there()).filter((row) => !before.includes(row));
    expect(made.map((row) => [row.includes(dayOf(40)), row.includes(dayOf(41))].join()).sort()).toEqual([
      'false,true',
      'true,false',
    ]);
    expect(made.join()).not.toMatch(/dentist|zofia/i);

    feed(entry('b', 41));
    const asked = server.requests.length;
    // It is due in a day: only "poll now" can have it read.
    expect(await poll(id)).toMatchObject({ status: 202, body: { asked: true } });
    await become('the feed being asked again', () => Promise.resolve(server.requests.length > asked));
    await become('the event gone at Booksy', async () => (await there()).length === before.length + 1);
    expect((await there()).filter((row) => !before.includes(row)).join()).toContain(dayOf(41));

    expect((await engine.api.send('DELETE', `${ADMIN}/calendars/${id}`)).status).toBe(200);
    await become('nothing of it left at Booksy', async () => (await there()).length === before.length);
    expect(await there()).toEqual(before);
    await engine.quiet();
    expect(await engine.openConflicts()).toEqual([]);
  });

  it('R19 moved or deleted at Booksy by the salon it stands again as its calendar says, with the next poll', async () => {
    const before = await there();
    feed(entry('f', 45), entry('g', 46));
    const id = await add({});
    await become('two more at Booksy', async () => (await there()).length === before.length + 2);
    await engine.quiet();
    const asSalon = `/business/${salon}/schedule/resource/${owner.externalId}/time_off/`;
    const made = z
      .array(z.looseObject({ id: z.number(), date_from: z.string() }))
      .parse(await engine.simulator.asSalon('GET', asSalon))
      .filter((row) => [at(45), at(46)].some(({ iso }) => iso.startsWith(row.date_from)));
    const [moved, gone] = made.sort((a, b) => (a.date_from < b.date_from ? -1 : 1));
    await engine.simulator.asSalon('PATCH', `${asSalon}${String(moved?.id)}/`, {
      date_from: at(47).iso.slice(0, 10),
      date_till: at(47).iso.slice(0, 10),
    });
    await engine.simulator.asSalon('DELETE', `${asSalon}${String(gone?.id)}/`);
    // Booksy's change is taken in first, as any other: for a while its time is what counts.
    expect(await engine.fullSync(engine.businessId)).toMatchObject({ status: 'completed' });
    expect(await here(id)).toEqual([at(47).iso]);
    expect(await engine.openConflicts()).toEqual([]);

    expect(await poll(id)).toMatchObject({ status: 202 });
    await become('both blocks here again', async () => (await here(id)).length === 2);
    expect(await here(id)).toEqual([at(45).iso, at(46).iso]);
    await become('both at Booksy again', async () => {
      const rows = (await there()).filter((row) => !before.includes(row)).join();
      return rows.includes(dayOf(45)) && rows.includes(dayOf(46)) && !rows.includes(dayOf(47));
    });
    await engine.quiet();
    expect(await there()).toHaveLength(before.length + 2);
    expect(await engine.openConflicts()).toEqual([]);
    const sent = await engine.simulator.counters();
    // It is settled: another sync and another poll write nothing there.
    expect(await engine.fullSync(engine.businessId)).toMatchObject({ status: 'completed' });
    const readAt = async () =>
      (await engine.deps.db.externalCalendar.findUniqueOrThrow({ where: { id } })).fetchedAt?.getTime() ?? 0;
    const readBefore = await readAt();
    await poll(id);
    await become('the calendar being read again', async () => (await readAt()) > readBefore);
    await engine.quiet();
    const writes = ({ calls }: typeof sent) =>
      Object.entries(calls.byRoute).reduce(
        (sum, [route, n]) => sum + (/^(POST|PUT|PATCH|DELETE) .*time_off/.test(route) ? n : 0),
        0,
      );
    expect(writes(await engine.simulator.counters())).toBe(writes(sent));
    expect((await engine.api.send('DELETE', `${ADMIN}/calendars/${id}`)).status).toBe(200);
    await become('nothing of it left at Booksy', async () => (await there()).length === before.length);
  });

  it('one that is not for Booksy stays here until it is, and leaves when it is not any more', async () => {
    const before = await there();
    feed(entry('c', 50));
    const id = await add({ blocksBooksy: false });
    await become('a block here', async () => (await here(id)).length === 1);
    await engine.quiet();
    expect(await there()).toEqual(before);

    const change = (blocksBooksy: boolean) =>
      engine.api.send('PATCH', `${ADMIN}/calendars/${id}`, { blocksBooksy });
    expect((await change(true)).status).toBe(200);
    await become('it at Booksy', async () => (await there()).length === before.length + 1);
    expect((await change(false)).status).toBe(200);
    await become('it gone at Booksy', async () => (await there()).length === before.length);
    expect(await here(id)).toEqual([at(50).iso]);
    await engine.quiet();
    expect(await there()).toEqual(before);
  });

  it('its schedule polls what is due, without anybody asking', async () => {
    feed(entry('d', 60));
    const id = await add({});
    await become('a block here', async () => (await here(id)).length === 1);
    feed(entry('d', 60), entry('e', 61));
    await engine.deps.db.$executeRaw`UPDATE external_calendars SET due_at = now() WHERE id = ${id}::uuid`;
    expect(await schedules.pollCalendarsNow()).toBe(true);
    await become('the second block here', async () => (await here(id)).length === 2);
    const polls = (await schedules.read()).find(({ id: schedule }) => schedule.includes('calendar-poll/'));
    expect(polls).toMatchObject({ exists: true, paused: false });
    expect(polls?.lastWorkflowId).toContain('calendar-poll/');
  });
});
