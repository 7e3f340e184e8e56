import { v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { tidy } from '../../../activities/sweep/tidy.ts';
import { databaseOfThisTest } from '../../support/database.ts';
import { makeBusiness } from '../../support/salon.ts';

describe('tidy', () => {
  it('R4a empties the bodies of webhooks after 7 days, drained or not, and keeps the rest of them', async () => {
    const { database } = await databaseOfThisTest();
    const db = database.prisma;
    const { id } = await makeBusiness(db);
    const webhook = (body: string, days: number, drained: boolean) => db.$executeRaw`
      INSERT INTO webhook_logs (business_id, action, external_id, body_hash, sealed_body, received_at, drained_at)
      VALUES (${id}::uuid, 'MODIFIED', ${body}, ${body}, '\\x01', now() - make_interval(days => ${days}::int),
              CASE WHEN ${drained} THEN now() END)`;
    await webhook('young', 6, true);
    await webhook('old', 8, true);
    await webhook('waiting', 8, false);
    await webhook('ancient', 91, true);
    await webhook('forgotten', 91, false);
    expect(await tidy({ db })).toMatchObject({ bodies: 4, webhooks: 1 });
    const rows = await db.webhookLog.findMany({ orderBy: { externalId: 'asc' } });
    expect(rows.map(({ externalId, sealedBody }) => [externalId, sealedBody !== null])).toEqual([
      ['forgotten', false],
      ['old', false],
      ['waiting', false],
      ['young', true],
    ]);
  });

  it('R31 keeps the ledger for 24 months, and longer what still says something of today', async () => {
    const { database } = await databaseOfThisTest();
    const db = database.prisma;
    const { id: businessId } = await makeBusiness(db);
    const run = async (phase: string, months: number, more: { kind?: string; status?: string } = {}) => {
      const id = uuidv7();
      const at = new Date();
      at.setUTCMonth(at.getUTCMonth() - months);
      const { kind = 'business_sync', status = 'completed' } = more;
      const finishedAt = status === 'running' ? null : at;
      await db.syncRun.create({
        data: {
          id,
          businessId,
          kind,
          phase,
          status,
          workflowId: 'test',
          actor: 'test',
          startedAt: at,
          finishedAt,
        },
      });
      return id;
    };
    await run('old', 25);
    await run('failed', 25, { status: 'failed' });
    await run('young', 23);
    await run('running', 25, { status: 'running' });
    await run('first import', 30, { kind: 'full_sync' });
    await run('last import', 26, { kind: 'full_sync' });
    const allowed = await run('approved', 27, { kind: 'full_sync', status: 'failed' });
    await run('later', 26, { kind: 'full_sync', status: 'failed' });
    await db.business.update({ where: { id: businessId }, data: { pushAllowedRunId: allowed } });
    expect(await tidy({ db })).toMatchObject({ runs: 3 });
    const left = await db.syncRun.findMany({ select: { phase: true } });
    expect(left.map(({ phase }) => phase).sort()).toEqual([
      'approved',
      'last import',
      'later',
      'running',
      'young',
    ]);
    expect(await tidy({ db })).toMatchObject({ runs: 0 });
  });

  it('R31 forgets sweeps of yesterday that found nothing, and keeps those that did something or failed', async () => {
    const { database } = await databaseOfThisTest();
    const db = database.prisma;
    const { id: businessId } = await makeBusiness(db);
    const run = async (phase: string, status: string, hours: number, counts: object, kind = 'sweep') => {
      const at = new Date(Date.now() - hours * 3_600_000);
      await db.syncRun.create({
        data: {
          id: uuidv7(),
          businessId,
          kind,
          phase,
          status,
          workflowId: 'test',
          actor: 'schedule',
          counts,
          startedAt: at,
          finishedAt: status === 'running' ? null : at,
        },
      });
    };
    const quiet = { visits: { created: 0, updated: 0, unchanged: 120 } };
    await run('quiet', 'completed', 25, quiet);
    await run('empty', 'completed', 25, {});
    await run('same', 'completed', 25, { platform: { compared: 0, marked: 0 } });
    await run('young', 'completed', 1, quiet);
    await run('busy', 'completed', 25, { visits: { created: 0, updated: 1, unchanged: 119 } });
    await run('failed', 'failed', 25, quiet);
    await run('open', 'running', 25, quiet);
    await run('import', 'completed', 25, quiet, 'full_sync');
    expect(await tidy({ db })).toMatchObject({ sweeps: 3 });
    const left = await db.syncRun.findMany({ select: { phase: true } });
    expect(left.map(({ phase }) => phase).sort()).toEqual(['busy', 'failed', 'import', 'open', 'young']);
  });
});
