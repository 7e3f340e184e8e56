import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CLOCK_SKEW, FAULT_KINDS } from '../../../simulator/faults.ts';
import type { FaultKind } from '../../../simulator/faults.ts';
import { idsOf, show, Tester, visitBody } from './client.ts';
import type { Reply } from './client.ts';
import { Receiver } from './receiver.ts';

/** What the sandbox promises to be able to do wrong, by the words in which it was asked for. */
const PROMISED: Readonly<Record<string, readonly (FaultKind | typeof CLOCK_SKEW)[]>> = {
  'drop webhooks': ['webhook_drop'],
  'delay webhooks': ['webhook_delay'],
  'double webhooks': ['webhook_double'],
  'reorder webhooks': ['webhook_reorder'],
  'sign webhooks wrongly': ['webhook_bad_signature'],
  'lose an answer after acting': ['lose_answer'],
  'lose a request': ['drop_request'],
  'act late': ['act_late'],
  '5xx': ['status', 'error_200'],
  'slow answers': ['slow'],
  'empty answers and lists': ['empty_body', 'empty_list'],
  'truncated answers and lists': ['truncate_body', 'truncate_list'],
  'shifting lists': ['shift_list'],
  'expired tokens': ['expire_token', 'revoke_tokens'],
  'schema drift': ['drift', 'content_type'],
  'clock skew': [CLOCK_SKEW],
  'a look-up that finds nothing': ['mapping_blind'],
};

let tester: Tester;
let receiver: Receiver;
let staff = 0;
beforeAll(async () => {
  tester = await Tester.start({ visits: 0 });
  receiver = await Receiver.start();
  staff = idsOf(await tester.salon('GET', 'resource/'))[0] ?? 0;
});
afterAll(async () => {
  await tester.stop();
  await receiver.stop();
});
beforeEach(async () => {
  await tester.control('POST', 'reset', {
    webhooks: { targets: [{ url: receiver.url }] },
    latencyMs: 0,
  });
  receiver.clear();
  await tester.signIn();
});

const CUSTOMER = 'customer/';
const read = (path = CUSTOMER): Promise<Reply> =>
  tester.api('GET', `/business/1001/${path}`, { unchecked: true });
/** Status, or that there was no answer. */
const outcome = (call: Promise<Reply>): Promise<number | 'cut'> =>
  call.then(
    ({ status }) => status,
    () => 'cut' as const,
  );
const create = (): Promise<number | 'cut'> => outcome(tester.salon('POST', CUSTOMER, { first_name: 'Nowa' }));
const created = async (): Promise<number> =>
  Number((await tester.control('GET', 'counters')).body['writes']?.['api']?.['created']?.['customer'] ?? 0);
const pass = (minutes: number): Promise<Reply> =>
  tester.control('POST', 'clock', { advanceMs: minutes * 60_000 });
let hour = 0;
const book = async (): Promise<void> => {
  hour = (hour + 1) % 23;
  const at = `2031-04-05T${show(hour).padStart(2, '0')}`;
  await tester.control('POST', 'visits', {
    ...visitBody(staff, `${at}:00`, `${at}:30`),
    allowOverlap: true,
  });
};
/** In which order the webhooks of two visits came, counted from the first that was made. */
const arrivals = (): number[] => {
  const ids = receiver.received.map(({ appointment }) => appointment);
  const order = [...new Set(ids)].sort((a, b) => a - b);
  return ids.map((id) => order.indexOf(id));
};
const rightlySigned = (): boolean[] =>
  receiver.received.map(({ headers, text }) => {
    const signed = `${show(headers['webhook-id'])}.${show(headers['webhook-timestamp'])}.${text}`;
    const right = createHmac('sha256', 'simulator-webhook-secret').update(signed).digest('base64');
    return headers['webhook-signature'] === `v1,${right}`;
  });

interface Scenario {
  /** The fault beside its kind. */
  readonly fault?: object;
  observe(): Promise<unknown>;
  /** What is observed without the fault, and with it. */
  readonly plain: unknown;
  readonly faulty: unknown;
}

const writeScenario = (faulty: unknown): Scenario => ({
  fault: { route: 'POST /business/{business_id}/customer/' },
  observe: async () => [await create(), await created()],
  plain: [201, 1],
  faulty,
});
const twoVisits = async (): Promise<number[]> => {
  await book();
  await book();
  await pass(0);
  return arrivals();
};

