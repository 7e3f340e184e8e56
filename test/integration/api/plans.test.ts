import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVault } from '../../../infra/crypto.ts';
import { SCOPES } from '../../../infra/tokens.ts';
import { startTestApi, type TestApi } from './support/api.ts';
import { using } from './support/salon.ts';
import { auditOf, dryRun, runRow } from './support/rows.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const HOUR_MS = 3_600_000;
const ago = (hours: number) => new Date(Date.now() - hours * HOUR_MS);

async function salon() {
  const id = await api.business('Salon Pod Bukiem');
  const { token, tokenId } = await api.token(SCOPES, [id]);
  return { id, token, actor: `api:${tokenId}` };
}

const planPath = (run: string) => `/api/admin/booksy/operations/${run}/plan`;
const show = (run: string, token: string) => api.send(planPath(run), { token });
const approve = (run: string, token: string, version: number, more: object = {}) =>
  api.send(`${planPath(run)}/approve`, { method: 'POST', token, body: { version }, ...more });

const pushAllowed = (id: string) =>
  api.prisma.business.findUniqueOrThrow({
    where: { id },
    select: { pushAllowedAt: true, pushAllowedBy: true, pushAllowedRunId: true },
  });
const NOT_ALLOWED = { pushAllowedAt: null, pushAllowedBy: null, pushAllowedRunId: null };

describe('GET /api/admin/booksy/operations/:id/plan', () => {
  it('shows counts of both directions and samples by name', async () => {
    const { id, token } = await salon();
    const visits = { create: 3, link: 0, update: 1, unchanged: 9, unsure: 0, quarantined: 0, remove: 0 };
    const sample = {
      entity: 'clients',
      action: 'link',
      externalId: '12',
      recordId: randomUUID(),
      label: 'Anna Zmyślona',
      groups: ['name'],
    };
    const run = await dryRun(api, {
      businessId: id,
      version: 4,
      counts: { inbound: { visits }, outbound: { visits: { create: 2, change: 1, blocked: { past: 5 } } } },
      samples: [sample],
    });
    const answer = await show(run, token);
    expect([answer.status, answer.json]).toMatchObject([
      200,
      {
        plan: {
          operationId: run,
          businessId: id,
          businessName: 'Salon Pod Bukiem',
          status: 'completed',
          version: 4,
          approvedAt: null,
          approvedBy: null,
          blocked: null,
          counts: {
            inbound: { visits },
            outbound: { visits: { create: 2, change: 1, blocked: { past: 5 } } },
          },
          samples: [sample],
        },
        notes: [],
      },
    ]);
    expect(api.log.join('')).not.toContain('Zmyślona');
  });

  it('is there from the start of the dry run, and says why it cannot be approved yet', async () => {
    const { id, token } = await salon();
    const run = await runRow(api, { businessId: id, mode: 'dry_run', status: 'running' });
    expect((await show(run, token)).json).toMatchObject({
      plan: { version: 0, status: 'running', blocked: { code: 'plan_unfinished' }, samples: [] },
    });
  });

  it('is there for dry runs only', async () => {
    const { id, token } = await salon();
    const real = await runRow(api, { businessId: id });
    expect((await show(real, token)).status).toBe(404);
    expect((await approve(real, token, 0)).status).toBe(404);
  });

  it('shows the counts where the samples do not open', async () => {
    const { id, token } = await salon();
    const run = await dryRun(api, { businessId: id });
    const vault = createVault({ key: randomBytes(32), keyId: 'another' });
    await using({ deps: { prisma: api.prisma, vault } }, async (other) => {
      const answer = await other.send(planPath(run), { token });
      expect(answer.json).toMatchObject({
        plan: { samples: [], counts: { inbound: { visits: { create: 3 } } } },
        notes: [{ code: 'sealed_unreadable' }],
      });
    });
  });
});

