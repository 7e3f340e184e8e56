import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { operationSchema, workflowUrl } from '../../../api/sync/runs.ts';
import { SCOPES } from '../../../infra/tokens.ts';
import { eventually } from '../../support/eventually.ts';
import { idleLauncher, startTestApi, type TestApi } from './support/api.ts';

const pageSchema = z
  .object({
    operations: z.array(operationSchema.strict()),
    nextCursor: z.string().nullable(),
    notes: z.array(z.object({ code: z.string(), message: z.string(), nextStep: z.string() })),
  })
  .strict();

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

async function salon() {
  const id = await api.business();
  const { token } = await api.token(SCOPES, [id]);
  return { id, token };
}

async function list(token: string, query = '', of: TestApi = api) {
  const answer = await of.send(`/api/admin/booksy/operations${query}`, { token });
  expect(answer.status, answer.text).toBe(200);
  return pageSchema.parse(answer.json);
}

interface Row {
  readonly businessId: string;
  readonly startedAt?: Date;
  readonly status?: string;
  readonly kind?: string;
  readonly workflowId?: string;
}

async function ledger(row: Row): Promise<string> {
  const id = uuidv7();
  const status = row.status ?? 'completed';
  await api.prisma.syncRun.create({
    data: {
      id,
      businessId: row.businessId,
      kind: row.kind ?? 'full_sync',
      workflowId: row.workflowId ?? `old/${id}`,
      actor: 'cli',
      status,
      startedAt: row.startedAt ?? new Date(),
      finishedAt: status === 'running' ? null : new Date(),
      counts: { booking: { created: 3, updated: 1 }, note: 'Anna Kowalska', deep: { a: { b: { c: 'x' } } } },
      ...(status === 'failed'
        ? { errorCode: 'auth_revoked', errorDetail: 'Booksy refused the credentials.' }
        : {}),
    },
  });
  return id;
}

