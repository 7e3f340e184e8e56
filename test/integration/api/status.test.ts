import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCOPES } from '../../../infra/tokens.ts';
import { silentLauncher, startTestApi, type TestApi } from './support/api.ts';
import { dryRun } from './support/rows.ts';
import { salon, using } from './support/salon.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

describe('GET /api/admin/booksy/sync-status', () => {
  it('tells counts, freshness by window, and what waits for a person', async () => {
    const { id, token } = await salon(api);
    const answer = await api.send('/api/admin/booksy/sync-status', { token });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      nextAfter: null,
      notes: [],
      businesses: [
        {
          businessId: id,
          name: 'Salon Pod Lipą',
          pausedAt: null,
          lastRun: null,
          running: null,
          waiting: {
            total: 5,
            conflicts: { field: 2, double: 1 },
            mappings: { profile: 1 },
            unsureMappings: { profile: 1 },
            quarantined: { booking: 1 },
          },
        },
      ],
    });
    interface Entity {
      entity: string;
      here: number;
      windows: { windowKey: string; ageSeconds: number | null }[];
    }
    const { businesses } = answer.json as { businesses: [{ entities: Entity[] }] };
    const entity = (name: string) => businesses[0].entities.find((each) => each.entity === name);
    expect(entity('staff')).toMatchObject({ here: 3, linked: 1, goneAtBooksy: 1 });
    const windows = entity('booking')?.windows ?? [];
    expect(windows.map(({ windowKey }) => windowKey)).toEqual(['2026-01', '2026-02']);
    expect(windows[1]?.ageSeconds).toBeGreaterThanOrEqual(500);
    expect(windows[1]?.ageSeconds).toBeLessThan(560);
    // The oldest window decides; an unproven one leaves the entity unproven.
    const provenAt = (name: string) => (entity(name) as unknown as { provenAt: string | null }).provenAt;
    expect(Date.now() - Date.parse(provenAt('booking') ?? '')).toBeGreaterThanOrEqual(499_000);
    expect(provenAt('profile')).toBeNull();
    expect(entity('room')).toMatchObject({ here: 0, linked: 0, windows: [] });
  });

  it('shows the last ended run beside the one that runs', async () => {
    const { id, token } = await salon(api);
    const run = (status: string, minutesAgo: number) =>
      api.prisma.syncRun.create({
        data: {
          id: randomUUID(),
          businessId: id,
          kind: 'full_sync',
          workflowId: `w${minutesAgo}`,
          actor: 'cli',
          status,
          startedAt: new Date(Date.now() - minutesAgo * 60_000),
          finishedAt: status === 'running' ? null : new Date(),
          counts: { staff: { created: minutesAgo } },
        },
      });
    await run('completed', 30);
    const failed = await run('failed', 20);
    const running = await run('running', 10);
    // A dry run has brought nothing in step: it is not the last run.
    await dryRun(api, { businessId: id });
    const answer = await api.send('/api/admin/booksy/sync-status', { token });
    expect(answer.json).toMatchObject({
      businesses: [
        {
          lastRun: { operationId: failed.id, status: 'failed', counts: { staff: { created: 20 } } },
          // Nothing of it is open in Temporal, so nobody can tell its progress.
          running: { operationId: running.id, workflowId: 'w10', progress: null },
        },
      ],
    });
  });

  it('goes through many businesses page by page', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => api.business()));
    const { token } = await api.token(SCOPES, ids);
    const seen: string[] = [];
    let after: string | null = '';
    while (after !== null) {
      const path: string = `/api/admin/booksy/sync-status?limit=2${after === '' ? '' : `&after=${after}`}`;
      const page = (await api.send(path, { token })).json as {
        businesses: { businessId: string }[];
        nextAfter: string | null;
      };
      seen.push(...page.businesses.map(({ businessId }) => businessId));
      after = page.nextAfter;
    }
    expect(seen).toEqual([...ids].sort());
  });

  it('notes where the progress cannot be asked', async () => {
    const { id, token } = await salon(api);
    await api.prisma.syncRun.create({
      data: {
        id: randomUUID(),
        businessId: id,
        kind: 'full_sync',
        workflowId: 'w',
        actor: 'cli',
        status: 'running',
      },
    });
    const launcher = silentLauncher();
    await using({ deps: { prisma: api.prisma, launcher } }, async (lame) => {
      const answer = await lame.send('/api/admin/booksy/sync-status', { token });
      expect(answer.json).toMatchObject({ notes: [{ code: 'progress_unavailable' }] });
    });
  });
});
