import ICAL from 'ical.js';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { busyTimes, isOwnUid } from '../../../domain/calendars/index.ts';
import { writeFeed } from '../../../domain/calendars/write.ts';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { problemsOf } from './support/rfc5545.ts';
import { ADMIN, person } from './support/salon.ts';

/** Private feeds of ours by API (SPEC 5.2, TRUST §2). */

let api: TestApi;
let business: string;
let staff: string;
const made = z.object({ id: z.string(), path: z.string() });

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());
beforeEach(async () => {
  business = await api.business();
  staff = await person(api, business, 'Anna Wzorcowa');
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
  const making = (body: object, headers: Record<string, string> = {}) =>
    api.send(`${ADMIN}/businesses/${business}/calendar-feeds`, { method: 'POST', body, headers });
  const make = async (body: object = {}) => made.parse((await making({ name: 'Mine', ...body })).json);
  const read = (path: string, headers: Record<string, string> = {}) =>
    api.send(path, { token: null, headers });

  it('are valid, hold no personal data unless asked, and only what is of the person', async () => {
    await visit(staff, 2);
    await visit(await person(api, business, 'Jan Wzorcowy'), 3);
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

  it('are made and revoked once, however often it is sent with its key, and no address is kept in clear', async () => {
    const keyed = { 'Idempotency-Key': `feed-${business}` };
    const [first, again] = [await making({ name: 'Mine' }, keyed), await making({ name: 'Mine' }, keyed)];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(made.parse(again.json)).toEqual(made.parse(first.json));
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const { id, path } = made.parse(first.json);
    expect(await api.prisma.calendarFeed.count({ where: { businessId: business } })).toBe(1);
    expect((await read(path)).status).toBe(200);
    const token = /calendars\/(.*)\.ics/.exec(path)?.[1] ?? '';
    const { rows } = await api.database.pool.query<{ kept: string }>(
      'SELECT coalesce(string_agg(response::text, chr(10)), $1) AS kept FROM api_idempotency_keys',
      [''],
    );
    expect(rows[0]?.kept).toContain(id);
    expect(rows[0]?.kept).not.toContain(token);
    expect((await making({ name: 'Other' }, keyed)).status).toBe(422);

    const revoking = () =>
      api.send(`${ADMIN}/calendar-feeds/${id}`, {
        method: 'DELETE',
        headers: { 'Idempotency-Key': `end-${id}` },
      });
    expect((await revoking()).json).toEqual({ removed: true, changed: true });
    expect((await revoking()).json).toEqual({ removed: true, changed: true });
    const anew = await api.send(`${ADMIN}/calendar-feeds/${id}`, { method: 'DELETE' });
    // Gone is gone, whoever asks again: only the trail tells that it was once.
    expect([anew.status, anew.json]).toEqual([200, { removed: true, changed: false }]);
    expect((await read(path)).status).toBe(404);
    const revoked = { businessId: business, action: 'calendar_feed_revoked', recordId: id };
    expect(await api.prisma.booksyAuditLog.count({ where: revoked })).toBe(1);
  });

  it('revoked, unknown and malformed addresses answer alike; only a hash is kept', async () => {
    const feed = await make();
    const token = /calendars\/(.*)\.ics/.exec(feed.path)?.[1] ?? '';
    const row = await api.prisma.calendarFeed.findUniqueOrThrow({ where: { id: feed.id } });
    expect(JSON.stringify(row)).not.toContain(token);
    expect((await read(feed.path)).status).toBe(200);
    expect((await api.send(`${ADMIN}/calendar-feeds/${feed.id}`, { method: 'DELETE' })).json).toEqual({
      removed: true,
      changed: true,
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