describe('POST …/plan/approve', () => {
  it('allows pushing, says who saw what, and shows in the status', async () => {
    const { id, token, actor } = await salon();
    const run = await dryRun(api, { businessId: id, version: 12, samples: [] });
    const answer = await approve(run, token, 12);
    expect([answer.status, answer.json]).toMatchObject([
      200,
      { plan: { operationId: run, version: 12, approvedBy: actor, blocked: null } },
    ]);
    expect(answer.json).not.toHaveProperty('plan.samples');
    expect(await pushAllowed(id)).toMatchObject({ pushAllowedBy: actor, pushAllowedRunId: run });
    expect(await auditOf(api, id)).toMatchObject([
      { action: 'approved', actor, reasonCode: 'push_allowed', runId: run },
    ]);
    const status = await api.send('/api/admin/booksy/sync-status', { token });
    expect(status.json).toMatchObject({ businesses: [{ pushAllowed: { by: actor, runId: run } }] });
  });

  it('twice changes nothing, whoever asks, also ten times at once', async () => {
    const { id, token, actor } = await salon();
    const run = await dryRun(api, { businessId: id });
    const other = await api.token(SCOPES, [id]);
    const answers = await Promise.all(Array.from({ length: 10 }, () => approve(run, token, 1)));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    const first = await pushAllowed(id);
    const again = await approve(run, other.token, 1);
    expect([again.status, again.json]).toMatchObject([200, { plan: { approvedBy: actor } }]);
    expect(await pushAllowed(id)).toEqual(first);
    expect(await auditOf(api, id)).toHaveLength(1);
  });

  it('is refused for another version than the one that was seen', async () => {
    const { id, token } = await salon();
    const run = await dryRun(api, { businessId: id, version: 3 });
    for (const version of [2, 4]) {
      const answer = await approve(run, token, version);
      expect([answer.status, answer.json]).toMatchObject([409, { code: 'plan_changed' }]);
    }
    expect(await pushAllowed(id)).toEqual(NOT_ALLOWED);
    expect((await approve(run, token, 3)).status).toBe(200);
    expect((await approve(run, token, 2)).json).toMatchObject({ code: 'plan_changed' });
  });

  it('is refused for a plan that is old, or not the newest, or not whole', async () => {
    const cases: [string, (id: string) => Promise<string>][] = [
      ['plan_outdated', (id) => dryRun(api, { businessId: id, startedAt: ago(25) })],
      [
        'plan_outdated',
        async (id) => {
          const run = await dryRun(api, { businessId: id, startedAt: ago(2) });
          await dryRun(api, { businessId: id, startedAt: ago(1) });
          return run;
        },
      ],
      ['plan_unfinished', (id) => dryRun(api, { businessId: id, status: 'running' })],
      ['plan_unfinished', (id) => dryRun(api, { businessId: id, status: 'failed' })],
      ['plan_unfinished', (id) => dryRun(api, { businessId: id, status: 'cancelled' })],
      ['plan_unfinished', (id) => runRow(api, { businessId: id, mode: 'dry_run' })],
    ];
    for (const [code, make] of cases) {
      const { id, token } = await salon();
      const run = await make(id);
      const answer = await approve(run, token, 1);
      expect([answer.status, answer.json]).toMatchObject([409, { code }]);
      expect((await show(run, token)).json).toMatchObject({ plan: { blocked: { code } } });
      expect(await pushAllowed(id)).toEqual(NOT_ALLOWED);
      expect(await auditOf(api, id)).toEqual([]);
    }
  });

  it('stays as it is when later dry runs fail, run, or belong to another business', async () => {
    const { id, token } = await salon();
    const run = await dryRun(api, { businessId: id, startedAt: ago(2) });
    await dryRun(api, { businessId: id, status: 'failed', startedAt: ago(1) });
    await dryRun(api, { businessId: id, status: 'running' });
    await dryRun(api, { businessId: await api.business() });
    await runRow(api, { businessId: id });
    expect((await approve(run, token, 1)).status).toBe(200);
  });

  it('sent again with its key answers the same; the kept answer holds no name', async () => {
    const { id, token } = await salon();
    const sample = {
      entity: 'clients',
      action: 'push',
      externalId: null,
      recordId: randomUUID(),
      groups: [],
    };
    const run = await dryRun(api, { businessId: id, samples: [{ ...sample, label: 'Tajna Osoba' }] });
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = await approve(run, token, 1, { headers });
    const again = await approve(run, token, 1, { headers });
    expect([again.status, again.json]).toEqual([200, first.json]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const { rows } = await api.database.pool.query('SELECT response::text FROM api_idempotency_keys');
    expect(JSON.stringify(rows)).not.toContain('Tajna');
    expect((await show(run, token)).text).toContain('Tajna');
  });

  it('names every field that is wrong', async () => {
    const { token } = await salon();
    for (const body of [
      {},
      { version: '1' },
      { version: 1.5 },
      { version: -1 },
      { version: 1, push: true },
    ]) {
      const answer = await api.send(`${planPath(randomUUID())}/approve`, { method: 'POST', token, body });
      expect([answer.status, answer.json], JSON.stringify(body)).toMatchObject([
        400,
        { code: 'bad_request' },
      ]);
    }
  });
});
