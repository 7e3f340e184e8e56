/**
 * A process that asks the API of a salon for times and books them, as many clients would, and takes the time of each answer.
 * Rounds of requests come as a file; each is sent at its rate, or all at once over connections that are open already.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

const env = z
  .object({ SENDER_API: z.string(), SENDER_TOKEN: z.string(), SENDER_FILE: z.string() })
  .parse(process.env);

const rounds = z
  .array(
    z.object({
      /** A second; 0 sends all at once. */
      rate: z.number(),
      requests: z.array(z.object({ method: z.string(), path: z.string(), body: z.string().nullable() })),
    }),
  )
  .parse(JSON.parse(readFileSync(env.SENDER_FILE, 'utf8')));
type Asked = (typeof rounds)[number]['requests'][number];

interface Answered {
  readonly status: number;
  /** From when it was due to when it was answered whole. */
  readonly ms: number;
}

function send(agent: Agent, { method, path, body }: Asked, dueAt: number): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, env.SENDER_API),
      {
        method,
        agent,
        headers: {
          authorization: `Bearer ${env.SENDER_TOKEN}`,
          ...(body === null
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, ms: performance.now() - dueAt });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body ?? undefined);
  });
}

async function run({ rate, requests }: (typeof rounds)[number]): Promise<Answered[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: rate === 0 ? requests.length : 64 });
  try {
    if (rate === 0) {
      const open = { method: 'GET', path: '/healthz', body: null };
      await Promise.all(requests.map(() => send(agent, open, performance.now())));
      const at = performance.now();
      return await Promise.all(requests.map((each) => send(agent, each, at)));
    }
    const begun = performance.now() + 50;
    const sent: Promise<Answered>[] = [];
    for (const [index, each] of requests.entries()) {
      const dueAt = begun + (index * 1000) / rate;
      const early = dueAt - performance.now();
      if (early > 1) await delay(early);
      sent.push(send(agent, each, dueAt));
    }
    return await Promise.all(sent);
  } finally {
    agent.destroy();
  }
}

async function all(): Promise<Answered[][]> {
  const answers: Answered[][] = [];
  for (const round of rounds) answers.push(await run(round));
  return answers;
}

process.on('message', (message: unknown) => {
  if (typeof message !== 'object' || message === null || Reflect.get(message, 'type') !== 'sent') return;
  void all().then((answers) => process.send?.({ type: 'sent', rounds: answers }));
});
process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
process.send?.({ type: 'ready', rounds: rounds.length });
