import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { measureWorkflows } from '../../../infra/local/measure.ts';
import { businessSyncId } from '../../../infra/temporal/launch.ts';
import { atMost, type Bench, type RowSpec } from '../row.ts';
import { startPart } from '../support/part.ts';
import { percentile, spread } from '../support/percentile.ts';
import { startRig, type Rig } from '../support/rig.ts';

/** How soon a webhook is answered while the engine drains on the same machine, and what a burst of them costs (SPEC 14). */

const RATE = 100;
const SECONDS = 20;
const SALONS = { salons: 10, visits: 400, clients: 60, limit: null };
const BURST = 1_000;
const BURST_SALON = { visits: 1_600, clients: 240, limit: null };

export function webhookRows(): readonly RowSpec[] {
  return [
    {
      name: 'webhook.answer_p99_ms',
      unit: 'ms',
      goal: atMost(50),
      async measure(bench) {
        const { answers, drainMs, applied } = await bench.shared('webhook answers', () =>
          answerAtRate(bench),
        );
        const due = answers.map(({ dueMs }) => dueMs);
        return {
          value: percentile(due, 0.99),
          detail:
            `${RATE}/s for ${SECONDS} s over ${SALONS.salons} businesses, each of a visit that changed; stored before the answer; ` +
            `from when it was due ${spread(due)}, from when it left the sender ${spread(answers.map(({ sentMs }) => sentMs))}; ` +
            `${applied} changes visible ${(drainMs / 1000).toFixed(1)} s after the last answer`,
        };
      },
    },
    {
      name: 'webhook.burst_actions_per_1000',
      unit: 'actions',
      goal: atMost(20),
      async measure(bench) {
        const { actions, calls, drainMs, answers, applied } = await bench.shared('webhook burst', () =>
          burst(bench),
        );
        return {
          value: (actions / BURST) * 1000,
          detail:
            `${BURST} webhooks of ${BURST} visits of one business as fast as they are answered; ${calls} calls at Booksy; ` +
            `${applied} changes visible ${(drainMs / 1000).toFixed(1)} s after the first was sent; answers ${spread(answers.map(({ sentMs }) => sentMs))}`,
        };
      },
    },
  ];
}

const sentShape = z.object({
  answers: z.array(z.object({ status: z.number(), dueMs: z.number(), sentMs: z.number() })),
});
type Answers = z.output<typeof sentShape>['answers'];

interface Measurement {
  readonly answers: Answers;
  readonly drainMs: number;
  readonly applied: number;
}

async function answerAtRate(bench: Bench): Promise<Measurement> {
  const servers = await bench.servers();
  const rig = await startRig(servers, SALONS);
  try {
    await rig.startWorker();
    await rig.fullSync();
    const warm = RATE * 3;
    await changeVisits(rig, RATE * SECONDS + warm);
    const api = await rig.startApi();
    // The first seconds are those of a process that just began: sent, and not counted.
    const sender = await startSender(bench, rig, api.ready, { count: RATE * SECONDS + warm, rate: RATE });
    bench.say(`webhooks: ${RATE}/s for ${SECONDS + 3} s`);
    const { answers } = sentShape.parse(await sender.ask('sent', { withinMs: 120_000 }));
    const ended = performance.now();
    await drained(rig);
    const drainMs = performance.now() - ended;
    await sender.stop();
    checkAnswers(answers);
    return { answers: answers.slice(warm), drainMs, applied: await countApplied(rig, answers.length) };
  } finally {
    await rig.stop();
  }
}

