import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pollDue } from '../../../activities/calendars/index.ts';
import { changeCalendar, removeCalendar } from '../../../infra/calendars/store.ts';
import { testVault } from '../../support/salon.ts';
import { entry, feed, openCalendarDesk, type CalendarDesk } from './support/desk.ts';

/** Calendars of others that are changed, put to rest and taken away (SPEC 5.2). */

let desk: CalendarDesk;

beforeAll(async () => {
  desk = await openCalendarDesk();
});
afterAll(() => desk.stop());
beforeEach(() => desk.anotherSalon());

describe('changing a calendar', { timeout: 240_000 }, () => {
  it('taken away, its blocks to come go; what is over stays', async () => {
    const id = await desk.calendar();
    desk.server.feed(feed(entry('a', 1), entry('b', 2)));
    await desk.poll();
    await desk.database.pool.query(
      `UPDATE time_off SET starts_at = now() - interval '3 hours', ends_at = now() - interval '2 hours' WHERE id = (
         SELECT id FROM time_off WHERE external_calendar_id = $1 LIMIT 1)`,
      [id],
    );
    expect(await desk.inTx((tx) => removeCalendar(tx, id))).toBe(true);
    expect(await desk.blocks()).toHaveLength(1);
    expect(await desk.inTx((tx) => removeCalendar(tx, id))).toBe(false);
  });

  it('one taken away while it is fetched leaves no blocks behind', async () => {
    const id = await desk.calendar();
    let answer: (() => void) | null = null;
    desk.server.serve((_request, response) => {
      answer = () => response.writeHead(200).end(feed(entry('a', 1)));
    });
    await desk.due();
    const polling = pollDue(desk.deps, () => undefined);
    await expect.poll(() => answer !== null).toBe(true);
    await desk.inTx((tx) => removeCalendar(tx, id));
    (answer as (() => void) | null)?.();
    expect(await polling).toMatchObject({ polled: 1, changed: 0, failed: 0 });
    expect(await desk.blocks()).toEqual([]);
  });

  it('put to rest it blocks nothing; whether it goes to Booksy makes its blocks new ones', async () => {
    const id = await desk.calendar();
    desk.server.feed(feed(entry('a', 1)), '"1"');
    await desk.poll();
    const ids = async () =>
      (await desk.deps.db.timeOff.findMany({ where: { businessId: desk.businessId } })).map(
        (each) => each.id,
      );
    const [before] = await ids();
    await desk.inTx((tx) =>
      changeCalendar(tx, testVault, { id, businessId: desk.businessId }, { blocksBooksy: false }),
    );
    const [after] = await ids();
    expect(after).not.toBe(before);
    expect(await desk.blocks()).toHaveLength(1);
    await desk.inTx((tx) =>
      changeCalendar(tx, testVault, { id, businessId: desk.businessId }, { active: false }),
    );
    expect(await desk.blocks()).toEqual([]);
    await desk.inTx((tx) =>
      changeCalendar(tx, testVault, { id, businessId: desk.businessId }, { active: true }),
    );
    await desk.poll();
    expect(await desk.blocks()).toHaveLength(1);
  });
});
