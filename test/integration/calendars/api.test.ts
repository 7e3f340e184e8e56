import ICAL from 'ical.js';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { busyTimes, isOwnUid } from '../../../domain/calendars/index.ts';
import { writeFeed } from '../../../domain/calendars/write.ts';
import { SCOPES } from '../../../infra/tokens.ts';
import { startTestApi, type TestApi } from '../api/support/api.ts';

/** Calendars by API: others' coming in, ours going out (SPEC 5.2, TRUST §2). */

let api: TestApi;
let business: string;
let staff: string;
const ADMIN = '/api/admin/booksy';
const made = z.object({ id: z.string(), path: z.string() });
const answer = z.object({ calendar: z.looseObject({ id: z.string(), state: z.string() }) });

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());
beforeEach(async () => {
  business = await api.business();
  staff = await person('Anna Wzorcowa');
});

async function person(name: string): Promise<string> {
  const id = uuidv7();
  await api.prisma.staff.create({ data: { id, businessId: business, name } });
  return id;
}
const post = (path: string, body: unknown, method = 'POST') => api.send(`${ADMIN}${path}`, { method, body });
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

describe('feeds of ours', () => {
  async function visit(
    of: string,
    days: number,
    status = 'confirmed',
    client = 'Zofia Wzorcowa',
  ): Promise<string> {
    const [booking, item] = [uuidv7(), uuidv7()];
    const at = new Date(Date.now() + days * 86_400_000).toISOString();
    await api.database.pool.query(
      `INSERT INTO bookings (id, business_id, zone, starts_local, ends_local, starts_at, ends_at, status, client_name)
       VALUES ($1, $2, 'UTC', $3::timestamp, $3::timestamp + interval '1 hour', $3, $3::timestamptz + interval '1 hour', $4, $5)`,
      [booking, business, at, status, client],
    );
    await api.database.pool.query(
      `INSERT INTO booking_items (id, booking_id, business_id, position, staff_id, service_name, zone, starts_local, ends_local, starts_at, ends_at)
       VALUES ($1, $2, $3, 0, $4, 'Haircut, long; with care', 'UTC', $5::timestamp, $5::timestamp + interval '1 hour', $5, $5::timestamptz + interval '1 hour')`,
      [item, booking, business, of, at],
    );
    return booking;
  }
  const make = async (body: object = {}) =>
    made.parse((await post(`/businesses/${business}/calendar-feeds`, { name: 'Mine', ...body })).json);
  const read = (path: string, headers: Record<string, string> = {}) =>
    api.send(path, { token: null, headers });

  it('are valid, hold no personal data unless asked, and only what is of the person', async () => {
    await visit(staff, 2);
    await visit(await person('Jan Wzorcowy'), 3);
    await visit(staff, 4, 'cancelled');
    const plain = await read((await make({ staffId: staff })).path);
    expect(plain.status).toBe(200);
    expect(plain.headers.get('content-type')).toBe('text/calendar; charset=utf-8');
    expect(plain.headers.get('cache-control')).toBe('private, no-cache');
    expect(problemsOf(plain.text)).toEqual([]);
    expect(plain.text).not.toMatch(/Zofia|Haircut|Anna/);
    const events = new ICAL.Component(ICAL.parse(plain.text) as unknown[]).getAllSubcomponents('vevent');
    expect(events.map((event) => String(event.getFirstPropertyValue('status')))).toEqual([
      'CONFIRMED',
      'CANCELLED',
    ]);
    const whole = await read((await make({ withDetails: true })).path);
    expect(problemsOf(whole.text)).toEqual([]);
    expect(whole.text.match(/BEGIN:VEVENT/g)).toHaveLength(3);
    const details = new ICAL.Component(ICAL.parse(whole.text) as unknown[]).getFirstSubcomponent('vevent');
    expect(String(details?.getFirstPropertyValue('summary'))).toBe(
      'Haircut, long; with care – Zofia Wzorcowa – Anna Wzorcowa',
    );
  });

  it('answer 304 until something changed; a change grows SEQUENCE and keeps UID', async () => {
    const booking = await visit(staff, 2);
    const { path } = await make();
    const first = await read(path);
    const etag = first.headers.get('etag') ?? '';
    const again = await read(path, { 'If-None-Match': etag });
    expect([again.status, again.text]).toEqual([304, '']);
    const sequence = (text: string) => Number(/SEQUENCE:(\d+)/.exec(text)?.[1]);
    await api.database.pool.query(`UPDATE bookings SET status = 'cancelled' WHERE id = $1`, [booking]);
    const changed = await read(path, { 'If-None-Match': etag });
    expect(changed.status).toBe(200);
    expect(sequence(changed.text)).toBeGreaterThan(sequence(first.text));
    const uid = (text: string) => /UID:.*/.exec(text)?.[0];
    expect(uid(changed.text)).toBe(uid(first.text));
  });

  it('revoked, unknown and malformed addresses answer alike; only a hash is kept', async () => {
    const feed = await make();
    const token = /calendars\/(.*)\.ics/.exec(feed.path)?.[1] ?? '';
    const row = await api.prisma.calendarFeed.findUniqueOrThrow({ where: { id: feed.id } });
    expect(JSON.stringify(row)).not.toContain(token);
    expect((await read(feed.path)).status).toBe(200);
    expect((await api.send(`${ADMIN}/calendar-feeds/${feed.id}`, { method: 'DELETE' })).json).toEqual({
      removed: true,
    });
    const told = async (path: string) => {
      const { status, text } = await read(path);
      return [status, text.replace(/"requestId":"[^"]*"/, '')];
    };
    const revoked = await told(feed.path);
    expect(revoked[0]).toBe(404);
    expect(await told(`/api/calendars/bkc_${'A'.repeat(43)}.ics`)).toEqual(revoked);
    expect(await told('/api/calendars/nonsense.ics')).toEqual(revoked);
    expect((await api.send(`${ADMIN}/businesses/${business}/calendar-feeds`)).json).toEqual({ feeds: [] });
    expect(api.log.join()).not.toContain(token);
  });

  it('read in again do not block twice', async () => {
    await visit(staff, 2);
    const { text } = await read((await make({ staffId: staff })).path);
    const window = { from: Date.now(), to: Date.now() + 30 * 86_400_000 };
    const given = { text, zone: 'Europe/Warsaw', window };
    expect(busyTimes(given).stretches).toHaveLength(1);
    expect(busyTimes({ ...given, isOwn: isOwnUid(business) })).toMatchObject({ stretches: [], own: 1 });
    expect(busyTimes({ ...given, isOwn: isOwnUid(uuidv7()) }).stretches).toHaveLength(1);
  });

  it('what people typed can break out of no line, whatever it is', () => {
    const nasty = 'Żółć 💇‍♀️ a;b,c\\d\r\nEND:VEVENT\nX-EVIL:1\u0000\u2028'.repeat(12);
    const entry = {
      uid: 'u@x',
      startsAt: 0,
      endsAt: 3_600_000,
      modifiedAt: 0,
      sequence: 0,
      status: 'CONFIRMED',
      summary: nasty,
    } as const;
    const text = writeFeed(nasty, [entry]);
    expect(problemsOf(text)).toEqual([]);
    expect(text).not.toMatch(/^X-EVIL/m);
    expect(problemsOf(writeFeed('empty', []))).toEqual([]);
  });
});

/** RFC 5545 §3.1, §3.6.1, told without the code under test: lines, folding, frames, what each entry must have. */
function problemsOf(text: string): string[] {
  const problems: string[] = [];
  if (!text.endsWith('\r\n')) problems.push('the last line has no end');
  if (/[^\r]\n|\r[^\n]/.test(text)) problems.push('a line ends otherwise than by CRLF');
  const raw = text.split('\r\n').slice(0, -1);
  for (const line of raw) {
    if (Buffer.byteLength(line) > 75) problems.push(`longer than 75 octets: ${line.slice(0, 20)}`);
    if (line.includes('\uFFFD')) problems.push('a character was broken');
    if (line === '') problems.push('an empty line');
  }
  const lines = text
    .replace(/\r\n[ \t]/g, '')
    .split('\r\n')
    .slice(0, -1);
  const stack: { name: string; has: Map<string, number> }[] = [];
  const uids = new Set<string>();
  for (const line of lines) {
    const found = /^([A-Z][A-Z0-9-]*)(?:;[A-Z-]+=[^:;]+)*:(.*)$/.exec(line);
    if (found === null) {
      problems.push(`no property: ${line.slice(0, 30)}`);
      continue;
    }
    const [, name = '', value = ''] = found;
    if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) problems.push('a control character');
    if (['SUMMARY', 'UID', 'X-WR-CALNAME'].includes(name) && /(^|[^\\])(\\\\)*[;,]/.test(value))
      problems.push('not escaped');
    if (name === 'BEGIN') stack.push({ name: value, has: new Map() });
    else if (name === 'END') {
      const top = stack.pop();
      if (top?.name !== value) problems.push(`END of ${value} ends ${top?.name ?? 'nothing'}`);
      if (value === 'VEVENT') {
        for (const needed of ['UID', 'DTSTAMP', 'DTSTART', 'DTEND', 'SEQUENCE', 'LAST-MODIFIED', 'STATUS'])
          if (top?.has.get(needed) !== 1)
            problems.push(`${needed} is there ${String(top?.has.get(needed) ?? 0)} times`);
      }
      if (stack.length === 0 && line !== lines.at(-1)) problems.push('something follows the calendar');
    } else {
      const has = stack.at(-1)?.has;
      has?.set(name, (has.get(name) ?? 0) + 1);
      if (/^(DTSTAMP|DTEND|LAST-MODIFIED)$/.test(name) && !/^\d{8}T\d{6}Z$/.test(value))
        problems.push(`${name} ${value}`);
      if (name === 'UID' && uids.has(value)) problems.push('a UID twice');
      if (name === 'UID') uids.add(value);
    }
  }
  if (lines[0] !== 'BEGIN:VCALENDAR' || stack.length > 0) problems.push('no whole calendar');
  return problems;
}
