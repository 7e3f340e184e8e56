import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBooksyError, readSettlementCsv } from '../../../booksy/index.ts';
import { call, failure, startRig, type Rig } from '../booksy/rig.ts';
import { show, Tester } from './client.ts';
import type { Reply } from './client.ts';

const RANGE = { fromDate: '2026-10-01', toDate: '2026-11-15' } as const;
const QUERY = 'settlement/?date_from=2026-10-01&date_to=2026-11-15';

describe('the settlement export', () => {
  let tester: Tester;
  beforeAll(async () => {
    tester = await Tester.start({ visits: 2000, clients: 1500 });
  });
  afterAll(() => tester.stop());

  const of = (query: string): Promise<Reply> => tester.salon('GET', `settlement/${query}`);

  it('is as the contract says, the same twice, and after the same seed again', async () => {
    const first = await tester.salon('GET', QUERY);
    expect(first.status).toBe(200);
    expect(Array.isArray(first.body) && first.body.length).toBeGreaterThan(50);
    expect(tester.contract.seen).toContain('listSettlement');
    expect((await tester.salon('GET', QUERY)).text).toBe(first.text);
    await tester.control('POST', 'reset', { seed: 'another' });
    expect((await tester.salon('GET', QUERY)).text).not.toBe(first.text);
    await tester.control('POST', 'reset', { seed: 'booksy' });
    expect((await tester.salon('GET', QUERY)).text).toBe(first.text);
  });

  it('comes as a file too, with the same lines', async () => {
    const file = await tester.salon('GET', `${QUERY}&format=csv`);
    expect([file.status, file.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8']);
    const [heading, ...lines] = file.text.trimEnd().split('\r\n');
    expect(heading).toBe('id,kind,appointment_id,currency,gross,fee,tax,net,method,paid_at,payout_id');
    const list = (await tester.salon('GET', QUERY)).body as unknown as Record<string, unknown>[];
    const columns = (heading ?? '').split(',');
    expect(lines).toEqual(list.map((row) => columns.map((name) => show(row[name] ?? '')).join(',')));
  });

  it('fees can be changed, and back', async () => {
    const boost = async (): Promise<string[]> => {
      const rows = (await tester.salon('GET', QUERY)).body as unknown as { kind: string; fee: string }[];
      return rows.filter(({ kind }) => kind === 'boost').map(({ fee }) => fee);
    };
    const before = await boost();
    expect(before.length).toBeGreaterThan(0);
    await tester.control('POST', 'settings', { fees: { boostBasisPoints: 0 } });
    expect(await boost()).toEqual(before.map(() => '0.00'));
    await tester.control('POST', 'reset', {});
    expect(await boost()).toEqual(before);
    const wrong = await tester.control('POST', 'settings', { fees: { card_keyed: { basisPoints: -1 } } });
    expect([wrong.status, wrong.body['field']]).toEqual([400, 'fees.card_keyed.basisPoints']);
  });

  it.each([
    ['date_from', '?date_to=2026-11-15'],
    ['date_to', '?date_from=2026-11-15'],
    ['date_to', '?date_from=2026-11-15&date_to=2026-11-14'],
    ['date_to', '?date_from=2026-01-01&date_to=2026-04-03'],
    ['date_from', '?date_from=2026-02-30&date_to=2026-04-03'],
    ['format', '?date_from=2026-11-01&date_to=2026-11-15&format=xml'],
  ])('400 names %s: %s', async (field, query) => {
    const reply = await of(query);
    expect([reply.status, reply.body['field']]).toEqual([400, field]);
  });

  it('a quarter is not too long', async () => {
    expect((await of('?date_from=2026-01-01&date_to=2026-04-02')).status).toBe(200);
  });
});

describe('the client', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ simulator: { visits: 2000, clients: 100, today: '2026-11-22' } });
  });
  afterAll(() => rig.stop());

  const raw = async (more = ''): Promise<unknown> =>
    rig.simulator.asSalon(
      'GET',
      `/business/${rig.salon.externalId}/settlement?date_from=${RANGE.fromDate}&date_to=${RANGE.toDate}${more}`,
    );

  it('understands every line, and the file says the same', async () => {
    const { rows, rejected, interval } = await rig.client.listSettlement(rig.salon, RANGE, call);
    expect(rejected).toEqual([]);
    expect(rows).toHaveLength(((await raw()) as unknown[]).length);
    expect(rows.length).toBeGreaterThan(50);
    for (const row of rows) expect(row.netMinor).toBe(row.grossMinor - row.feeMinor - row.taxMinor);
    expect(interval.sentAt < interval.receivedAt).toBe(true);
    const url = `${rig.simulator.url}/_control/as-salon/business/${rig.salon.externalId}/settlement`;
    const query = `?date_from=${RANGE.fromDate}&date_to=${RANGE.toDate}&format=csv`;
    const file = await (await fetch(url + query)).text();
    expect(readSettlementCsv(file, rig.salon)).toEqual({ rows, rejected: [] });
  });

  it('rejects a line alone, with its field', async () => {
    const [first] = (await raw()) as { id: number }[];
    await rig.simulator.fault({
      kind: 'drift',
      route: 'GET /business/{business_id}/settlement/',
      change: 'set',
      field: 'fee',
      value: '6,49 zł',
      ids: [first?.id ?? 0],
    });
    const { rows, rejected } = await rig.client.listSettlement(rig.salon, RANGE, call);
    expect(rejected).toEqual([
      expect.objectContaining({ externalId: String(first?.id), field: 'fee', reasonCode: 'unparseable' }),
    ]);
    expect(rows.length).toBeGreaterThan(50);
  });

  it('says not_found where the account has no statement', async () => {
    await rig.simulator.configure({ flags: { settlement: false } });
    const error = await failure(rig.client.listSettlement(rig.salon, RANGE, call));
    expect(isBooksyError(error, 'not_found')).toBe(true);
    await rig.simulator.configure({ flags: { settlement: true } });
  });
});
