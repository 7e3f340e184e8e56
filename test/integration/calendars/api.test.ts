import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SCOPES } from '../../../infra/tokens.ts';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { ADMIN, person } from './support/salon.ts';

/** Calendars of others by API (SPEC 5.2, TRUST §2). */

let api: TestApi;
let business: string;
let staff: string;
const answer = z.object({ calendar: z.looseObject({ id: z.string(), state: z.string() }) });

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());
beforeEach(async () => {
  business = await api.business();
  staff = await person(api, business, 'Anna Wzorcowa');
});

const post = (path: string, body: unknown, method = 'POST', key?: string) =>
  api.send(`${ADMIN}${path}`, {
    method,
    body,
    ...(key === undefined ? {} : { headers: { 'Idempotency-Key': key } }),
  });
const add = (body: object) => post(`/businesses/${business}/calendars`, { name: 'Private', ...body });
const SECRET = 'https://calendar.example/private/very-secret-address.ics';

describe('calendars of others', () => {
  it('are added, shown without their address, changed, asked now and taken away; all of it is audited', async () => {
    const added = await add({ url: SECRET, staffId: staff });
    expect(added.status).toBe(201);
    const { id } = answer.parse(added.json).calendar;
    expect(added.json).toMatchObject({
      calendar: { state: 'new', host: 'calendar.example', staffId: staff, blocksBooksy: true },
    });
    const row = await api.prisma.externalCalendar.findUniqueOrThrow({ where: { id } });
    expect(Buffer.from(row.sealedUrl).toString('latin1')).not.toContain('secret');
    const changed = await post(`/calendars/${id}`, { active: false, intervalSeconds: 600 }, 'PATCH');
    expect(changed.json).toMatchObject({
      calendar: { active: false, intervalSeconds: 600, name: 'Private' },
    });
    expect((await post(`/calendars/${id}/poll`, undefined)).json).toEqual({ asked: false });
    const list = await api.send(`${ADMIN}/businesses/${business}/calendars`);
    expect(list.json).toMatchObject({ calendars: [{ id }] });
    expect((await api.send(`${ADMIN}/calendars/${id}`, { method: 'DELETE' })).json).toEqual({
      removed: true,
      changed: true,
    });
    expect((await api.send(`${ADMIN}/calendars/${id}`, { method: 'DELETE' })).status).toBe(404);
    const audit = await api.prisma.booksyAuditLog.findMany({
      where: { businessId: business },
      orderBy: { id: 'asc' },
    });
    expect(audit.map(({ action }) => action)).toEqual([
      'calendar_added',
      'calendar_changed',
      'calendar_removed',
    ]);
    expect([list.text, added.text, api.log.join()].join()).not.toContain('very-secret-address');
  });

  it('are added, read and taken away once, however often it is sent with its key', async () => {
    const adding = () =>
      post(`/businesses/${business}/calendars`, { name: 'Private', url: SECRET }, 'POST', 'add');
    const [first, again] = [await adding(), await adding()];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.json).toEqual(first.json);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await api.prisma.externalCalendar.count({ where: { businessId: business } })).toBe(1);
    const { id } = answer.parse(first.json).calendar;
    const dueAt = async () =>
      (await api.prisma.externalCalendar.findUniqueOrThrow({ where: { id } })).dueAt.getTime();

    const later = new Date(Date.now() + 3_600_000);
    await api.prisma.externalCalendar.update({ where: { id }, data: { dueAt: later } });
    const polling = () => post(`/calendars/${id}/poll`, undefined, 'POST', 'poll');
    const polled = await polling();
    expect(polled.status).toBe(202);
    expect(await dueAt()).toBeLessThan(later.getTime());
    await api.prisma.externalCalendar.update({ where: { id }, data: { dueAt: later } });
    expect((await polling()).json).toEqual(polled.json);
    expect(await dueAt()).toBe(later.getTime());

    const removing = (key: string) => post(`/calendars/${id}`, undefined, 'DELETE', key);
    expect((await removing('remove')).json).toEqual({ removed: true, changed: true });
    expect((await removing('remove')).json).toEqual({ removed: true, changed: true });
    expect((await removing('another')).status).toBe(404);
    // A key is good for what it was first sent with.
    expect((await post(`/calendars/${id}/poll`, undefined, 'POST', 'remove')).status).toBe(422);
  });

  it.each([
    ['http://calendar.example/a.ics', 'calendar_address_refused'],
    ['https://169.254.169.254/latest/', 'calendar_address_refused'],
    ['https://[::ffff:7f00:1]/', 'calendar_address_refused'],
    ['https://localhost/a.ics', 'calendar_address_refused'],
    ['https://user:word@calendar.example/a.ics', 'calendar_address_refused'],
    ['nonsense', 'calendar_address_malformed'],
  ])('%s is refused, with what to do, and nothing is written', async (url, code) => {
    const refused = await add({ url });
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({
      code: 'bad_request',
      errors: [{ path: 'body.url', message: code }],
    });
    expect(await api.prisma.externalCalendar.count({ where: { businessId: business } })).toBe(0);
  });

  it('somebody of another salon, too often, another tenant: refused', async () => {
    expect((await add({ url: SECRET, staffId: uuidv7() })).status).toBe(404);
    expect((await add({ url: SECRET, intervalSeconds: 5 })).status).toBe(400);
    const { id } = answer.parse((await add({ url: SECRET })).json).calendar;
    const { token } = await api.token(SCOPES, [await api.business()]);
    expect((await api.send(`${ADMIN}/calendars/${id}`, { method: 'DELETE', token })).status).toBe(404);
  });

  it('one that cannot be read is in the list of errors with code and next step, and in the metrics', async () => {
    const { id } = answer.parse((await add({ url: SECRET })).json).calendar;
    const errors = async () => (await api.send(`${ADMIN}/errors?businessId=${business}`)).json;
    expect(await errors()).toMatchObject({ errors: [] });
    await api.database.pool.query(
      `UPDATE external_calendars SET state = 'expired', error_code = 'calendar_http_status', fetched_at = now(),
              error_detail = 'The address refused. (404)', failing_since = now() WHERE id = $1`,
      [id],
    );
    expect(await errors()).toMatchObject({
      errors: [
        {
          id: `calendar:${id}`,
          kind: 'calendar',
          reasonCode: 'calendar_http_status',
          urgent: true,
          actions: [],
        },
      ],
    });
    const one = await api.send(`${ADMIN}/errors/calendar:${id}`);
    expect(one.status).toBe(200);
    expect(one.text).toContain('too old');
    expect((await api.send('/metrics')).text).toMatch(/booksy_sync_calendars\{state="expired"\} 1/);
  });
});
