import { afterEach, describe, expect, it } from 'vitest';
import { EXIT } from '../../../cli/exit-codes.ts';
import { readNewestPlans } from '../../../cli/sync/plan.ts';
import { full, watch } from '../../../cli/sync/report.ts';
import { allowPush, cancel, pauseOrResume } from '../../../cli/sync/steer.ts';
import { BUSINESS, operation, plan, RUN, started, status, statusPage } from './support/answers.ts';
import { outputOf } from './support/captured.ts';
import { problem, startStubApi, type StubApi, type StubRoutes } from './support/stub-api.ts';

const FULL = 'POST /api/admin/booksy/full-sync';
const STATUS = 'GET /api/admin/booksy/sync-status';
const OPERATION = `GET /api/admin/booksy/operations/${RUN}`;
const PLAN = `${OPERATION}/plan`;
const usual: StubRoutes = {
  [FULL]: started(),
  [STATUS]: statusPage(status()),
  [OPERATION]: operation(),
  [PLAN]: plan(),
};

let stub: StubApi;
const serve = async (routes: StubRoutes): Promise<void> => {
  stub = await startStubApi({ ...usual, ...routes });
};
afterEach(async () => {
  process.removeAllListeners('SIGINT');
  await stub.stop();
});
const all = { businessIds: undefined, dryRun: false, wait: true };

describe('booksy sync full', () => {
  it('follows the run to its end and answers with one object of counts', async () => {
    await serve({});
    const { output, object } = outputOf(true);
    expect(await full(stub.api, all, output)).toBe(EXIT.ok);
    expect(stub.of(FULL).map(({ body }) => body)).toEqual([{}]);
    expect(object()).toMatchObject({
      ok: true,
      seconds: 12,
      entities: { visits: { created: 3, linked: 2, unsure: 1 } },
      runs: [{ runId: RUN, businessId: BUSINESS, mode: 'apply', status: 'completed', error: null }],
    });
  });

  it('waits through a time in which the API is away', async () => {
    let asked = 0;
    await serve({
      [OPERATION]: () => ((asked += 1) === 1 ? problem(503, 'database_unavailable') : operation()),
    });
    const { output, streams } = outputOf(false);
    expect(await full(stub.api, all, output)).toBe(EXIT.ok);
    expect(streams.out()).toContain('The API does not answer for the moment');
    expect(streams.out()).toContain('Done in 12 s:');
  });

  it('prints the plan of a dry run and the command that allows it', async () => {
    await serve({ [FULL]: started({ mode: 'dry_run' }), [OPERATION]: operation({ mode: 'dry_run' }) });
    const { output, streams } = outputOf(false);
    expect(await full(stub.api, { ...all, dryRun: true }, output)).toBe(EXIT.ok);
    expect(stub.of(FULL)[0]?.body).toEqual({ dryRun: true });
    const text = streams.out();
    expect(text).toMatch(/create +link +update +unchanged +unsure +quarantined +remove\n/);
    expect(text).toMatch(/clients +40 +350 +· +· +12 +· +·\n/);
    expect(text).toMatch(/visits +1,200 +· +2 +5 +· +1 +3\n/);
    expect(text).toMatch(/link +clients +Anna Kowalska +4711 +phone\n/);
    expect(text).toMatch(/make at Booksy +visits +2026-03-02 10:00\n/);
    expect(text).toContain(
      '  4 visits would be made at Booksy\n  3 visits would be changed or ended at Booksy\n    2 not: begun already\n  1 client would',
    );
    expect(text).toContain(`sync allow-push ${RUN}\n`);
    expect(text).toContain('may notify clients');
    // Nothing was written: the counts of a real run are not told.
    expect(text).not.toContain('Done in');
  });

  it('does not take a real run for the dry one that was asked for, nor the other way round', async () => {
    await serve({ [FULL]: started({ state: 'alreadyRunning', mode: 'apply' }) });
    await expect(full(stub.api, { ...all, dryRun: true }, outputOf(true).output)).rejects.toMatchObject({
      code: 'full_sync_under_way',
      next: expect.stringContaining(`booksy sync cancel ${RUN}`) as string,
    });
    await stub.stop();
    await serve({ [FULL]: started({ state: 'alreadyRunning', mode: 'dry_run' }) });
    await expect(full(stub.api, all, outputOf(true).output)).rejects.toMatchObject({
      code: 'dry_run_under_way',
    });
  });

  it('says that a business is paused; that is a failure where it was named', async () => {
    const paused = { state: 'paused', workflowId: null, runId: null, operation: null };
    await serve({
      [FULL]: { runs: [...started().runs, ...started({ ...paused, businessId: 'other' }).runs], notes: [] },
      [STATUS]: statusPage(status(), status({ businessId: 'other', name: 'Bo' })),
    });
    const everything = outputOf(true);
    expect(await full(stub.api, all, everything.output)).toBe(EXIT.ok);
    expect(everything.streams.err()).toContain('Bo is paused and was not started: booksy sync resume');
    expect(everything.object()).toMatchObject({ ok: true, paused: ['other'], runs: [{ runId: RUN }] });
    const named = outputOf(true);
    expect(await full(stub.api, { ...all, businessIds: [BUSINESS, 'other'] }, named.output)).toBe(
      EXIT.failed,
    );
    expect(named.object()).toMatchObject({ ok: false });
  });

  it('names more businesses than one request takes in several', async () => {
    await serve({});
    const businessIds = Array.from({ length: 1_001 }, (_, n) => String(n));
    await full(stub.api, { ...all, businessIds, wait: false }, outputOf(true).output);
    const sent = stub.of(FULL).map(({ body }) => Object.values(body ?? {}).flat().length);
    expect(sent).toEqual([500, 500, 1]);
  });

  it('prints notes of the API beside the answer', async () => {
    const note = { code: 'x', message: 'Temporal is slow.', nextStep: 'Wait.' };
    await serve({ [FULL]: { ...started(), notes: [note] } });
    const { output, streams } = outputOf(true);
    await full(stub.api, { ...all, wait: false }, output);
    expect(streams.err()).toBe('! Temporal is slow. Wait.\n');
  });
});

