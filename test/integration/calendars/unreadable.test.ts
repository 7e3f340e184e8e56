import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pollDue } from '../../../activities/calendars/index.ts';
import { entry, feed, openCalendarDesk, type CalendarDesk } from './support/desk.ts';

/** Calendars of others that cannot be read, or not now (SPEC 5.2). */

let desk: CalendarDesk;

beforeAll(async () => {
  desk = await openCalendarDesk();
});
afterAll(() => desk.stop());
beforeEach(() => desk.anotherSalon());

describe('a calendar that cannot be read', { timeout: 240_000 }, () => {
  it('R2 keeps its last copy, then expires: its blocks go, and it says so', async () => {
    const id = await desk.calendar();
    desk.server.feed(feed(entry('a', 1), entry('b', 2)));
    await desk.poll();
    desk.server.serve((_request, response) => void response.writeHead(404).end());
    expect(await desk.poll()).toMatchObject({ failed: 1 });
    expect(await desk.blocks()).toHaveLength(2);
    expect(await desk.row(id)).toMatchObject({
      state: 'failing',
      errorCode: 'calendar_http_status',
      failures: 1,
    });
    await desk.database.pool.query(
      `UPDATE external_calendars SET ok_at = now() - interval '47 hours' WHERE id = $1`,
      [id],
    );
    await desk.poll();
    expect(await desk.blocks()).toHaveLength(2);
    await desk.database.pool.query(
      `UPDATE external_calendars SET ok_at = now() - interval '49 hours' WHERE id = $1`,
      [id],
    );
    expect(await desk.poll()).toMatchObject({ failed: 1 });
    expect(await desk.blocks()).toEqual([]);
    expect(await desk.row(id)).toMatchObject({ state: 'expired' });
    // It is asked on, and comes back whole.
    desk.server.feed(feed(entry('a', 1)));
    expect(await desk.poll()).toMatchObject({ changed: 1, failed: 0 });
    expect(await desk.blocks()).toHaveLength(1);
    expect(await desk.row(id)).toMatchObject({
      state: 'ok',
      failures: 0,
      errorCode: null,
      failingSince: null,
    });
    const audit = await desk.deps.db.booksyAuditLog.findMany({
      where: { businessId: desk.businessId, action: 'calendar_expired' },
    });
    expect(audit).toHaveLength(1);
  });

  it.each([
    ['a page to sign in', '<html>Sign in</html>', 'calendar_not_ical'],
    ['half a feed', feed(entry('a', 1)).slice(0, -20), 'calendar_cut_short'],
    ['a bomb', feed(entry('a', 1, 'RRULE:FREQ=SECONDLY')), 'calendar_too_many_repetitions'],
    ['too much', `${feed(entry('a', 1))}${'X'.repeat(1_100_000)}`, 'calendar_too_large'],
  ])('%s changes nothing', async (_what, body, code) => {
    const id = await desk.calendar();
    desk.server.feed(feed(entry('a', 1), entry('b', 2)));
    await desk.poll();
    const before = await desk.writes();
    desk.server.feed(body);
    await desk.poll();
    expect(await desk.row(id)).toMatchObject({ state: 'failing', errorCode: code });
    expect(await desk.blocks()).toHaveLength(2);
    expect(await desk.writes()).toBe(before);
  });

  it('R41 address, titles and people are in no log, no row in clear and no audit entry', async () => {
    const id = await desk.calendar();
    desk.server.feed(
      feed(entry('a', 1, 'SUMMARY:Doctor of Zofia', 'ATTENDEE;CN=Zofia:mailto:zofia@example.com')),
    );
    await desk.poll();
    desk.server.serve((_request, response) => void response.writeHead(500).end('Zofia'));
    await desk.poll();
    const held = await desk.row(id);
    const audit = await desk.deps.db.booksyAuditLog.findMany({ where: { businessId: desk.businessId } });
    const clear = JSON.stringify(
      [desk.log, audit, { ...held, sealedUrl: null, sealedCopy: null }],
      (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    );
    expect(clear).not.toMatch(/zofia|doctor|secret-path/i);
    expect(desk.log.join()).toContain('calendar_http_status');
    for (const sealed of [held.sealedUrl, held.sealedCopy])
      expect(Buffer.from(sealed ?? []).toString('latin1')).not.toMatch(/secret-path|VEVENT/);
  });

  it('a slow one does not hold the others, and two workers never poll one twice', async () => {
    const slow = await desk.calendar({ url: new URL(`${desk.server.url}/slow`) });
    for (const each of ['1', '2', '3', '4', '5'])
      await desk.calendar({ url: new URL(`${desk.server.url}/${each}`) });
    const waiting: (() => void)[] = [];
    desk.server.serve((request, response) => {
      const answer = () => response.writeHead(200).end(feed(entry('a', 1)));
      if (request.url === '/slow') waiting.push(answer);
      else answer();
    });
    await desk.due();
    const asked = desk.server.requests.length;
    const both = Promise.all([pollDue(desk.deps, () => undefined), pollDue(desk.deps, () => undefined)]);
    await expect
      .poll(
        async () =>
          await desk.deps.db.externalCalendar.count({ where: { businessId: desk.businessId, state: 'ok' } }),
        {
          timeout: 20_000,
        },
      )
      .toBe(5);
    expect((await desk.row(slow)).claimedUntil).not.toBeNull();
    for (const answer of waiting) answer();
    const [one, other] = await both;
    expect((one?.polled ?? 0) + (other?.polled ?? 0)).toBe(6);
    expect(desk.server.requests.length - asked).toBe(6);
  });
});
