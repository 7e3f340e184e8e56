import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMissingConflicts } from '../../../infra/temporal/launch-conflicts.ts';
import { eventually } from '../../support/eventually.ts';
import { tupleChanges } from '../../support/tuples.ts';
import { addVisit, callsOf, dayFromToday, ONE_VISIT, VISITS, type Salon } from '../faults/support/salons.ts';
import { passWasComplete, visitsHere } from '../faults/support/here.ts';
import { startSweeping, type Sweeping } from './support/sweeping.ts';

/** Sweeps (SPEC 3.5, R36) by the real workflow, over HTTP: what no webhook told is found, and what is in step costs its pages. */

let sweeping: Sweeping;
let salon: Salon;

beforeAll(async () => {
  sweeping = await startSweeping({ simulator: { salons: 3, visits: 400, clients: 60 } });
  salon = await sweeping.imported();
  await conflictsLookedAt();
});

afterAll(() => sweeping.engine.stop());

/** What the import found gets its workflows, as the reconciler sees to, and each notes at its first look what its rule wishes. */
async function conflictsLookedAt(): Promise<void> {
  const { deps, worker } = sweeping.engine;
  await startMissingConflicts({ db: deps.db, client: worker.client, taskQueue: worker.taskQueue });
  await eventually(
    async () => {
      const open = await deps.db.booksySyncConflict.findMany({
        where: { status: 'open' },
        select: { notifyAdmin: true },
      });
      return open.every(({ notifyAdmin }) => notifyAdmin !== null);
    },
    { timeoutMs: 30_000, what: 'the first look at each conflict' },
  );
}

const ledgerOf = (of: Salon, phase: string) =>
  sweeping.engine.deps.db.syncRun.findMany({
    where: { businessId: of.businessId, kind: 'sweep', phase },
    orderBy: { startedAt: 'asc' },
  });

describe('a sweep of a salon in step', { timeout: 240_000 }, () => {
  it('R36 writes no tuple and calls Booksy once for each page', async () => {
    const { db } = sweeping.engine.deps;
    const { simulator } = sweeping;
    await sweeping.sweep();
    await sweeping.nothingElseDue();
    await simulator.clearCounters();
    const { inEntities } = await tupleChanges(db, () => sweeping.sweepOf(salon, 'near'));
    expect(inEntities).toEqual({});
    const { calls } = await simulator.counters();
    const rows = await db.integrationSyncStatus.findFirstOrThrow({
      where: { businessId: salon.businessId, windowKey: 'visits:near' },
    });
    expect(rows.remoteCount).toBeGreaterThan(0);
    expect(calls.total - calls.discovery).toBe(Math.max(1, Math.ceil(((rows.remoteCount ?? 0) - 1) / 99)));
    expect(await callsOf(simulator, salon, VISITS)).toBe(calls.total - calls.discovery);
  });

  it('R36 the nightly sweep of everything writes no tuple either', async () => {
    const { db } = sweeping.engine.deps;
    const { inEntities } = await tupleChanges(db, () => sweeping.sweep('nightly'));
    expect(inEntities).toEqual({});
    for (const key of ['visits:near', 'visits:ahead', 'visits:recent', 'visits:past', 'clients']) {
      expect(await passWasComplete(db, salon, key), key).toBe(true);
    }
  });

  it('R31 each pass has its row in the ledger', async () => {
    const [first] = await ledgerOf(salon, 'near');
    expect(first).toMatchObject({ status: 'completed', errorCode: null, actor: 'schedule' });
    expect(first?.workflowId).toBeTruthy();
  });

  it('R36 notes when each window is due again', async () => {
    const rows = await sweeping.engine.deps.db.integrationSyncStatus.findMany({
      where: { businessId: salon.businessId },
    });
    const interval = (key: string) => rows.find(({ windowKey }) => windowKey === key)?.intervalSeconds;
    expect(interval('visits:near')).toBe(300);
    expect(interval('visits:ahead')).toBe(3600);
    expect(interval('clients')).toBe(3600);
    expect(interval('visits:past')).toBe(86_400);
    expect(interval('soon')).toBe(900);
  });
});

describe('what no webhook told', { timeout: 240_000 }, () => {
  it('R4 a new visit, a moved one and a cancelled one arrive by the near sweep', async () => {
    const { simulator, engine } = sweeping;
    const { db } = engine.deps;
    const from = `${dayFromToday(3)}T20:00`;
    const moved = await addVisit(simulator, salon, from, `${dayFromToday(3)}T20:30`);
    const ended = await addVisit(simulator, salon, `${dayFromToday(4)}T20:00`, `${dayFromToday(4)}T20:30`);
    await sweeping.sweepOf(salon, 'near');
    expect((await visitsHere(db, salon)).get(String(moved.id))).toMatchObject({ startsLocal: from });
    await simulator.control('PATCH', `/visits/${String(moved.id)}`, {
      moveMinutes: 24 * 60,
      allowOverlap: true,
      silent: true,
    });
    await simulator.control('PATCH', `/visits/${String(ended.id)}`, { status: 'C', silent: true });
    await sweeping.sweepOf(salon, 'near');
    const here = await visitsHere(db, salon);
    expect(here.get(String(moved.id))).toMatchObject({
      startsLocal: `${dayFromToday(4)}T20:00`,
      status: 'confirmed',
    });
    expect(here.get(String(ended.id))).toMatchObject({ status: 'cancelled' });
    // R3: the cancel waited for the end of the pass and was read by id.
    expect(await callsOf(simulator, salon, ONE_VISIT)).toBeGreaterThanOrEqual(1);
  });

  it('R18 a business that was never imported is left alone', async () => {
    const untouched = sweeping.fresh();
    await sweeping.sweep('nightly');
    expect(await callsOf(sweeping.simulator, untouched, VISITS)).toBe(0);
    expect(await ledgerOf(untouched, 'near')).toEqual([]);
  });

  it('R30 a paused business is not swept', async () => {
    const { db } = sweeping.engine.deps;
    const before = await ledgerOf(salon, 'near');
    await db.business.update({ where: { id: salon.businessId }, data: { pausedAt: new Date() } });
    await sweeping.sweepOf(salon, 'near');
    expect(await ledgerOf(salon, 'near')).toHaveLength(before.length);
    await db.business.update({ where: { id: salon.businessId }, data: { pausedAt: null } });
    await sweeping.sweep();
    expect(await ledgerOf(salon, 'near')).toHaveLength(before.length + 1);
  });
});