describe('booksy sync watch', () => {
  it('follows what is under way and fails with it', async () => {
    const running = { operationId: RUN, workflowId: 'full-sync/x', progress: null };
    const error = { code: 'auth_revoked', detail: 'sign in again' };
    await serve({
      [STATUS]: statusPage(status({ running })),
      [OPERATION]: operation({ status: 'failed', error }),
    });
    const { output, object } = outputOf(true);
    expect(await watch(stub.api, output)).toBe(EXIT.failed);
    expect(object()).toMatchObject({ ok: false, runs: [{ runId: RUN, status: 'failed', error }] });
  });
});

describe('booksy sync plan', () => {
  it('without an id takes the newest finished dry run of each business', async () => {
    const row = (id: string, businessId: string) => ({
      ...operation({ id, businessId, mode: 'dry_run' }).operation,
    });
    const list = 'GET /api/admin/booksy/operations';
    await serve({
      [list]: {
        operations: [row('new', 'a'), row('other', 'b'), row('old', 'a')],
        nextCursor: null,
        notes: [],
      },
      [`${list}/new/plan`]: plan({ operationId: 'new' }),
      [`${list}/other/plan`]: plan({ operationId: 'other' }),
    });
    const { plans } = await readNewestPlans(stub.api);
    expect(plans.map(({ operationId }) => operationId)).toEqual(['new', 'other']);
    expect(stub.of(list)[0]?.query).toMatchObject({ mode: 'dry_run', status: 'completed' });
  });

  it('says how to make one where there is none', async () => {
    await serve({ 'GET /api/admin/booksy/operations': { operations: [], nextCursor: null, notes: [] } });
    await expect(readNewestPlans(stub.api)).rejects.toMatchObject({
      code: 'no_dry_run',
      next: expect.stringContaining('sync full --dry-run') as string,
    });
  });
});

