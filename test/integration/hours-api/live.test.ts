import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addDays } from '../../../domain/local-time.ts';
import { eventually } from '../../support/eventually.ts';
import { openLiveSalon, type LiveSalon } from './support/live.ts';
import { ADMIN, dateIn } from './support/salon.ts';

/** Time off by API through the whole product: worker, Temporal, and Booksy's simulator (R15, R19). */

let engine: LiveSalon['engine'];
let owner: LiveSalon['owner'];
let path: LiveSalon['path'];

beforeAll(async () => {
  ({ engine, owner, path } = await openLiveSalon());
});
afterAll(() => engine.stop());

const wire = z.looseObject({
  id: z.number(),
  date_from: z.string(),
  date_till: z.string(),
  hour_from: z.string().nullable(),
  hour_till: z.string().nullable(),
  reason_code: z.string(),
  reason: z.string().nullable(),
});
const answer = z.object({
  timeOff: z.looseObject({ id: z.string(), atBooksy: z.boolean(), source: z.string() }),
});
const listed = z.object({ timeOff: z.array(z.looseObject({ id: z.string(), atBooksy: z.boolean() })) });
const timeOff = () => `${ADMIN}/businesses/${engine.businessId}/time-off`;

/** Time off of the person that Booksy has, by its own id. */
async function there() {
  const rows = z.array(wire).parse(await engine.simulator.asSalon('GET', path('time_off/')));
  return new Map(rows.map((row) => [row.id, row]));
}
const become = <T>(what: string, probe: () => Promise<T>) =>
  eventually(probe, { timeoutMs: 60_000, intervalMs: 100, what });
async function added(before: ReadonlyMap<number, unknown>) {
  return become('it at Booksy', async () => {
    const news = [...(await there()).values()].filter(({ id }) => !before.has(id));
    expect(news.length).toBeLessThanOrEqual(1);
    return news[0] ?? null;
  });
}

describe('time off by API', () => {
  it('R15 R19 is made at Booksy with our mark and nothing else of itself, changed there, and taken away', async () => {
    const before = await there();
    const from = dateIn(40);
    const made = await engine.api.send('POST', timeOff(), {
      owner: { kind: 'staff', id: owner.id },
      fromDate: from,
      toDate: addDays(from, 1),
      reasonCode: 'vacation',
    });
    expect(made.status).toBe(201);
    const { id } = answer.parse(made.body).timeOff;

    const first = await added(before);
    expect(first).toMatchObject({
      date_from: from,
      date_till: addDays(from, 1),
      hour_from: null,
      hour_till: null,
      reason_code: 'vacation',
    });
    // The mark says which record of ours it is (R15), so that no second one is made of it.
    expect(first.reason).toContain(id);
    await engine.quiet();
    const shown = listed.parse((await engine.api.send('GET', `${timeOff()}?from=${from}&to=${from}`)).body);
    expect(shown.timeOff).toMatchObject([{ id, atBooksy: true }]);

    const changed = await engine.api.send('PATCH', `${ADMIN}/time-off/${id}`, {
      startsLocal: `${from}T09:00`,
      endsLocal: `${from}T12:30`,
      reasonCode: 'training',
    });
    expect(changed.status).toBe(200);
    await become(
      'the change at Booksy',
      async () => (await there()).get(first.id)?.reason_code === 'training',
    );
    expect((await there()).get(first.id)).toMatchObject({
      date_from: from,
      date_till: from,
      hour_from: '09:00',
      hour_till: '12:30',
      reason: first.reason,
    });

    expect((await engine.api.send('DELETE', `${ADMIN}/time-off/${id}`)).status).toBe(200);
    await become('it gone at Booksy', async () => !(await there()).has(first.id));
    await engine.quiet();
    expect(await there()).toEqual(before);
    expect(await engine.openConflicts()).toEqual([]);
  });

  it('changed in Booksy’s own words comes here, and can be changed here again', async () => {
    const before = await there();
    const from = dateIn(50);
    const body = { owner: { kind: 'staff', id: owner.id }, fromDate: from, reasonCode: 'training' };
    const { id } = answer.parse((await engine.api.send('POST', timeOff(), body)).body).timeOff;
    const first = await added(before);
    await engine.quiet();
    await engine.simulator.asSalon('PATCH', `${path('time_off/')}${String(first.id)}/`, {
      date_till: addDays(from, 2),
    });
    await engine.fullSync(engine.businessId);
    const row = await engine.deps.db.timeOff.findUniqueOrThrow({ where: { id } });
    expect(row.endsLocal.toISOString().slice(0, 10)).toBe(addDays(from, 3));

    const late = await engine.api.send('PATCH', `${ADMIN}/time-off/${id}`, {
      toDate: addDays(from, 1),
      version: 1,
    });
    expect([late.status, late.body]).toMatchObject([409, { code: 'time_off_changed' }]);
    expect((await engine.api.send('PATCH', `${ADMIN}/time-off/${id}`, { toDate: from })).status).toBe(200);
    await become('the change at Booksy', async () => (await there()).get(first.id)?.date_till === from);
    await engine.quiet();
    expect(await engine.openConflicts()).toEqual([]);
    expect([...(await there()).keys()].filter((key) => !before.has(key))).toEqual([first.id]);
  });
});
