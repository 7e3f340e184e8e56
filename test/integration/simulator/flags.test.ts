import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_FLAGS, FLAG_CHOICES, FLAG_NAMES } from '../../../simulator/flags.ts';
import type { Flags } from '../../../simulator/flags.ts';
import { idsOf, show, Tester, visitBody } from './client.ts';
import type { Body, Reply } from './client.ts';
import { Receiver } from './receiver.ts';

let tester: Tester;
let receiver: Receiver;
let staff = 0;
beforeAll(async () => {
  tester = await Tester.start({ clients: 40 });
  receiver = await Receiver.start();
  staff = idsOf(await tester.salon('GET', 'resource/'))[0] ?? 0;
});
afterAll(async () => {
  await tester.stop();
  await receiver.stop();
});

async function reset(more: object): Promise<void> {
  await tester.control('POST', 'reset', { visits: 0, salons: 2, ...more });
  receiver.clear();
}

const DAY = 'booked_from=2031-03-05T00:00&booked_till=2031-03-06T00:00';
const list = async (query = DAY): Promise<Body[]> =>
  (await tester.salon('GET', `appointment/?limit=30&${query}`)).body['results'] as unknown as Body[];
const make = (from: string, till: string, more: object = {}): Promise<Reply> =>
  tester.salon('POST', 'appointment/', visitBody(staff, `2031-03-${from}`, `2031-03-${till}`, more));
const one = (reply: Reply): string => `appointment/${show(reply.body['id'])}/`;
const parts = (): object => ({
  subbookings: [
    { booked_from: '2031-03-05T10:00', booked_till: '2031-03-05T10:30', staffer_id: staff },
    { booked_from: '2031-03-05T10:30', booked_till: '2031-03-05T11:00', staffer_id: staff },
  ],
});
/** How many webhooks two visits, one of them with two parts, and a block bring. */
const webhooks = async (): Promise<number> => {
  await tester.salon('POST', 'appointment/', parts());
  await make('05T12:00', '05T13:00', { type: 'R' });
  await make('05T13:00', '05T14:00');
  // The clock answers once all that was due has been sent.
  await tester.control('POST', 'clock', { advanceMs: 0 });
  return receiver.received.length;
};

interface Scenario<T> {
  /** Other settings under which the flag shows. */
  readonly settings?: object;
  observe(): Promise<unknown>;
  /** What is observed for each value. */
  readonly expected: readonly (readonly [value: T, seen: unknown])[];
}

