import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sweepDue } from '../../../activities/sweep/sweep-due.ts';
import { askFor } from '../../../infra/sweep/ask.ts';
import { eventually } from '../../support/eventually.ts';
import { addVisit, dayFromToday, visitsThere, type Salon } from '../faults/support/salons.ts';
import { visitsHere } from '../faults/support/here.ts';
import { startSweeping, type Sweeping } from './support/sweeping.ts';

/**
 * BOOKSY.md 18: an outage of 80 minutes. Booksy tries each webhook again after 5, 10, 20 and 40 minutes and then never:
 * what it gave up is found by sweeps, in the order of R37.
 */

let sweeping: Sweeping;
let salons: readonly Salon[];

beforeAll(async () => {
  sweeping = await startSweeping({
    api: true,
    relay: true,
    simulator: { salons: 2, visits: 200, clients: 40 },
  });
  salons = [await sweeping.imported(), await sweeping.imported()];
  for (const salon of salons) await prepare(salon);
});

afterAll(() => sweeping.engine.stop());

const db = () => sweeping.engine.deps.db;

const webhooks = z.object({ webhooks: z.record(z.string(), z.number()) });
const toldThere = async () => webhooks.parse(await sweeping.simulator.control('GET', '/counters')).webhooks;

const status = z.object({
  body: z.object({ businesses: z.array(z.object({ businessId: z.string(), stale: z.boolean() })) }),
});
async function staleBusinesses(): Promise<readonly string[]> {
  const { body } = status.parse(await sweeping.engine.api.send('GET', '/api/admin/booksy/sync-status'));
  return body.businesses.filter(({ stale }) => stale).map(({ businessId }) => businessId);
}

/** As after so much time without a sweep. */
async function minutesPass(minutes: number): Promise<void> {
  await db().$executeRaw`
    UPDATE integration_sync_status
       SET proven_sent_at = proven_sent_at - make_interval(mins => ${minutes}::int),
           due_at = due_at - make_interval(mins => ${minutes}::int)`;
  await sweeping.simulator.control('POST', '/clock', { advanceMs: minutes * 60_000 });
}

/** What a salon will change, made before: how many visits the generated one has in a week depends on the day. */
async function prepare(salon: Salon): Promise<void> {
  const { simulator } = sweeping;
  const add = async (days: number, status: 'A' | 'F') => {
    const body = {
      salon: salon.id,
      status,
      customer_name: 'Halina Zmyślona',
      subbookings: [
        { booked_from: `${dayFromToday(days)}T21:00`, booked_till: `${dayFromToday(days)}T21:30` },
      ],
      allowOverlap: true,
      silent: true,
    };
    return z.looseObject({ id: z.number() }).parse(await simulator.control('POST', '/visits', body)).id;
  };
  prepared.set(salon.id, { moved: await add(20, 'A'), ended: await add(-10, 'F') });
  await sweeping.sweepOf(salon, 'near', 'ahead', 'recent');
}
const prepared = new Map<number, { readonly moved: number; readonly ended: number }>();

interface Changed {
  readonly salon: Salon;
  readonly tomorrow: number;
  readonly moved: number;
  readonly horizon: number;
  readonly ended: number;
}

/** What a salon does while nobody hears it. */
async function workOf(salon: Salon): Promise<Changed> {
  const { simulator } = sweeping;
  const [soon, far] = [1, 40].map((days) => dayFromToday(days));
  const loud = { silent: false };
  const tomorrow = await addVisit(simulator, salon, `${soon!}T21:00`, `${soon!}T21:30`);
  const horizon = await addVisit(simulator, salon, `${far!}T21:00`, `${far!}T21:30`);
  const { moved, ended } = prepared.get(salon.id)!;
  await simulator.control('PATCH', `/visits/${String(moved)}`, {
    moveMinutes: 24 * 60,
    allowOverlap: true,
    ...loud,
  });
  await simulator.control('PATCH', `/visits/${String(ended)}`, { status: 'N', ...loud });
  return { salon, tomorrow: tomorrow.id, moved, horizon: horizon.id, ended };
}

async function expectFound({ salon, tomorrow, moved, horizon, ended }: Changed): Promise<void> {
  const there = new Map((await visitsThere(sweeping.simulator, salon)).map((visit) => [visit.id, visit]));
  const here = await visitsHere(db(), salon);
  for (const id of [tomorrow, moved, horizon]) {
    expect(here.get(String(id)), `visit ${String(id)}`).toMatchObject({
      startsLocal: there.get(id)!.booked_from.slice(0, 16),
    });
  }
  expect(here.get(String(ended))).toMatchObject({ status: 'no_show' });
}