const SCENARIOS: Readonly<Record<FaultKind, Scenario>> = {
  drop_request: writeScenario(['cut', 0]),
  lose_answer: writeScenario(['cut', 1]),
  status: writeScenario([503, 0]),
  error_200: { ...writeScenario([200, 0]), observe: async () => [(await loosely()).status, await created()] },
  act_late: {
    fault: { ms: 60_000, route: 'POST /business/{business_id}/customer/' },
    observe: async () => {
      const first = [await create(), await created()];
      await pass(1);
      return [...first, await created()];
    },
    plain: [201, 1, 1],
    faulty: ['cut', 0, 1],
  },
  slow: {
    fault: { ms: 3_000 },
    observe: async () => {
      const before = performance.now();
      await read();
      return performance.now() - before > 2_900;
    },
    plain: false,
    faulty: true,
  },
  empty_body: { observe: async () => (await read()).text === '', plain: false, faulty: true },
  truncate_body: {
    observe: async () => typeof (await read()).body === 'string',
    plain: false,
    faulty: true,
  },
  content_type: {
    observe: async () => (await read()).headers.get('content-type'),
    plain: 'application/json',
    faulty: 'text/html',
  },
  empty_list: {
    observe: async () => (await read()).body['count'],
    plain: 60,
    faulty: 0,
  },
  truncate_list: {
    fault: { rows: 3 },
    observe: async () => {
      const reply = await read('customer/?limit=50');
      return [reply.body['count'], idsOf(reply).length];
    },
    plain: [60, 50],
    faulty: [60, 47],
  },
  shift_list: {
    fault: { direction: 'remove', rows: 2, query: { offset: '20' } },
    observe: async () => {
      const all = idsOf(await read('customer/?limit=60'));
      return all.indexOf(idsOf(await read('customer/?limit=20&offset=20'))[0] ?? 0);
    },
    plain: 20,
    faulty: 22,
  },
  expire_token: {
    observe: async () => [(await read()).status, (await tester.signIn()).status, (await read()).status],
    plain: [200, 200, 200],
    faulty: [401, 200, 200],
  },
  revoke_tokens: {
    observe: async () => {
      const other = show((await tester.signIn()).body['access_token']);
      await tester.signIn();
      const own = (await read()).status;
      tester.useToken(other);
      return [own, (await read()).status];
    },
    plain: [200, 200],
    faulty: [401, 401],
  },
  drift: {
    fault: { change: 'rename', field: 'email', to: 'mail' },
    observe: async () => 'mail' in ((await read()).body['results']?.[0] ?? {}),
    plain: false,
    faulty: true,
  },
  mapping_blind: {
    observe: async () => {
      await tester.salon('POST', 'service/', { name: 'x', price_type: 'X', import_uid: 's:1' });
      const found = await tester.salon('POST', 'service/mapping/', { import_uid: 's:1' });
      return typeof found.body['id'];
    },
    plain: 'number',
    faulty: 'object',
  },
  webhook_drop: { observe: twoVisits, plain: [0, 1], faulty: [0] },
  webhook_double: { observe: twoVisits, plain: [0, 1], faulty: [0, 0, 1] },
  webhook_reorder: { fault: { ms: 3_600_000 }, observe: twoVisits, plain: [0, 1], faulty: [1, 0] },
  webhook_delay: {
    fault: { ms: 3_600_000 },
    observe: async () => {
      await book();
      await pass(59);
      const before = receiver.received.length;
      await pass(1);
      return [before, receiver.received.length];
    },
    plain: [1, 1],
    faulty: [0, 1],
  },
  webhook_bad_signature: {
    observe: async () => {
      await twoVisits();
      return rightlySigned();
    },
    plain: [true, true],
    faulty: [false, true],
  },
};
const loosely = (): Promise<Reply> =>
  tester.raw('POST', '/public-api/pl/business/1001/customer/', {
    body: { first_name: 'Nowa' },
    headers: tester.headers(),
    unchecked: true,
  });

describe('every fault', () => {
  it('that was promised is there, and none that was not', () => {
    expect(Object.values(PROMISED).flat().sort()).toEqual([...FAULT_KINDS, CLOCK_SKEW].sort());
  });

  it.each(FAULT_KINDS)('%s: without it, with it, and once it is taken away', async (kind) => {
    const { fault = {}, observe, plain, faulty } = SCENARIOS[kind];
    expect(await observe()).toEqual(plain);
    expect(await tester.hits(kind)).toBe(0);
    await again();
    await tester.fault({ kind, ...fault });
    expect(await observe()).toEqual(faulty);
    expect(await tester.hits(kind)).toBeGreaterThan(0);
    await again();
    await tester.fault({ kind, ...fault });
    await tester.control('DELETE', 'faults');
    expect(await observe()).toEqual(plain);
    expect(await tester.hits(kind)).toBe(0);
  });

  it('clock_skew: without it, with it, and once it is taken away', async () => {
    const ahead = async (): Promise<number> => {
      const date = Date.parse((await read()).headers.get('date') ?? '');
      return Math.round((date - Date.now()) / 60_000) + 0;
    };
    const seen: [number, boolean][] = [];
    for (const skewMs of [0, 600_000, -600_000, 0]) {
      await again();
      await tester.control('POST', 'clock', { skewMs });
      seen.push([await ahead(), (await tester.hits(CLOCK_SKEW)) > 0]);
    }
    expect(seen).toEqual([
      [0, false],
      [10, true],
      [-10, true],
      [0, false],
    ]);
  });

  async function again(): Promise<void> {
    await tester.control('POST', 'reset', { webhooks: { targets: [{ url: receiver.url }] } });
    receiver.clear();
    await tester.signIn();
  }
});

describe('429, each form', () => {
  /** Of one call, four a minute less a second later, and four more a second after that: how many went through. */
  const pattern = async (): Promise<number[]> => {
    const burst = async (calls: number): Promise<number> => {
      let passed = 0;
      for (let n = 0; n < calls; n += 1) if ((await read()).status === 200) passed += 1;
      return passed;
    };
    const seen = [await burst(1)];
    await tester.control('POST', 'clock', { advanceMs: 3_540_000 });
    seen.push(await burst(5));
    await tester.control('POST', 'clock', { advanceMs: 60_000 });
    return [...seen, await burst(5)];
  };

  it.each([
    ['none', [1, 5, 5]],
    ['fixed', [1, 3, 4]],
    ['sliding', [1, 3, 1]],
    ['bucket', [1, 4, 0]],
  ])('%s', async (algorithm, passed) => {
    const limits = { algorithm, limit: 4, windowMs: 3_600_000 };
    await tester.control('POST', 'reset', { limits, tokens: { clientCredentialsSeconds: 86_400 } });
    await tester.signIn();
    expect(await pattern()).toEqual(passed);
    const { body } = await tester.control('GET', 'counters');
    expect(body['rejected429']).toBe(11 - passed.reduce((a, b) => a + b));
    expect(body['calls']?.['byStatus']?.['429'] ?? 0).toBe(body['rejected429']);
  });
});
