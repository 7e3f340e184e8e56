/**
 * A process that sends webhooks as Booksy would and takes the time of each answer. Each is about a visit that has really changed
 * there, so that the engine behind the API has work of its own for every one.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

const env = z
  .object({
    SENDER_API: z.string(),
    SENDER_SIMULATOR: z.string(),
    SENDER_SALONS: z.string().transform((text) => text.split(',').map(Number)),
    SENDER_SECRET: z.string(),
    /** Webhooks in all. */
    SENDER_COUNT: z.coerce.number(),
    /** A second; 0 sends them as fast as they are answered. */
    SENDER_RATE: z.coerce.number(),
  })
  .parse(process.env);

/** Connections at once: what a sender of this size would hold open. */
const CONNECTIONS = 32;
const AT_ONCE = 64;
const url = new URL('/api/webhooks/booksy', env.SENDER_API);
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const key = Buffer.from(env.SENDER_SECRET.slice('whsec_'.length), 'base64');

interface Answered {
  readonly status: number;
  /** From when it was due to when it was answered, and from when it was really sent. */
  readonly dueMs: number;
  readonly sentMs: number;
}

const visits = z.object({
  results: z.array(z.looseObject({ id: z.number(), customer_note: z.string().nullish() })),
});

/** Bodies, salon by salon in turn, of visits whose note the benchmark has changed. */
async function readBodies(): Promise<string[]> {
  const each = Math.ceil(env.SENDER_COUNT / env.SENDER_SALONS.length);
  const bySalon: string[][] = [];
  for (const salon of env.SENDER_SALONS) {
    const bodies: string[] = [];
    for (let offset = 0; bodies.length < each; offset += 1000) {
      const answer = await fetch(
        `${env.SENDER_SIMULATOR}/_control/visits?salon=${String(salon)}&limit=1000&offset=${String(offset)}`,
      );
      const { results } = visits.parse(await answer.json());
      if (results.length === 0) break;
      for (const appointment of results)
        if (appointment.customer_note?.startsWith('Zmiana') === true && bodies.length < each)
          bodies.push(JSON.stringify({ action: 'MODIFIED', appointment }));
    }
    bySalon.push(bodies);
  }
  const found = bySalon.flatMap((bodies, salon) =>
    bodies.map((body, at) => ({ body, order: at * bySalon.length + salon })),
  );
  return found
    .sort((a, b) => a.order - b.order)
    .map(({ body }) => body)
    .slice(0, env.SENDER_COUNT);
}

function send(body: string, dueAt: number): Promise<Answered> {
  const id = `msg_${randomUUID()}`;
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  const sentAt = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': `v1,${signature}`,
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => {
          const now = performance.now();
          resolve({ status: response.statusCode ?? 0, dueMs: now - dueAt, sentMs: now - sentAt });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Each at its own time, whether the ones before it were answered or not. */
async function atRate(bodies: readonly string[], perSecond: number): Promise<Answered[]> {
  const begun = performance.now() + 50;
  const sent: Promise<Answered>[] = [];
  for (const [at, body] of bodies.entries()) {
    const dueAt = begun + (at * 1000) / perSecond;
    const early = dueAt - performance.now();
    if (early > 1) await delay(early);
    sent.push(send(body, dueAt));
  }
  return Promise.all(sent);
}

/** As fast as they are answered. */
async function atOnce(bodies: readonly string[]): Promise<Answered[]> {
  const waiting = [...bodies.entries()];
  const answers: Answered[] = [];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        answers.push(await send(next[1], performance.now()));
    }),
  );
  return answers;
}

const bodies = await readBodies();
process.on('message', (message: unknown) => {
  if (typeof message !== 'object' || message === null || Reflect.get(message, 'type') !== 'sent') return;
  const work = env.SENDER_RATE === 0 ? atOnce(bodies) : atRate(bodies, env.SENDER_RATE);
  void work.then((answers) => process.send?.({ type: 'sent', answers }));
});
process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
process.send?.({ type: 'ready', bodies: bodies.length });
