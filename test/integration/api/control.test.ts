import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { SCOPES } from '../../../infra/tokens.ts';
import { eventually } from '../../support/eventually.ts';
import { silentLauncher, startTestApi, type TestApi } from './support/api.ts';
import { auditOf, runRow } from './support/rows.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const held = z.object({ at: z.iso.datetime(), by: z.string() }).nullable();
const note = z.object({ code: z.string(), message: z.string(), nextStep: z.string() });
const operationAnswer = z.object({
  operation: z.looseObject({ id: z.string(), status: z.string(), paused: held }),
  changed: z.boolean(),
  notes: z.array(note),
});
const businessAnswer = z
  .object({
    business: z.object({ businessId: z.string(), name: z.string(), paused: held }).strict(),
    changed: z.boolean(),
    notes: z.array(note),
  })
  .strict();

async function salon() {
  const id = await api.business('Salon Pod Klonem');
  const { token, tokenId } = await api.token(SCOPES, [id]);
  return { id, token, actor: `api:${tokenId}` };
}

/** A full sync that is open in Temporal (nobody works on it) and in the ledger. */
async function running() {
  const { id, token, actor } = await salon();
  const started = await api.send('/api/admin/booksy/full-sync', { method: 'POST', token });
  const { runs } = z
    .object({ runs: z.array(z.object({ runId: z.string(), workflowId: z.string() })) })
    .parse(started.json);
  const run = runs[0];
  if (run === undefined) throw new Error('nothing was started');
  const record = () =>
    runRow(api, { id: run.runId, businessId: id, status: 'running', workflowId: run.workflowId });
  return { id, token, actor, record, ...run };
}

const post = (path: string, token: string, more: object = {}, of: TestApi = api) =>
  of.send(`/api/admin/booksy/${path}`, { method: 'POST', token, ...more });

async function control(verb: string, runId: string, token: string, of: TestApi = api) {
  const answer = await post(`operations/${runId}/${verb}`, token, {}, of);
  expect(answer.status, answer.text).toBe(200);
  return operationAnswer.parse(answer.json);
}

async function hold(verb: string, id: string, token: string, of: TestApi = api) {
  const answer = await post(`businesses/${id}/${verb}`, token, {}, of);
  expect(answer.status, answer.text).toBe(200);
  return businessAnswer.parse(answer.json);
}