async function burst(
  bench: Bench,
): Promise<Measurement & { readonly actions: number; readonly calls: number }> {
  const servers = await bench.servers();
  const rig = await startRig(servers, BURST_SALON);
  try {
    await rig.startWorker();
    await rig.fullSync();
    await changeVisits(rig, BURST);
    const api = await rig.startApi();
    const sender = await startSender(bench, rig, api.ready, { count: BURST, rate: 0 });
    await rig.salon.clearCounters();
    const since = new Date();
    const begun = performance.now();
    bench.say(`webhooks: a burst of ${BURST}`);
    const { answers } = sentShape.parse(await sender.ask('sent', { withinMs: 120_000 }));
    await drained(rig);
    const drainMs = performance.now() - begun;
    await sender.stop();
    checkAnswers(answers);
    const { calls } = await rig.salon.counters();
    const ids = rig.businessIds.map(businessSyncId);
    // What lingers ends by itself; until then its history is not whole.
    await delay(4_000);
    const cost = await measureWorkflows(rig.temporal, ids, since);
    const applied = await countApplied(rig, BURST);
    return { answers, drainMs, applied, actions: cost.actions, calls: calls.total };
  } finally {
    await rig.stop();
  }
}

async function startSender(
  bench: Bench,
  rig: Rig,
  api: Readonly<Record<string, unknown>>,
  { count, rate }: { readonly count: number; readonly rate: number },
) {
  const sender = await startPart(await bench.servers(), {
    entry: 'test/bench/support/webhook-sender.ts',
    env: {
      SENDER_API: String(api['url']),
      SENDER_SIMULATOR: rig.salon.url,
      SENDER_SALONS: (await rig.salon.ids()).join(','),
      SENDER_SECRET: rig.env['BOOKSY_WEBHOOK_SECRET'] ?? '',
      SENDER_COUNT: String(count),
      SENDER_RATE: String(rate),
    },
  });
  if (sender.ready['bodies'] !== count)
    throw new Error(`The sender has ${String(sender.ready['bodies'])} bodies instead of ${count}.`);
  return sender;
}

const page = z.object({ results: z.array(z.object({ id: z.number() })) });

/** Changes so many visits at Booksy, salon by salon in turn; nobody is told yet. */
async function changeVisits(rig: Rig, count: number): Promise<void> {
  const salons = await rig.salon.ids();
  const each = Math.ceil(count / salons.length);
  for (const salon of salons) {
    const { results } = page.parse(
      await rig.salon.control('GET', `/visits?salon=${salon}&limit=1000&offset=0`),
    );
    const more =
      results.length < 1000
        ? []
        : page.parse(await rig.salon.control('GET', `/visits?salon=${salon}&limit=1000&offset=1000`)).results;
    // The newest first: they are the ones that salons change.
    for (const { id } of [...results, ...more].slice(-each))
      await rig.salon.control('PATCH', `/visits/${id}`, { customer_note: `Zmiana ${id}`, silent: true });
  }
}

async function drained(rig: Rig): Promise<void> {
  const deadline = performance.now() + 120_000;
  for (;;) {
    const [row] = await rig.database.query<{ left: number }>(
      'SELECT count(*)::int AS left FROM webhook_logs WHERE drained_at IS NULL',
    );
    if (row?.left === 0) return;
    if (performance.now() > deadline) throw new Error(`${row?.left} webhooks still wait after two minutes.`);
    await delay(100);
  }
}

/** A number that is fast because nothing happened is none. */
async function countApplied(rig: Rig, expected: number): Promise<number> {
  const [row] = await rig.database.query<{ applied: number }>(
    `SELECT count(*)::int AS applied FROM bookings b
      WHERE EXISTS (SELECT 1 FROM external_bookings m WHERE m.booking_id = b.id AND b.client_note = 'Zmiana ' || m.external_id)`,
  );
  const applied = row?.applied ?? 0;
  if (applied < expected * 0.9) throw new Error(`Only ${applied} of ${expected} changes were applied.`);
  return applied;
}

function checkAnswers(answers: Answers): void {
  const bad = answers.filter(({ status }) => status !== 200);
  if (bad.length > 0) throw new Error(`${bad.length} webhooks were answered ${bad[0]?.status}.`);
}
