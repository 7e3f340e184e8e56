import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { createRandom, type Random } from '../../../simulator/random.ts';
import { startRig, type Rig } from '../../bench/support/rig.ts';
import type { LoadContext, Scenario } from '../scenario.ts';
import { postWebhook, tokenFor, untilQuiet, visitsThere } from '../support.ts';

const SIZES = { short: { users: 12, seconds: 6 }, full: { users: 40, seconds: 60 } } as const;
const ADMIN = '/api/admin/booksy';
const READS = [
  `${ADMIN}/sync-status`,
  `${ADMIN}/operations`,
  `${ADMIN}/errors?limit=20`,
  `${ADMIN}/mappings?limit=20`,
  `${ADMIN}/webhooks?limit=20`,
  `${ADMIN}/conflicts?limit=20`,
  `${ADMIN}/health`,
  '/api/openapi.json',
] as const;

interface Tally {
  requests: number;
  failed: number;
  /** Webhooks that were acknowledged, by the news they are. */
  readonly acknowledged: Set<string>;
  /** Answers of writes, by their idempotency key. */
  readonly answers: Map<string, string>;
  readonly slowestMs: { value: number };
}

/** Many users of two tenants read and write at once, and Booksy sends webhooks meanwhile. */
export const users: Scenario = {
  name: 'users',
  about: 'many users read, start, pause, replay; webhooks come in beside them',
  async run(context) {
    const { servers, size, say, expect } = context;
    const { users: count, seconds } = SIZES[size];
    const rig = await startRig(servers, { salons: 2, visits: 200, clients: 40, limit: null });
    try {
      await rig.startWorker();
      await rig.fullSync();
      const api = String((await rig.startApi()).ready['url']);
      const [mine = '', theirs = ''] = rig.businessIds;
      const tally: Tally = {
        requests: 0,
        failed: 0,
        acknowledged: new Set(),
        answers: new Map(),
        slowestMs: { value: 0 },
      };
      const all = await tokenFor(rig, 'all');
      const own = await tokenFor(rig, [mine]);
      say(`users: ${String(count)} for ${String(seconds)} s`);
      const until = performance.now() + seconds * 1000;
      const salons = await Promise.all(
        (await rig.salon.ids()).map(async (id) => ({ id, visits: await visitsThere(rig, id) })),
      );
      await Promise.all(
        Array.from({ length: count }, (_, n) => {
          const random = createRandom(`load/user/${String(n)}`);
          const user = { api, token: n % 2 === 0 ? all : own, random, tally };
          return n % 4 === 3
            ? sendUntil(rig, api, salons, random, tally, until)
            : useUntil(user, { mine, theirs, limited: n % 2 === 1 }, context, until);
        }),
      );
      expect(
        tally.failed === 0,
        `${String(tally.failed)} of ${String(tally.requests)} requests were answered 5xx.`,
      );
      for (const id of rig.businessIds) {
        const resumed = await fetch(`${api}${ADMIN}/businesses/${id}/resume`, {
          method: 'POST',
          headers: { authorization: `Bearer ${all}` },
        });
        expect(resumed.status === 200, `A business cannot be resumed: ${String(resumed.status)}.`);
      }
      const rows = await rig.database.query<{ id: string; hash: string }>(
        `SELECT external_id AS id, body_hash AS hash FROM webhook_logs WHERE verified_by = 'signature'`,
      );
      const stored = new Set(rows.map(({ id, hash }) => `${id} ${hash}`));
      expect(
        tally.acknowledged.size <= stored.size,
        `${String(tally.acknowledged.size)} different webhooks were acknowledged, ${String(stored.size)} are stored.`,
      );
      await untilQuiet(rig, 120_000);
      return {
        users: count,
        requests: tally.requests,
        webhooks: tally.acknowledged.size,
        stored: stored.size,
        slowestMs: tally.slowestMs.value,
      };
    } finally {
      await rig.stop();
    }
  },
};

interface User {
  readonly api: string;
  readonly token: string;
  readonly random: Random;
  readonly tally: Tally;
}

async function ask({ api, token, tally }: User, method: string, path: string, body?: unknown, key?: string) {
  const begun = performance.now();
  const response = await fetch(`${api}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  tally.requests += 1;
  tally.slowestMs.value = Math.max(tally.slowestMs.value, performance.now() - begun);
  if (response.status >= 500) tally.failed += 1;
  return { status: response.status, text };
}

async function useUntil(
  user: User,
  { mine, theirs, limited }: { readonly mine: string; readonly theirs: string; readonly limited: boolean },
  { expect }: LoadContext,
  until: number,
): Promise<void> {
  const { random, tally } = user;
  while (performance.now() < until) {
    const turn = random.below(10);
    if (turn < 7) {
      const { status, text } = await ask(user, 'GET', random.pick(READS));
      expect(status === 200, `A read was answered ${String(status)}: ${text.slice(0, 200)}`);
      if (limited) expect(!text.includes(theirs), 'A token saw a business that is not its own.');
    } else if (turn < 9) {
      // A few keys only: users press twice, and others press the same.
      const key = `load-${user.token.slice(-6)}-${String(random.below(6))}`;
      const { status, text } = await ask(user, 'POST', `${ADMIN}/full-sync`, { businessIds: [mine] }, key);
      expect(
        [200, 202, 409].includes(status),
        `A start was answered ${String(status)}: ${text.slice(0, 200)}`,
      );
      if (status === 409) continue;
      const before = tally.answers.get(key);
      tally.answers.set(key, text);
      expect(before === undefined || before === text, 'One idempotency key was answered in two ways.');
    } else {
      const deed = random.chance(0.5) ? 'pause' : 'resume';
      const { status } = await ask(user, 'POST', `${ADMIN}/businesses/${mine}/${deed}`);
      expect(status === 200, `A ${deed} was answered ${String(status)}.`);
    }
  }
}

const digestible = z.object({ id: z.number() });

async function sendUntil(
  rig: Rig,
  api: string,
  salons: readonly { readonly id: number; readonly visits: readonly unknown[] }[],
  random: Random,
  tally: Tally,
  until: number,
): Promise<void> {
  const secret = rig.env['BOOKSY_WEBHOOK_SECRET'] ?? '';
  while (performance.now() < until) {
    const salon = random.pick(salons);
    const visit = digestible.safeParse(random.pick(salon.visits));
    if (!visit.success) continue;
    const note = randomUUID();
    const response = await postWebhook(api, secret, { salon: salon.id, appointment: visit.data.id, note });
    await response.text();
    tally.requests += 1;
    if (response.status >= 500) tally.failed += 1;
    if (response.status === 200) tally.acknowledged.add(note);
  }
}