describe('an outage of 80 minutes', { timeout: 300_000 }, () => {
  it('B18 loses nothing, though Booksy gave its webhooks up', async () => {
    const { simulator, engine } = sweeping;
    // In step, and told at once: this is how it was before.
    await eventually(async () => (await db().webhookLog.count({ where: { drainedAt: null } })) === 0);
    await sweeping.sweep();
    expect(await staleBusinesses()).toEqual([]);

    // Nobody answers at our address any more.
    await simulator.configure({
      webhooks: { targets: [{ url: 'http://127.0.0.1:9/api/webhooks/booksy', salon: null }] },
    });
    const before = await toldThere();
    const changes = [];
    for (const salon of salons) changes.push(await workOf(salon));
    for (const minutes of [5, 10, 20, 40, 5]) await minutesPass(minutes);
    const after = await toldThere();
    expect((after['given_up'] ?? 0) - (before['given_up'] ?? 0)).toBeGreaterThanOrEqual(4);
    expect(after['delivered'] ?? 0).toBe(before['delivered'] ?? 0);
    expect([...(await staleBusinesses())].sort()).toEqual(salons.map(({ businessId }) => businessId).sort());
    for (const { salon, tomorrow } of changes)
      expect((await visitsHere(db(), salon)).has(String(tomorrow))).toBe(false);

    // We are back. No webhook comes: only the sweep that its schedule starts.
    await simulator.configure({
      webhooks: { targets: [{ url: `${engine.api.url}/api/webhooks/booksy`, salon: null }] },
    });
    const since = new Date();
    await sweeping.sweep();
    for (const change of changes) await expectFound(change);
    expect(await staleBusinesses()).toEqual([]);

    const runs = await db().syncRun.findMany({
      where: { kind: 'sweep', startedAt: { gte: since } },
      orderBy: [{ startedAt: 'asc' }, { id: 'asc' }],
      select: { phase: true, businessId: true, status: true },
    });
    expect(runs.every(({ status: ended }) => ended === 'completed')).toBe(true);
    const urgent = ['next', 'week', 'near', 'ahead', 'month'];
    const order = runs.map(({ phase }) => phase ?? '').filter((phase) => urgent.includes(phase));
    // R37: today and tomorrow of every salon, then seven days of every salon, then the horizon, then 30 days back.
    expect(order).toEqual(urgent.flatMap((phase) => [phase, phase]));
    expect(new Set(runs.slice(0, 2).map(({ businessId }) => businessId)).size).toBe(2);

    // Nothing is asked for any more.
    const again = new Date();
    await sweeping.sweep();
    const more = await db().syncRun.findMany({ where: { kind: 'sweep', startedAt: { gte: again } } });
    expect(more.filter(({ phase }) => urgent.includes(phase ?? ''))).toEqual([]);
  });

  it('R37 leaves 30 % of the allowance to our writes while it catches up, and 60 % after', async () => {
    await minutesPass(80);
    const { engine } = sweeping;
    const { accountKey } = engine.config.booksy;
    const deps = { ...engine.deps, accountKey, rate: { limit: 200, windowMs: 60_000 } };
    const swept = async () => {
      const rates: number[] = [];
      const share = {
        take: (callsPerSecond: number) => {
          rates.push(callsPerSecond / (200 / 60));
          return Promise.resolve();
        },
      };
      const input = { tier: 'near' as const, workflowId: 'test', temporalRunId: uuidv7() };
      const { report } = await sweepDue(deps, input, share, () => undefined);
      expect(report.outcome).toBe('idle');
      return rates;
    };
    const rates = await swept();
    expect(Math.max(...rates)).toBeCloseTo(0.7, 5);
    // What is due besides waits for its usual share.
    await askFor(
      db(),
      salons.map(({ businessId }) => businessId),
      ['near'],
    );
    const after = await swept();
    expect(after.length).toBeGreaterThan(0);
    expect(Math.max(...after)).toBeCloseTo(0.4, 5);
  });

  it('R36 a salon whose lists fail neither stops nor delays the others', async () => {
    const [sick, well] = salons as [Salon, Salon];
    await sweeping.simulator.fault({ kind: 'status', status: 500, salon: sick.id, count: null });
    const visit = await addVisit(
      sweeping.simulator,
      well,
      `${dayFromToday(2)}T22:00`,
      `${dayFromToday(2)}T22:30`,
    );
    const since = new Date();
    await sweeping.sweepOf(sick, 'near', 'ahead', 'clients');
    await sweeping.sweepOf(well, 'near');
    expect((await visitsHere(db(), well)).has(String(visit.id))).toBe(true);
    const runs = await db().syncRun.findMany({
      where: { kind: 'sweep', businessId: sick.businessId, startedAt: { gte: since } },
    });
    expect(runs.length).toBeGreaterThan(0);
    expect(
      runs.every(({ status: ended, errorCode }) => ended === 'failed' && errorCode === 'unavailable'),
    ).toBe(true);
    // Two windows of it were tried and left for later, not all of them again and again.
    expect(runs.length).toBeLessThanOrEqual(4);
    await sweeping.simulator.clearFaults();
    await sweeping.sweepOf(sick, 'near');
    const last = await db().syncRun.findFirstOrThrow({
      where: { kind: 'sweep', businessId: sick.businessId, phase: 'near' },
      orderBy: { startedAt: 'desc' },
    });
    expect(last.status).toBe('completed');
  });

  it('R29 a sweep that succeeds closes the circuit of a business whose probe is due', async () => {
    const [salon] = salons as [Salon];
    const open = (probeAt: Date) =>
      db().business.update({
        where: { id: salon.businessId },
        data: { circuitOpenedAt: new Date(), circuitCode: 'unavailable', circuitProbeAt: probeAt },
      });
    const circuit = async () =>
      (await db().business.findUniqueOrThrow({ where: { id: salon.businessId } })).circuitOpenedAt;
    const sweeps = () => db().syncRun.count({ where: { kind: 'sweep', businessId: salon.businessId } });
    await open(new Date(Date.now() + 3_600_000));
    const before = await sweeps();
    await sweeping.sweepOf(salon, 'near');
    expect(await sweeps()).toBe(before);
    expect(await circuit()).not.toBeNull();
    await open(new Date(Date.now() - 1000));
    await sweeping.sweepOf(salon, 'near');
    expect(await circuit()).toBeNull();
  });
});