describe('booksy sync allow-push', () => {
  const APPROVE = `POST /api/admin/booksy/operations/${RUN}/plan/approve`;
  const approved = { approvedAt: '2026-03-01T12:00:00.000Z', approvedBy: 'api:desk', samples: undefined };

  it('says what it means and approves the version it has just read', async () => {
    await serve({ [APPROVE]: plan(approved) });
    const { output, streams, object } = outputOf(true);
    expect(await allowPush(stub.api, RUN, output)).toBe(EXIT.ok);
    expect(stub.of(APPROVE).map(({ body }) => body)).toEqual([{ version: 7 }]);
    expect(streams.err()).toContain('Booksy may notify clients');
    expect(streams.err()).toContain('4 visits would be made at Booksy');
    expect(object()).toMatchObject({
      ok: true,
      operationId: RUN,
      approvedBy: 'api:desk',
      toMake: 5,
      toChange: 3,
    });
  });

  it('approves nothing twice', async () => {
    await serve({ [PLAN]: plan(approved) });
    expect(await allowPush(stub.api, RUN, outputOf(true).output)).toBe(EXIT.ok);
    expect(stub.of(APPROVE)).toEqual([]);
  });

  it('says why a plan cannot be approved, before and while it tries', async () => {
    const blocked = { code: 'plan_outdated', message: 'It is a day old.', nextStep: 'Make a new one.' };
    await serve({ [PLAN]: plan({ blocked }) });
    await expect(allowPush(stub.api, RUN, outputOf(true).output)).rejects.toMatchObject({
      code: 'plan_outdated',
      next: 'Make a new one.',
    });
    await stub.stop();
    await serve({ [APPROVE]: problem(409, 'plan_changed') });
    await expect(allowPush(stub.api, RUN, outputOf(true).output)).rejects.toMatchObject({
      code: 'plan_changed',
    });
  });
});

describe('booksy sync pause and resume', () => {
  const business = (id: string, paused: unknown, changed: boolean) => ({
    ...{ business: { businessId: id, name: `Salon ${id}`, paused }, changed, notes: [] },
  });
  const now = { at: '2026-03-01T10:00:00Z', by: 'api:desk' };

  it('concern every business of the token unless some are named', async () => {
    await serve({
      [STATUS]: statusPage(status({ businessId: 'a' }), status({ businessId: 'b' })),
      'POST /api/admin/booksy/businesses/a/pause': business('a', now, true),
      'POST /api/admin/booksy/businesses/b/pause': business('b', now, false),
      'POST /api/admin/booksy/businesses/b/resume': business('b', null, true),
    });
    const both = outputOf(false);
    expect(await pauseOrResume(stub.api, 'pause', {}, both.output)).toBe(EXIT.ok);
    expect(both.streams.out()).toContain('Salon a is paused.\nSalon b is paused already.\n');
    const one = outputOf(true);
    await pauseOrResume(stub.api, 'resume', { business: ['b'] }, one.output);
    expect(one.object()).toEqual({
      ok: true,
      businesses: [{ businessId: 'b', name: 'Salon b', paused: null, changed: true }],
    });
  });

  it('concern one run where it is named', async () => {
    const path = `POST /api/admin/booksy/operations/${RUN}/pause`;
    await serve({ [path]: { ...operation({ status: 'running', paused: now }), changed: true } });
    const { output, object } = outputOf(true);
    await pauseOrResume(stub.api, 'pause', { run: RUN }, output);
    expect(object()).toEqual({ ok: true, runId: RUN, paused: now, changed: true });
    expect(stub.requests.map(({ route }) => route)).toEqual([path]);
  });
});

describe('booksy sync cancel', () => {
  const CANCEL = `POST /api/admin/booksy/operations/${RUN}/cancel`;

  it('waits until the run has stopped', async () => {
    await serve({
      [CANCEL]: operation({ status: 'running' }),
      [OPERATION]: operation({ status: 'cancelled' }),
    });
    const { output, object } = outputOf(true);
    expect(await cancel(stub.api, RUN, output)).toBe(EXIT.ok);
    expect(object()).toEqual({ ok: true, runId: RUN, status: 'cancelled' });
  });

  it('says that it came too late', async () => {
    await serve({ [CANCEL]: operation({ status: 'completed' }) });
    const { output, object } = outputOf(true);
    expect(await cancel(stub.api, RUN, output)).toBe(EXIT.failed);
    expect(object()).toMatchObject({ ok: false, status: 'completed' });
  });
});
