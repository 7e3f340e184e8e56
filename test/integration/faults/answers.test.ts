import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callsOf, CLIENTS, factsOf, RESOURCES, startSalons, underFaults, VISITS } from './support/salons.ts';
import type { Salon, Salons } from './support/salons.ts';
import { cardsHere, visitsHere } from './support/here.ts';
import type { TestFault } from '../../support/simulator.ts';

/** Answers that are none: what passes is waited out, what does not ends the run with a reason and a next step. */

/** Attempts that an answer nobody understands gets (workers/failures.ts). */
const UNCLEAR_ANSWERS_TAKEN = 4;

let salons: Salons;

beforeAll(async () => {
  salons = await startSalons({
    simulator: { salons: 8, visits: 40, clients: 20, staff: 2 },
    // A 429 without Retry-After keeps everybody away for at most a window.
    env: { BOOKSY_TIMEOUT_MS: '4000', BOOKSY_RATE_WINDOW_MS: '3000' },
  });
});

afterAll(() => salons.engine.stop());

async function runUnder(salon: Salon, ...faults: TestFault[]) {
  const aimed = faults.map((fault) => ({ salon: salon.id, ...fault }));
  return underFaults(salons.simulator, aimed, () => salons.engine.fullSync(salon.businessId));
}

async function expectWhole(salon: Salon): Promise<void> {
  const facts = await factsOf(salons.simulator, salon);
  const { db } = salons.engine.deps;
  expect((await visitsHere(db, salon)).size).toBe(facts.visits);
  expect((await cardsHere(db, salon)).size).toBe(facts.clients);
}

// Side by side: each has its own salon, and most of the time is spent waiting for the next attempt.
describe.concurrent('what passes', { timeout: 240_000 }, () => {
  const heals: readonly (readonly [string, readonly TestFault[]])[] = [
    [
      'an envelope of another shape, an error under a good status, a web page instead of data',
      [
        { kind: 'error_200', route: VISITS, body: { count: 'many', results: {} }, count: 2 },
        { kind: 'error_200', route: CLIENTS, count: 2 },
        { kind: 'content_type', route: RESOURCES, count: 1 },
      ],
    ],
    [
      'an answer that breaks off, is empty, never comes, comes too late, or is a 5xx',
      [
        { kind: 'truncate_body', route: VISITS, count: 1 },
        { kind: 'status', route: VISITS, status: 500, skip: 1, count: 1 },
        { kind: 'empty_body', route: CLIENTS, count: 1 },
        { kind: 'status', route: CLIENTS, status: 503, skip: 1, count: 1 },
        { kind: 'lose_answer', route: RESOURCES, count: 1 },
        { kind: 'slow', route: RESOURCES, ms: 6000, skip: 1, count: 1 },
      ],
    ],
    [
      'a storm of 429',
      [
        { kind: 'status', route: VISITS, status: 429, count: 3 },
        { kind: 'status', route: CLIENTS, status: 429, retryAfterSeconds: 1, count: 1 },
      ],
    ],
  ];

  it.for(heals)('%s is waited out', async ([, faults]) => {
    const salon = salons.fresh();
    const run = await runUnder(salon, ...faults);
    expect(run).toMatchObject({ status: 'completed', errorCode: null });
    await expectWhole(salon);
  });
});

describe.concurrent('what does not pass', { timeout: 240_000 }, () => {
  const ends: readonly {
    readonly what: string;
    readonly fault: TestFault;
    readonly code: string;
    readonly says: RegExp;
    readonly calls: number;
  }[] = [
    {
      what: 'an envelope of another shape',
      fault: { kind: 'error_200', body: { total: 3, items: [] } },
      code: 'schema_drift',
      says: /field "count".*compare the named field with booksy\/openapi\.yaml/,
      calls: UNCLEAR_ANSWERS_TAKEN,
    },
    {
      what: 'an error under a good status, again and again',
      fault: { kind: 'error_200' },
      code: 'unexpected_answer',
      says: /compare the call with booksy\/openapi\.yaml/,
      calls: UNCLEAR_ANSWERS_TAKEN,
    },
    {
      what: 'a 403',
      fault: { kind: 'status', status: 403 },
      code: 'forbidden',
      says: /Ask Booksy to open this call/,
      calls: 1,
    },
    {
      what: 'a 406',
      fault: { kind: 'status', status: 406 },
      code: 'not_acceptable',
      says: /version of the API.*an update is needed/,
      calls: 1,
    },
  ];

  it.for(ends)('$what ends the run, and what was imported stays', async ({ fault, code, says, calls }) => {
    const salon = salons.fresh();
    const run = await runUnder(salon, { ...fault, route: VISITS, count: null });
    expect(run).toMatchObject({ status: 'failed', errorCode: code, finishedAt: expect.any(Date) as Date });
    expect(run.errorDetail).toMatch(says);
    expect(await callsOf(salons.simulator, salon, VISITS)).toBe(calls);
    const facts = await factsOf(salons.simulator, salon);
    expect((await cardsHere(salons.engine.deps.db, salon)).size).toBe(facts.clients);
  });
});

describe('a run after one that failed', () => {
  it('brings what the first could not', async () => {
    const salon = salons.fresh();
    const failed = await runUnder(salon, { kind: 'status', status: 403, route: VISITS, count: null });
    expect(failed.status).toBe('failed');
    expect((await visitsHere(salons.engine.deps.db, salon)).size).toBe(0);
    const again = await salons.engine.fullSync(salon.businessId);
    expect(again.status).toBe('completed');
    await expectWhole(salon);
  });
});
