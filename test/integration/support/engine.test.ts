import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine } from '../../support/engine.ts';

describe('the engine of a test', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
  });
  afterAll(() => engine.stop());

  it('brings the salon of the simulator over', async () => {
    const [business] = await engine.connect();
    const run = await engine.fullSync(business!.businessId);
    expect(run).toMatchObject({ status: 'completed', errorCode: null });
    const visits = await engine.deps.db.booking.count();
    expect(visits).toBeGreaterThan(100);
    const { calls, leastCalls } = await engine.simulator.counters();
    expect(calls.total).toBeGreaterThanOrEqual(leastCalls.total);
  });

  it('passes faults on to the simulator', async () => {
    const [business] = await engine.connect();
    await engine.simulator.credentials({ refused: true, revokeTokens: true });
    const run = await engine.fullSync(business!.businessId);
    expect(run.status).toBe('failed');
    await engine.simulator.credentials({ refused: false });
  });
});