const signalsOf = async (workflowId: string) => {
  const { events } = await api.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap((event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? []);
};

describe('a run', () => {
  it('is held and goes on; the row says so, the workflow is woken, the trail names who', async () => {
    const { id, token, actor, runId, workflowId, record } = await running();
    await record();
    const paused = await control('pause', runId, token);
    expect(paused).toMatchObject({
      operation: { id: runId, status: 'running', paused: { by: actor } },
      changed: true,
      notes: [],
    });
    expect(await signalsOf(workflowId)).toHaveLength(1);
    const shown = await api.send(`/api/admin/booksy/operations/${runId}`, { token });
    expect(shown.json).toMatchObject({ operation: { paused: { by: actor } } });
    const status = await api.send('/api/admin/booksy/sync-status', { token });
    expect(status.json).toMatchObject({
      businesses: [{ paused: null, running: { operationId: runId, mode: 'apply', paused: { by: actor } } }],
    });

    const resumed = await control('resume', runId, token);
    expect(resumed).toMatchObject({ operation: { paused: null }, changed: true, notes: [] });
    expect(await signalsOf(workflowId)).toHaveLength(2);
    expect(await auditOf(api, id)).toMatchObject([
      { action: 'paused', actor, reasonCode: 'run', runId },
      { action: 'resumed', actor, reasonCode: 'run', runId },
    ]);
  });

  it('held twice keeps the first hold, and resuming what is not held changes nothing', async () => {
    const { id, token, runId, record } = await running();
    await record();
    expect((await control('resume', runId, token)).changed).toBe(false);
    const first = await control('pause', runId, token);
    const other = await api.token(SCOPES, [id]);
    const second = await control('pause', runId, other.token);
    expect(second.changed).toBe(false);
    expect(second.operation.paused).toEqual(first.operation.paused);
    expect(await auditOf(api, id)).toHaveLength(1);
  });

  it('is held once by ten requests at the same moment', async () => {
    const { id, token, runId, record } = await running();
    await record();
    const answers = await Promise.all(Array.from({ length: 10 }, () => control('pause', runId, token)));
    expect(answers.filter(({ changed }) => changed)).toHaveLength(1);
    expect(await auditOf(api, id)).toHaveLength(1);
  });

  it('cannot be held before it is recorded, and says when to come again', async () => {
    const { token, runId } = await running();
    const answer = await post(`operations/${runId}/pause`, token);
    expect([answer.status, answer.json]).toMatchObject([409, { code: 'not_recorded' }]);
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  it('is cancelled, also before it is recorded; once it has ended nothing can be done to it', async () => {
    for (const recorded of [true, false]) {
      const { id, token, actor, runId, workflowId, record } = await running();
      if (recorded) await record();
      const cancelled = await control('cancel', runId, token);
      expect(cancelled).toMatchObject({ operation: { id: runId }, changed: true });
      const { events } = await api.client.workflow.getHandle(workflowId).fetchHistory();
      expect(events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes != null)).toBe(
        true,
      );
      expect(await auditOf(api, id)).toMatchObject([
        { action: 'cancelled', actor, reasonCode: 'run', runId },
      ]);
    }
    const { id, token } = await salon();
    for (const status of ['completed', 'failed', 'cancelled']) {
      const ended = await runRow(api, { businessId: id, status });
      for (const verb of ['pause', 'resume', 'cancel']) {
        const answer = await post(`operations/${ended}/${verb}`, token);
        expect([answer.status, answer.json], `${verb} ${status}`).toMatchObject([
          409,
          { code: 'not_running' },
        ]);
      }
    }
    expect(await auditOf(api, id)).toEqual([]);
  });

  it('that another run has replaced is closed in the ledger, and the other one goes on', async () => {
    const { id, token, actor, runId, workflowId, record } = await running();
    await record();
    const lost = await runRow(api, {
      businessId: id,
      status: 'running',
      workflowId,
      startedAt: new Date(Date.now() - 3_600_000),
    });
    const cancelled = await control('cancel', lost, token);
    expect(cancelled.operation).toMatchObject({
      id: lost,
      status: 'cancelled',
      error: { code: 'not_in_temporal' },
    });
    expect(await auditOf(api, id)).toMatchObject([
      { action: 'cancelled', actor, reasonCode: 'not_in_temporal', runId: lost },
    ]);
    const { status } = await api.client.workflow.getHandle(workflowId).describe();
    expect(status.name).toBe('RUNNING');
    expect((await control('pause', runId, token)).changed).toBe(true);
    const again = await post(`operations/${lost}/cancel`, token);
    expect([again.status, again.json]).toMatchObject([409, { code: 'not_running' }]);
  });

  it('that Temporal has lost can be held, with a note that it will not go on', async () => {
    const { id, token } = await salon();
    const lost = await runRow(api, {
      businessId: id,
      status: 'running',
      startedAt: new Date(Date.now() - 3_600_000),
    });
    expect((await control('pause', lost, token)).notes).toMatchObject([{ code: 'not_in_temporal' }]);
  });

  it('of one record can be neither held nor cancelled', async () => {
    const { id, token } = await salon();
    const record = await runRow(api, { businessId: id, kind: 'record_sync', status: 'running' });
    for (const verb of ['pause', 'resume', 'cancel']) {
      const answer = await post(`operations/${record}/${verb}`, token);
      expect([answer.status, answer.json], verb).toMatchObject([409, { code: 'not_controllable' }]);
    }
  });

  it('of a paused business does not go on by its own resume', async () => {
    const { id, token, runId, record } = await running();
    await record();
    await hold('pause', id, token);
    const refused = await post(`operations/${runId}/resume`, token);
    expect([refused.status, refused.json]).toMatchObject([409, { code: 'business_paused' }]);
    await control('pause', runId, token);
    const resumed = await control('resume', runId, token);
    expect(resumed).toMatchObject({ changed: true, notes: [{ code: 'business_paused' }] });
  });
});

describe('a business', () => {
  it('is held and goes on; what runs is woken, nothing new is started', async () => {
    const { id, token, actor, workflowId, record } = await running();
    await record();
    const paused = await hold('pause', id, token);
    expect(paused).toMatchObject({
      business: { businessId: id, name: 'Salon Pod Klonem', paused: { by: actor } },
      changed: true,
      notes: [],
    });
    expect(await signalsOf(workflowId)).toHaveLength(1);
    expect((await hold('pause', id, token)).changed).toBe(false);

    const started = await post('full-sync', token, { body: { dryRun: true } });
    expect(started.json).toEqual({
      runs: [
        {
          businessId: id,
          state: 'paused',
          mode: 'dry_run',
          workflowId: null,
          runId: null,
          operation: null,
        },
      ],
    });
    const status = await api.send('/api/admin/booksy/sync-status', { token });
    expect(status.json).toMatchObject({ businesses: [{ paused: { by: actor }, pushAllowed: null }] });

    const resumed = await hold('resume', id, token);
    expect(resumed).toMatchObject({ business: { paused: null }, changed: true, notes: [] });
    expect((await hold('resume', id, token)).changed).toBe(false);
    expect((await auditOf(api, id)).map(({ action, reasonCode }) => [action, reasonCode])).toEqual([
      ['paused', 'business'],
      ['resumed', 'business'],
    ]);
  });

  it('resumed says that a run of it is still held by itself', async () => {
    const { id, token, runId, record } = await running();
    await record();
    await control('pause', runId, token);
    await hold('pause', id, token);
    const resumed = await hold('resume', id, token);
    expect(resumed.notes).toMatchObject([{ code: 'run_paused' }]);
    expect(resumed.notes[0]?.nextStep).toContain(`/operations/${runId}/resume`);
  });

  it('starts its runs in the mode that was asked for, and tells the mode of the one under way', async () => {
    const { token } = await salon();
    const dry = await post('full-sync', token, { body: { dryRun: true } });
    const real = await post('full-sync', token);
    expect(dry.json).toMatchObject({ runs: [{ state: 'started', mode: 'dry_run' }] });
    expect(real.json).toMatchObject({ runs: [{ state: 'alreadyRunning', mode: 'dry_run' }] });
    const { runs } = z.object({ runs: z.array(z.object({ operation: z.string() })) }).parse(dry.json);
    const shown = await eventually(async () => {
      const answer = await api.send(runs[0]?.operation ?? '', { token });
      return answer.status === 200 ? answer.json : null;
    });
    expect(shown).toMatchObject({ operation: { mode: 'dry_run', status: 'running' } });
  });
});

describe('while Temporal is away', () => {
  it('a hold counts all the same and the answer says so; a cancel is refused', async () => {
    const { id, token, actor } = await salon();
    const run = await runRow(api, { businessId: id, status: 'running' });
    const lame = await startTestApi({ deps: { prisma: api.prisma, launcher: silentLauncher() } });
    try {
      const notes = [{ code: 'temporal_unavailable' }];
      expect(await control('pause', run, token, lame)).toMatchObject({ changed: true, notes });
      expect(await hold('pause', id, token, lame)).toMatchObject({ changed: true, notes });
      const row = await api.prisma.syncRun.findUniqueOrThrow({ where: { id: run } });
      expect([row.pausedAt, row.pausedBy]).toEqual([expect.any(Date), actor]);
      const cancel = await post(`operations/${run}/cancel`, token, {}, lame);
      expect([cancel.status, cancel.json]).toMatchObject([503, { code: 'temporal_unavailable' }]);
      expect((await auditOf(api, id)).map(({ action }) => action)).toEqual(['paused', 'paused']);
    } finally {
      await lame.stop();
    }
  });
});

describe('Idempotency-Key', () => {
  it('of a hold answers again as it did first, and belongs to that hold', async () => {
    const { id, token } = await salon();
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = await post(`businesses/${id}/pause`, token, { headers });
    await post(`businesses/${id}/resume`, token);
    const again = await post(`businesses/${id}/pause`, token, { headers });
    expect(again.json).toEqual(first.json);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const { pausedAt } = await api.prisma.business.findUniqueOrThrow({ where: { id } });
    expect(pausedAt).toBeNull();
    const other = await post(`businesses/${id}/resume`, token, { headers });
    expect([other.status, other.json]).toMatchObject([422, { code: 'idempotency_key_reused' }]);
    const run = await post(`operations/${uuidv7()}/pause`, token, { headers });
    expect(run.status).toBe(422);
  });
});