const SCENARIOS: { readonly [K in keyof Flags]: Scenario<Flags[K]> } = {
  webhooks: {
    observe: webhooks,
    expected: [
      [true, 3],
      [false, 0],
    ],
  },
  webhooksForBlocks: {
    observe: webhooks,
    expected: [
      [true, 3],
      [false, 2],
    ],
  },
  webhookPer: {
    observe: webhooks,
    expected: [
      ['appointment', 3],
      ['subbooking', 4],
    ],
  },
  appointmentWrites: {
    observe: async () => {
      const body = visitBody(staff, '2031-03-05T10:00', '2031-03-05T11:00');
      const own = await tester.control('POST', 'visits', body);
      return [
        (await make('05T12:00', '05T13:00')).status,
        (await tester.salon('PUT', one(own), body)).status,
        (await tester.salon('PATCH', `${one(own)}status/cancel/`)).status,
        (await tester.salon('GET', one(own))).status,
      ];
    },
    expected: [
      [true, [201, 200, 200, 200]],
      [false, [403, 403, 403, 200]],
    ],
  },
  cancelledListed: {
    observe: async () => {
      const cancelled = await make('05T10:00', '05T11:00');
      await make('05T11:00', '05T12:00');
      await tester.salon('PATCH', `${one(cancelled)}status/cancel/`);
      return [(await list()).length, (await tester.salon('GET', one(cancelled))).body['status']];
    },
    expected: [
      [true, [2, 'C']],
      [false, [1, 'C']],
    ],
  },
  listFilter: {
    observe: async () => {
      await make('04T23:30', '05T00:30');
      await make('05T23:30', '06T00:30');
      await make('06T00:30', '06T01:00');
      await make('04T23:00', '04T23:30');
      return (await list()).length;
    },
    expected: [
      ['start', 1],
      ['overlap', 2],
    ],
  },
  listOrder: {
    observe: async () => {
      for (const hour of ['12', '10', '11']) await make(`05T${hour}:00`, `05T${hour}:30`);
      return (await list()).map((row) => show(row['booked_from']).slice(11, 13));
    },
    expected: [
      ['id', ['12', '10', '11']],
      ['id_desc', ['11', '10', '12']],
      ['start', ['10', '11', '12']],
      ['start_desc', ['12', '11', '10']],
    ],
  },
  listRowsFull: {
    observe: async () => {
      const made = await make('05T10:00', '05T11:00', { business_note: 'x' });
      const [row = {}] = await list();
      const whole = (await tester.salon('GET', one(made))).body['business_note'];
      return ['traveling' in row, 'business_note' in row, whole];
    },
    expected: [
      [true, [true, true, 'x']],
      [false, [false, false, 'x']],
    ],
  },
  createNotifiesClient: {
    observe: async () => {
      await make('05T10:00', '05T11:00', { customer_phone: '+48 500 000 001' });
      await make('05T11:00', '05T12:00', { type: 'R' });
      return (await tester.control('GET', 'counters')).body['clientNotifications']?.['total'];
    },
    expected: [
      [true, 1],
      [false, 0],
    ],
  },
  limitScope: {
    settings: { limits: { algorithm: 'sliding', limit: 3, windowMs: 60_000 } },
    observe: async () => {
      const codes: number[] = [];
      for (const id of [1001, 1001, 1001, 1001, 1002]) {
        codes.push((await tester.api('GET', `/business/${show(id)}/`)).status);
      }
      return codes;
    },
    expected: [
      ['partner', [200, 200, 200, 429, 429]],
      ['business', [200, 200, 200, 429, 200]],
    ],
  },
  mapping: {
    observe: async () => {
      const made = await make('05T10:00', '05T11:00', { import_uid: 'a:1' });
      const path = 'appointment/mapping/';
      const look = await tester.salon('POST', path, { import_uid: 'a:1' });
      const set = await tester.salon('POST', path, { import_uid: 'a:2', id: made.body['id'] });
      const uid = (await tester.salon('GET', one(made))).body['import_uid'];
      return [look.status, look.body['id'] === made.body['id'], set.status, uid];
    },
    expected: [
      ['lookup', [200, true, 200, 'a:1']],
      ['set', [400, false, 200, 'a:2']],
    ],
  },
  maxLimit: {
    observe: async () => [
      (await tester.salon('GET', 'customer/?limit=30')).status,
      (await tester.salon('GET', 'customer/?limit=31')).status,
      (await tester.salon('GET', 'customer/?limit=101')).status,
    ],
    expected: [
      [100, [200, 200, 400]],
      [30, [200, 400, 400]],
    ],
  },
  statusOptionalInPut: {
    observe: async () => {
      const made = await make('05T10:00', '05T11:00');
      const body = visitBody(staff, '2031-03-05T10:00', '2031-03-05T11:00');
      return [
        (await tester.salon('PUT', one(made), body)).status,
        (await tester.salon('PUT', one(made), { ...body, status: 'A' })).status,
      ];
    },
    expected: [
      [true, [200, 200]],
      [false, [400, 200]],
    ],
  },
  inlineContactMakesCard: {
    settings: { clients: 0 },
    observe: async () => {
      const contact = { customer_name: 'Ala Makota', customer_phone: '500 000 009' };
      const cards = [
        (await make('05T10:00', '05T11:00', contact)).body['booked_for_id'],
        (await make('05T11:00', '05T12:00', contact)).body['booked_for_id'],
      ];
      return [new Set(cards).size, cards[0] === null, (await tester.salon('GET', 'customer/')).body['count']];
    },
    expected: [
      [true, [1, false, 1]],
      [false, [1, true, 0]],
    ],
  },
  settlement: {
    observe: async () =>
      (await tester.salon('GET', 'settlement/?date_from=2026-01-01&date_to=2026-01-02')).status,
    expected: [
      [true, 200],
      [false, 404],
    ],
  },
  manualModeHoldsApi: {
    observe: async () => {
      const statuses = [(await make('05T10:00', '05T11:00')).body['status']];
      await tester.asSalon('PATCH', '', { booking_mode: 'M' });
      // What a client books there waits anyway, and a block never does.
      for (const [from, type] of [
        ['11', 'B'],
        ['12', 'C'],
        ['13', 'R'],
      ] as const) {
        const made = await make(`05T${from}:00`, `05T${from}:30`, { type });
        statuses.push(made.body['status']);
      }
      return statuses;
    },
    expected: [
      [false, ['A', 'A', 'W', 'A']],
      [true, ['A', 'W', 'W', 'A']],
    ],
  },
};

describe('every flag, in each of its values', () => {
  const cases = FLAG_NAMES.flatMap((name) =>
    SCENARIOS[name].expected.map(([value, seen]) => ({ name, value, seen })),
  );

  it('is in the table, in every value', () => {
    for (const name of FLAG_NAMES) {
      const tried = SCENARIOS[name].expected.map(([value]) => value);
      expect(new Set<unknown>(tried), name).toEqual(new Set<unknown>(FLAG_CHOICES[name]));
      expect(FLAG_CHOICES[name][0], name).toBe(DEFAULT_FLAGS[name]);
      const seen = SCENARIOS[name].expected.map(([, value]) => JSON.stringify(value));
      expect(new Set(seen).size, `${name} shows in each value`).toBe(tried.length);
    }
  });

  it.each(cases)('$name = $value', async ({ name, value, seen }) => {
    const { settings, observe } = SCENARIOS[name];
    const webhookSettings = { targets: [{ url: receiver.url }] };
    await reset({ clients: 40, flags: { [name]: value }, webhooks: webhookSettings, ...settings });
    expect(await observe()).toEqual(seen);
  });
});

describe('mapping, in the rest', () => {
  beforeEach(async () => reset({ clients: 40 }));

  it('looks up services and categories too, and finds nothing that is gone', async () => {
    const service = await tester.salon('POST', 'service/', { name: 'x', price_type: 'X', import_uid: 's:1' });
    const category = await tester.salon('POST', 'service_category/', { name: 'x', import_uid: 'c:1' });
    const look = async (of: string, import_uid: string): Promise<unknown> =>
      (await tester.salon('POST', `${of}/mapping/`, { import_uid })).body['id'];
    expect(await look('appointment', 'a:2')).toBeNull();
    expect(await look('service', 's:1')).toBe(service.body['id']);
    expect(await look('service_category', 'c:1')).toBe(category.body['id']);
    await tester.salon('DELETE', `service/${show(service.body['id'])}/`);
    expect(await look('service', 's:1')).toBeNull();
  });

  it('sets only what is there', async () => {
    await tester.control('POST', 'settings', { flags: { mapping: 'set' } });
    const set = { import_uid: 'a:1', id: 5 };
    expect((await tester.salon('POST', 'appointment/mapping/', set)).status).toBe(404);
  });
});