describe('GET /api/admin/booksy/operations', () => {
  it('pages through the ledger, newest first, without a gap or a double while rows are added', async () => {
    const { id, token } = await salon();
    const start = Date.UTC(2026, 0, 1);
    const old: string[] = [];
    // Pairs of the same moment: there the id decides.
    for (let n = 0; n < 11; n += 1) {
      old.push(await ledger({ businessId: id, startedAt: new Date(start + Math.floor(n / 2) * 1000) }));
    }
    const seen: string[] = [];
    let cursor: string | null = '';
    let pages = 0;
    while (cursor !== null) {
      const page: z.output<typeof pageSchema> = await list(
        token,
        `?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...page.operations.map((each) => each.id));
      expect(page.operations.length).toBeLessThanOrEqual(3);
      cursor = page.nextCursor;
      pages += 1;
      // A new run appears on top between any two pages.
      await ledger({ businessId: id, startedAt: new Date(start + 60_000 + pages * 1000) });
    }
    expect(pages).toBe(4);
    expect(seen).toHaveLength(11);
    expect([...seen].sort()).toEqual([...old].sort());
    const rows = await api.prisma.syncRun.findMany({
      where: { id: { in: old } },
      orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
    });
    expect(seen).toEqual(rows.map((row) => row.id));
  });

  it('filters by kind, status and business, and goes on filtering on the next page', async () => {
    const { id, token } = await salon();
    for (let n = 0; n < 3; n += 1) {
      await ledger({ businessId: id, status: 'failed' });
      await ledger({ businessId: id, status: 'completed' });
      await ledger({ businessId: id, kind: 'sweep', status: 'failed' });
    }
    const first = await list(token, `?status=failed&kind=full_sync&limit=2&business=${id}`);
    expect(first.operations).toHaveLength(2);
    const second = await list(
      token,
      `?status=failed&kind=full_sync&limit=2&cursor=${first.nextCursor ?? ''}`,
    );
    expect(second.operations).toHaveLength(1);
    expect(second.nextCursor).toBeNull();
    for (const operation of [...first.operations, ...second.operations]) {
      expect(operation).toMatchObject({
        kind: 'full_sync',
        status: 'failed',
        error: { code: 'auth_revoked', detail: 'Booksy refused the credentials.' },
      });
    }
  });

  it('shows of the counts the numbers only', async () => {
    const { id, token } = await salon();
    await ledger({ businessId: id });
    const { operations } = await list(token);
    expect(operations[0]?.counts).toEqual({ booking: { created: 3, updated: 1 }, deep: { a: {} } });
  });

  it('shows an open workflow once, with its ledger row when there is one', async () => {
    const { id, token } = await salon();
    const started = await api.send('/api/admin/booksy/full-sync', { method: 'POST', token });
    const { runs } = z
      .object({ runs: z.array(z.object({ runId: z.string(), workflowId: z.string() })) })
      .parse(started.json);
    const run = runs[0];
    if (run === undefined) throw new Error('nothing was started');

    const unrecorded = await eventually(async () => (await list(token)).operations[0]);
    expect(unrecorded).toMatchObject({
      workflowId: run.workflowId,
      status: 'running',
      kind: 'full_sync',
      actor: null,
    });
    const byTemporalId = await api.send(`/api/admin/booksy/operations/${unrecorded.id}`, { token });
    expect(byTemporalId.status).toBe(200);

    await api.prisma.syncRun.create({
      data: {
        id: run.runId,
        businessId: id,
        kind: 'full_sync',
        workflowId: run.workflowId,
        actor: 'api:x',
        status: 'running',
      },
    });
    const { operations } = await list(token);
    expect(operations).toHaveLength(1);
    expect(operations[0]).toMatchObject({ id: run.runId, status: 'running', actor: 'api:x', businessId: id });
    expect(operations[0]?.temporalUrl).toContain(`/workflows/${encodeURIComponent(run.workflowId)}/`);
    expect((await list(token, '?status=running')).operations).toHaveLength(1);
    expect((await list(token, '?status=completed')).operations).toHaveLength(0);

    await api.client.workflow.getHandle(run.workflowId).terminate();
    await api.prisma.syncRun.update({
      where: { id: run.runId },
      data: { status: 'cancelled', finishedAt: new Date() },
    });
    await eventually(async () => (await list(token)).operations[0]?.status === 'cancelled');
    expect((await list(token)).operations).toHaveLength(1);
  });

  it('calls a run unknown that the ledger has open and Temporal does not', async () => {
    const { id, token } = await salon();
    const lost = await ledger({
      businessId: id,
      status: 'running',
      startedAt: new Date(Date.now() - 3_600_000),
    });
    const young = await ledger({ businessId: id, status: 'running' });
    const statusOf = Object.fromEntries((await list(token)).operations.map((each) => [each.id, each.status]));
    expect(statusOf).toEqual({ [lost]: 'unknown', [young]: 'running' });
    expect((await list(token, '?status=unknown')).operations.map((each) => each.id)).toEqual([lost]);
    expect((await list(token, '?status=running')).operations.map((each) => each.id)).toEqual([young]);
  });

  it('answers from the ledger, with a note, while Temporal is away or slow', async () => {
    const { id, token } = await salon();
    const closed = await ledger({ businessId: id, startedAt: new Date(Date.now() - 1000) });
    const open = await ledger({ businessId: id, status: 'running' });
    for (const listOpen of [
      () => Promise.reject(new Error('14 UNAVAILABLE')),
      () => new Promise<never>(() => undefined),
    ]) {
      const lame = await startTestApi({
        deps: {
          prisma: api.prisma,
          launcher: idleLauncher({ fullSyncProgress: listOpen, listOpen }),
        },
      });
      try {
        const page = await list(token, '', lame);
        expect(page.operations.map((each) => [each.id, each.status])).toEqual([
          [open, 'unknown'],
          [closed, 'completed'],
        ]);
        expect(page.notes).toMatchObject([{ code: 'temporal_unavailable' }]);
        expect((await list(token, '?status=completed', lame)).notes).toEqual([]);
        const one = await lame.send(`/api/admin/booksy/operations/${open}`, { token });
        expect(one.json).toMatchObject({
          operation: { id: open, status: 'unknown', progress: null },
          notes: [{ code: 'temporal_unavailable' }],
        });
      } finally {
        await lame.stop();
      }
    }
  });

  it('shows nothing to a token without businesses', async () => {
    const { token } = await api.token(SCOPES, []);
    expect(await list(token)).toEqual({ operations: [], nextCursor: null, notes: [] });
  });

  it('drops what a launcher says of other businesses', async () => {
    const { id, token } = await salon();
    const foreign = {
      workflowId: 'w',
      temporalRunId: randomUUID(),
      kind: 'k',
      runId: null,
      mode: 'apply' as const,
      startedAt: new Date().toISOString(),
    };
    const careless = await startTestApi({
      deps: {
        prisma: api.prisma,
        launcher: idleLauncher({
          listOpen: () =>
            Promise.resolve([
              { ...foreign, businessId: randomUUID() },
              { ...foreign, businessId: null },
              { ...foreign, businessId: id, temporalRunId: randomUUID() },
            ]),
        }),
      },
    });
    try {
      expect((await list(token, '', careless)).operations.map((each) => each.businessId)).toEqual([id]);
    } finally {
      await careless.stop();
    }
  });
});

describe('GET /api/admin/booksy/operations/:id', () => {
  it('shows one with its progress while it runs', async () => {
    const { id, token } = await salon();
    const run = await ledger({ businessId: id, status: 'running', workflowId: 'full/x' });
    const progress = {
      phase: 'visits' as const,
      windowKey: '2026-03',
      rowsDone: 120,
      rowsTotal: 600,
      totalIsKnown: true,
      startedAt: new Date().toISOString(),
      mode: 'apply' as const,
      paused: false,
      etaSeconds: 40,
    };
    const second = await startTestApi({
      deps: {
        prisma: api.prisma,
        launcher: idleLauncher({
          fullSyncProgress: () => Promise.resolve(progress),
          listOpen: () =>
            Promise.resolve([
              {
                workflowId: 'full/x',
                temporalRunId: randomUUID(),
                kind: 'full_sync',
                businessId: id,
                runId: run,
                mode: 'apply',
                startedAt: progress.startedAt,
              },
            ]),
        }),
      },
    });
    try {
      const answer = await second.send(`/api/admin/booksy/operations/${run}`, { token });
      expect(answer.json).toMatchObject({ operation: { id: run, status: 'running', progress }, notes: [] });
      const status = await second.send('/api/admin/booksy/sync-status', { token });
      expect(status.json).toMatchObject({ businesses: [{ running: { operationId: run, progress } }] });
    } finally {
      await second.stop();
    }
  });
});

describe('links to the Temporal Web UI', () => {
  const workflow = { workflowId: 'full-sync/a b', temporalRunId: 'r', finishedAt: new Date(0) };
  it('end with the history', () => {
    const links = { uiUrl: 'http://127.0.0.1:8233', namespace: 'default' };
    expect(workflowUrl(links, workflow, 1)).toBe(
      'http://127.0.0.1:8233/namespaces/default/workflows/full-sync%2Fa%20b/r',
    );
    expect(workflowUrl(links, workflow, 31 * 24 * 3600 * 1000)).toBeNull();
    expect(workflowUrl({ ...links, uiUrl: null }, workflow, 1)).toBeNull();
    expect(
      workflowUrl({ ...links, uiUrl: 'https://t.example/ui/' }, { ...workflow, finishedAt: null }, 1),
    ).toContain('https://t.example/ui/namespaces/');
  });
});
