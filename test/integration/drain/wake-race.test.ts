/** Nothing is left in a box, at whatever moment of a drain's end it comes (R28): the periodic look is switched off here. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { createWakes } from '../../../activities/drain/index.ts';
import { drainBoxes } from '../../../activities/drain/drain.ts';
import { echoesOf, processOne } from '../../../activities/outbound/index.ts';
import { startRelay } from '../../../workers/relay/relay.ts';
import { startTestEngine, type TestEngine } from '../../support/engine.ts';
import { eventually } from '../../support/eventually.ts';

let engine: TestEngine;
let businessId: string;
beforeAll(async () => {
  engine = await startTestEngine({ simulator: { visits: 10, clients: 5 } });
  businessId = (await engine.connect())[0]!.businessId;
}, 240_000);
afterAll(() => engine.stop());

it('a drain that leaves while news come loses none of them', { timeout: 240_000 }, async () => {
  const wakes = createWakes();
  let drains = 0;
  let running: Promise<unknown> | null = null;
  let asked = false;
  // What the workflow does: one drain at a time, and one more where a signal came meanwhile.
  const signal = () => {
    asked = true;
    running ??= (async () => {
      while (asked) {
        asked = false;
        drains += 1;
        const run = { businessId, runId: uuidv7(), workflowId: 'test', temporalRunId: 'test' };
        const deps = {
          ...engine.deps,
          wakes,
          launcher: engine.launcher,
          outbound: { processOne, echoesOf },
          startConflicts: () => Promise.resolve(),
          dropCached: () => Promise.resolve(),
          lingerMs: 4,
        };
        await drainBoxes(deps, run, new AbortController().signal, () => undefined);
      }
      running = null;
    })();
    return Promise.resolve();
  };
  const relay = startRelay({
    directUrl: engine.config.database.directUrl,
    wakes,
    signal,
    logger: engine.deps.logger,
    lookEveryMs: 3_600_000,
  });
  try {
    await eventually(() => relay.leads());
    await eventually(() => drains > 0 && running === null);
    for (let n = 0; n < 120; n += 1) {
      await engine.database.pool.query(
        `INSERT INTO webhook_logs (business_id, action, external_id, body_hash) VALUES ($1, 'MODIFIED', $2, $3)`,
        [businessId, String(900_000 + (n % 7)), `hash ${String(n)}`],
      );
      // While it works, while it lingers, while it leaves, right after it has left.
      if (n % 3 !== 0) await eventually(() => running === null, { intervalMs: 1 });
      await new Promise((resolve) => setTimeout(resolve, (n * 7) % 12));
    }
    await eventually(
      async () => (await engine.deps.db.webhookLog.count({ where: { businessId, drainedAt: null } })) === 0,
      { timeoutMs: 15_000, what: 'the box being empty' },
    );
    // It did leave many times, and was woken as often.
    expect(drains).toBeGreaterThan(20);
  } finally {
    await relay.stop();
    await Promise.resolve(running);
  }
});
