import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { walkClients } from '../../../activities/inbound/walks.ts';
import { beginRun } from '../../../activities/inbound/ledger.ts';
import { eventually } from '../../support/eventually.ts';
import {
  callsOf,
  CLIENTS,
  factsOf,
  startSalons,
  underFaults,
  VISITS,
  type Salons,
} from './support/salons.ts';
import { cardsHere, countsOf, visitsHere } from './support/here.ts';

/** Runs that people stop, and steps that two workers think are theirs. */

let salons: Salons;

beforeAll(async () => {
  salons = await startSalons({ simulator: { salons: 2, visits: 60, clients: 230, staff: 2 } });
});

afterAll(() => salons.engine.stop());

describe('a run that is cancelled', { timeout: 240_000 }, () => {
  it('says so, keeps what was imported, does nothing more, and a new run completes', async () => {
    const salon = salons.fresh();
    const { engine, simulator } = salons;
    const { db } = engine.deps;
    const runId = uuidv7();
    await underFaults(
      simulator,
      [{ kind: 'slow', route: VISITS, salon: salon.id, ms: 8_000, count: 1 }],
      async () => {
        await engine.launcher.startFullSync({ businessId: salon.businessId, runId, actor: 'test' });
        await eventually(async () => (await callsOf(simulator, salon, VISITS)) > 0, {
          timeoutMs: 60_000,
          what: 'the run in the middle of the visits',
        });
        await engine.launcher.cancelFullSync(salon.businessId);
        await expect(engine.launcher.fullSyncResult(salon.businessId)).rejects.toThrow();
      },
    );
    const cancelled = await db.syncRun.findUniqueOrThrow({ where: { id: runId } });
    expect(cancelled).toMatchObject({
      status: 'cancelled',
      errorCode: 'cancelled',
      finishedAt: expect.any(Date) as Date,
    });
    const facts = await factsOf(simulator, salon);
    expect((await cardsHere(db, salon)).size).toBe(facts.clients);
    expect((await visitsHere(db, salon)).size).toBe(0);
    expect(await callsOf(simulator, salon, VISITS)).toBe(1);

    const again = await engine.fullSync(salon.businessId);
    expect(again).toMatchObject({ status: 'completed', errorCode: null });
    expect(countsOf(again)).toMatchObject({
      clients: { created: 0, unchanged: facts.clients },
      visits: { created: facts.visits },
    });
    // The row of the run that was cancelled stays as it was closed.
    expect(await db.syncRun.findUniqueOrThrow({ where: { id: runId } })).toEqual(cancelled);
  });
});

describe('a worker that was thought dead and comes back', { timeout: 240_000 }, () => {
  it('cannot apply or count again what another has done in its place', async () => {
    const salon = salons.fresh();
    const { engine, simulator } = salons;
    const { deps } = engine;
    const run = { businessId: salon.businessId, runId: uuidv7() };
    await beginRun(deps, {
      ...run,
      actor: 'test',
      workflowId: `test/${run.runId}`,
      temporalRunId: run.runId,
    });
    const beat = () => undefined;
    // The answer to the first attempt is kept back until the second one, from the same place, is done.
    let letGo: () => void = () => undefined;
    const kept = new Promise<void>((resolve) => (letGo = resolve));
    const slow = {
      ...deps,
      booksy: {
        ...deps.booksy,
        listClients: async (...asked: Parameters<typeof deps.booksy.listClients>) => {
          const page = await deps.booksy.listClients(...asked);
          await kept;
          return page;
        },
      },
    };
    const first = Promise.allSettled([walkClients(slow, run, beat)]);
    await eventually(async () => (await callsOf(simulator, salon, CLIENTS)) === 1);
    expect(await walkClients(deps, run, beat)).toMatchObject({ done: true, complete: true });
    letGo();
    const [late] = await first;
    expect(late).toMatchObject({ status: 'rejected', reason: { code: 'step_superseded' } });
    const facts = await factsOf(simulator, salon);
    const row = await deps.db.syncRun.findUniqueOrThrow({ where: { id: run.runId } });
    expect(countsOf(row)).toMatchObject({ clients: { created: facts.clients, updated: 0, unchanged: 0 } });
    expect(await walkClients(deps, run, beat)).toMatchObject({ done: true, rowsDone: facts.clients });
  });
});
