import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { publicHolidays } from '../../../domain/holidays/index.ts';
import { suggestMissing } from '../../../infra/holidays/store.ts';
import { startTestApi, type TestApi } from '../api/support/api.ts';

/** Public holidays are suggestions until the owner decides (SPEC 5.1). */

let api: TestApi;
let business: string;
const page = z.object({
  country: z.string(),
  region: z.string().nullable(),
  holidays: z.array(z.looseObject({ date: z.string(), code: z.string(), state: z.string() })),
});
const year = new Date().getUTCFullYear();

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());
beforeEach(async () => {
  business = await api.business();
});

const path = () => `/api/admin/booksy/businesses/${business}/holidays`;
const post = (body: unknown, more = '') => api.send(`${path()}${more}`, { method: 'POST', body });
const list = async (query = '') => page.parse((await api.send(`${path()}${query}`)).json);
const on = async (date: string) => (await list(`?from=${date}&to=${date}`)).holidays;

describe('public holidays', () => {
  it('are those of country and region', () => {
    const dates = (country: string, region: string | null) =>
      publicHolidays(country, region, 2026).map(({ date }) => date);
    expect(dates('PL', null)).toEqual(
      expect.arrayContaining([
        '2026-01-01',
        '2026-04-06',
        '2026-05-03',
        '2026-11-11',
        '2026-12-24',
        '2026-12-25',
      ]),
    );
    expect(dates('PL', null)).not.toContain('2026-01-21');
    expect(dates('DE', 'BY')).toContain('2026-01-06');
    expect(dates('DE', null)).not.toContain('2026-01-06');
  });

  it('a country or region that is not known is refused and told which are, and nothing is written', async () => {
    const country = await post({ country: 'XX' }, '/suggest');
    expect([
      country.status,
      country.text.includes('holiday_place_unknown'),
      country.text.includes('PL'),
    ]).toEqual([400, true, true]);
    const region = await post({ country: 'DE', region: 'Atlantis' }, '/suggest');
    expect([region.status, region.text.includes('BY')]).toEqual([400, true]);
    expect((await list()).holidays).toEqual([]);
    expect((await list()).country).toBe('PL');
  });

  it('are suggested for this and the next year, once, by hand or by schedule', async () => {
    expect(await suggestMissing(api.prisma)).toBeGreaterThan(20);
    expect(await suggestMissing(api.prisma)).toBe(0);
    const { holidays } = await list();
    expect(holidays.map(({ date }) => date)).toEqual(
      expect.arrayContaining([`${String(year)}-01-01`, `${String(year + 1)}-01-01`]),
    );
    expect(new Set(holidays.map(({ state }) => state))).toEqual(new Set(['suggested']));
    expect((await post({}, '/suggest')).json).toEqual({ suggested: 0 });
  });

  it('another region takes its suggestions away, and leaves what was decided', async () => {
    await post({ country: 'DE', region: 'BY' }, '/suggest');
    const date = `${String(year + 1)}-01-06`;
    const other = `${String(year + 1)}-08-15`;
    await post({ date, state: 'closed' });
    await post({ country: 'DE', region: 'HH' }, '/suggest');
    expect(await on(date)).toMatchObject([{ state: 'closed' }]);
    expect(await on(other)).toEqual([]);
    expect(await list()).toMatchObject({ country: 'DE', region: 'HH' });
  });

  it('the owner closes, opens as an exception, adds a day and takes back; each is audited', async () => {
    await post({}, '/suggest');
    const date = `${String(year + 1)}-05-03`;
    expect((await post({ date, state: 'closed' })).status).toBe(200);
    expect(await on(date)).toMatchObject([{ state: 'closed', intervals: [] }]);
    await post({
      date,
      state: 'open',
      intervals: [
        [600, 720],
        [780, 900],
      ],
    });
    expect(await on(date)).toMatchObject([
      {
        state: 'open',
        intervals: [
          [600, 720],
          [780, 900],
        ],
      },
    ]);
    await post({ date, state: 'suggested' });
    expect(await on(date)).toMatchObject([{ state: 'suggested', intervals: [], decidedAt: null }]);
    const own = `${String(year + 1)}-07-14`;
    await post({ date: own, state: 'closed', name: 'Stocktaking' });
    expect(await on(own)).toMatchObject([{ state: 'closed', code: 'own', name: 'Stocktaking' }]);
    await post({ date: own, state: 'suggested' });
    expect(await on(own)).toEqual([]);
    const audit = await api.prisma.booksyAuditLog.findMany({
      where: { businessId: business, action: 'holiday_decided' },
      orderBy: { id: 'asc' },
    });
    expect(audit.map(({ reasonCode }) => reasonCode)).toEqual([
      'closed',
      'open',
      'suggested',
      'closed',
      'suggested',
    ]);
  });

  it.each([
    [{ date: '2027-02-30', state: 'closed', name: 'x' }, 'body.date'],
    [{ date: '2027-07-14', state: 'open', name: 'x' }, 'body.intervals'],
    [{ date: '2027-07-14', state: 'open', name: 'x', intervals: [[600, 600]] }, 'body.intervals'],
    [{ date: '2027-07-14', state: 'open', name: 'x', intervals: [[600, 540]] }, 'body.intervals'],
    [
      {
        date: '2027-07-14',
        state: 'open',
        name: 'x',
        intervals: [
          [600, 720],
          [700, 800],
        ],
      },
      'body.intervals',
    ],
    [{ date: '2027-07-14', state: 'open', name: 'x', intervals: [[600, 1500]] }, 'body.intervals'],
    [{ date: '2027-07-14', state: 'closed', name: 'x', intervals: [[600, 700]] }, 'body.intervals'],
    [{ date: '2027-07-14', state: 'closed' }, 'body.name'],
    [{ date: '2027-07-14', state: 'suggested' }, 'body.date'],
  ])('%j is refused', async (body, where) => {
    const refused = await post(body);
    expect(refused.status).toBe(400);
    expect(refused.text).toContain(where);
    expect((await list('?from=2027-01-01&to=2027-12-31')).holidays).toEqual([]);
  });
});
