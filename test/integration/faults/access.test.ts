import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cardsHere, visitsHere } from './support/here.ts';
import { callsOf, factsOf, startSalons, underFaults, VISITS, type Salons } from './support/salons.ts';

/** Tokens and pace: shared by everybody, so each test has an engine of its own. */

let salons: Salons;

afterEach(() => salons.engine.stop());

async function tokenCalls(): Promise<number> {
  return (await salons.simulator.counters()).calls.token;
}

describe('access that is refused', () => {
  beforeEach(async () => {
    salons = await startSalons({ simulator: { visits: 40, clients: 20, staff: 2 } });
  });

  it('a 401 on every try ends the run after few calls, and says what to check', async () => {
    const salon = salons.fresh();
    const tokens = await tokenCalls();
    const run = await underFaults(
      salons.simulator,
      [{ kind: 'status', route: VISITS, status: 401, count: null }],
      () => salons.engine.fullSync(salon.businessId),
    );
    expect(run).toMatchObject({ status: 'failed', errorCode: 'auth_revoked' });
    expect(run.errorDetail).toMatch(/Check the Booksy credentials/);
    expect(run.errorDetail).not.toContain('test-secret');
    expect(await callsOf(salons.simulator, salon, VISITS)).toBe(2);
    expect((await tokenCalls()) - tokens).toBe(1);
    const facts = await factsOf(salons.simulator, salon);
    expect((await cardsHere(salons.engine.deps.db, salon)).size).toBe(facts.clients);
  });

  it('credentials that are taken away end the run; nobody hammers the token endpoint', async () => {
    const salon = salons.fresh();
    const { simulator, engine } = salons;
    const tokens = await tokenCalls();
    await simulator.credentials({ refused: true, revokeTokens: true });
    const first = await engine.fullSync(salon.businessId);
    const second = await engine.fullSync(salon.businessId);
    for (const run of [first, second]) {
      expect(run).toMatchObject({ status: 'failed', errorCode: 'auth_revoked' });
    }
    expect((await tokenCalls()) - tokens).toBeLessThanOrEqual(2);
  });
});

describe('a token that ends while many are at work', () => {
  it('is fetched anew once for all', async () => {
    salons = await startSalons({ simulator: { salons: 3, visits: 40, clients: 20, staff: 2 } });
    const { simulator, engine } = salons;
    const three = [salons.fresh(), salons.fresh(), salons.fresh()];
    const tokens = await tokenCalls();
    const runs = await underFaults(
      simulator,
      [{ kind: 'revoke_tokens', route: '*', skip: 60, count: 1 }],
      () => Promise.all(three.map((salon) => engine.fullSync(salon.businessId))),
    );
    expect(runs.map((run) => run.status)).toEqual(['completed', 'completed', 'completed']);
    expect((await tokenCalls()) - tokens).toBe(1);
    for (const salon of three) {
      const facts = await factsOf(simulator, salon);
      expect((await visitsHere(engine.deps.db, salon)).size).toBe(facts.visits);
    }
  });
});

describe('an allowance that is smaller than we were told', () => {
  it('slows the run down, and few calls are rejected', async () => {
    const limits = { algorithm: 'sliding', limit: 30, windowMs: 4000, tokenLimit: 100 } as const;
    salons = await startSalons({
      simulator: { visits: 40, clients: 20, staff: 2, limits },
      env: { BOOKSY_RATE_WINDOW_MS: '4000' },
    });
    const salon = salons.fresh();
    const run = await salons.engine.fullSync(salon.businessId);
    expect(run).toMatchObject({ status: 'completed', errorCode: null });
    const { rejected429, calls, leastCalls } = await salons.simulator.counters();
    expect(rejected429).toBeGreaterThan(0);
    expect(rejected429 / calls.total).toBeLessThan(0.1);
    // Every call that was rejected was made again, and no other.
    expect(calls.total - rejected429).toBeLessThanOrEqual(leastCalls.total + 4);
  });
});
