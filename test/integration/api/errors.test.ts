import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EXPLAINED } from '../../../api/errors/reasons.ts';
import { errorSchema, type SyncError } from '../../../api/errors/schema.ts';
import { ERROR_RULES } from '../../../booksy/errors.ts';
import { REJECT_REASONS } from '../../../domain/observed.ts';
import { recordSyncId } from '../../../infra/temporal/launch.ts';
import { SCOPES } from '../../../infra/tokens.ts';
import { idleLauncher, silentLauncher, startTestApi, type TestApi } from './support/api.ts';
import { using } from './support/salon.ts';
import { auditOf, quarantineRow, runRow, windowRow } from './support/rows.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const note = z.object({ code: z.string(), message: z.string(), nextStep: z.string() });
const pageSchema = z
  .object({ errors: z.array(errorSchema.strict()), nextCursor: z.string().nullable(), notes: z.array(note) })
  .strict();

const ERRORS = '/api/admin/booksy/errors';
const HOUR_MS = 3_600_000;

async function salon() {
  const id = await api.business('Salon Pod Wierzbą');
  const { token, tokenId } = await api.token(SCOPES, [id]);
  return { id, token, actor: `api:${tokenId}` };
}

async function list(token: string, query = '', of: TestApi = api) {
  const answer = await of.send(`${ERRORS}${query}`, { token });
  expect(answer.status, answer.text).toBe(200);
  return pageSchema.parse(answer.json);
}

const post = (path: string, token: string, more: object = {}, of: TestApi = api) =>
  of.send(`${ERRORS}/${path}`, { method: 'POST', token, ...more });

const ago = (hours: number) => new Date(Date.now() - hours * HOUR_MS);

describe('GET /api/admin/booksy/errors', () => {
  it('tells of records in quarantine: what, why, what to do', async () => {
    const { id, token } = await salon();
    const run = await runRow(api, { businessId: id });
    const record = await quarantineRow(api, { businessId: id, externalId: '4711', runId: run });
    const { errors, notes } = await list(token);
    expect(notes).toEqual([]);
    expect(errors).toMatchObject([
      {
        id: `quarantine:${record}`,
        kind: 'quarantine',
        businessId: id,
        businessName: 'Salon Pod Wierzbą',
        entity: 'booking',
        externalId: '4711',
        reasonCode: 'unparseable',
        reason: 'Booksy shows this record in a form that cannot be read. booked_from is no local time.',
        nextStep: 'Correct the record in Booksy, then run the sync again.',
        field: 'booked_from',
        urgent: false,
        affected: null,
        operation: `/api/admin/booksy/operations/${run}`,
        actions: ['retry'],
      },
    ]);
    const one = await api.send(`${ERRORS}/quarantine:${record}`, { token });
    expect(one.json).toEqual({ error: errors[0], notes: [] });
    await api.prisma.quarantine.update({ where: { id: record }, data: { releasedAt: new Date() } });
    expect((await list(token)).errors).toEqual([]);
    expect((await api.send(`${ERRORS}/quarantine:${record}`, { token })).status).toBe(404);
  });

  it('tells of a window that is held back: the number, and how it is released', async () => {
    const { id, token } = await salon();
    const entry = await windowRow(api, {
      businessId: id,
      affected: 14,
      urgentAt: new Date(Date.now() + HOUR_MS),
    });
    const { errors } = await list(token);
    expect(errors).toMatchObject([{ affected: 14, urgent: true, actions: ['release', 'retry'] }]);
    expect(errors[0]?.nextStep).toContain(`POST ${ERRORS}/quarantine:${entry}/release with {"affected":14}`);
  });

  it('tells of runs that failed, once for several failures in a row, until a later run has mended it', async () => {
    const { id, token } = await salon();
    const first = ago(5);
    await runRow(api, { businessId: id, status: 'failed', startedAt: first });
    await runRow(api, { businessId: id, status: 'cancelled', startedAt: ago(4) });
    const last = await runRow(api, {
      businessId: id,
      status: 'failed',
      startedAt: ago(3),
      errorCode: 'schema_drift',
    });
    const { errors } = await list(token);
    expect(errors).toMatchObject([
      {
        id: `run:${last}`,
        kind: 'run',
        entity: null,
        reasonCode: 'schema_drift',
        reason: 'Booksy changed the shape of its answers.',
        firstSeenAt: first.toISOString(),
        operation: `/api/admin/booksy/operations/${last}`,
        actions: ['retry'],
      },
    ]);
    expect(errors[0]?.nextStep).toContain(`POST ${ERRORS}/run:${last}/retry`);
    // A dry run that goes well proves nothing for the real one; the real one mends both.
    await runRow(api, { businessId: id, mode: 'dry_run', startedAt: ago(2) });
    expect((await list(token)).errors).toHaveLength(1);
    await runRow(api, { businessId: id, mode: 'dry_run', status: 'failed', startedAt: ago(1.5) });
    expect((await list(token)).errors).toHaveLength(2);
    await runRow(api, { businessId: id, startedAt: ago(1) });
    expect((await list(token)).errors).toEqual([]);
  });

  it('tells of which record a failed record sync was, and a full sync mends it', async () => {
    const { id, token } = await salon();
    const workflowId = recordSyncId({ businessId: id, entity: 'profile', externalId: '77' });
    const failed = { businessId: id, kind: 'record_sync', workflowId, status: 'failed', startedAt: ago(2) };
    await runRow(api, failed);
    expect((await list(token, '?kind=run')).errors).toMatchObject([{ entity: 'profile', externalId: '77' }]);
    await runRow(api, { businessId: id, startedAt: ago(1) });
    expect((await list(token)).errors).toEqual([]);
  });

  it('tells of a run under way whose step fails and is tried again', async () => {
    const { id, token } = await salon();
    const runId = randomUUID();
    const nextAttemptAt = new Date(Date.now() + 60_000).toISOString();
    const launcher = idleLauncher({
      listOpen: () =>
        Promise.resolve([
          {
            workflowId: 'any',
            temporalRunId: randomUUID(),
            kind: 'full_sync',
            businessId: id,
            runId,
            mode: 'apply',
            startedAt: ago(1).toISOString(),
          },
        ]),
      failingStep: () =>
        Promise.resolve({
          name: 'walkVisits',
          attempt: 4,
          code: 'unavailable',
          lastFailedAt: ago(0.5).toISOString(),
          nextAttemptAt,
        }),
    });
    await using({ deps: { prisma: api.prisma, launcher } }, async (other) => {
      const { errors } = await list(token, '', other);
      expect(errors).toMatchObject([
        {
          id: `open:${runId}`,
          kind: 'open',
          reasonCode: 'unavailable',
          reason: 'Booksy does not answer properly. The step walkVisits is tried again: attempt 4.',
          attempt: 4,
          nextAttemptAt,
          actions: [],
        },
      ]);
      expect((await list(token, '?kind=run', other)).errors).toEqual([]);
      const refused = await post(`open:${runId}/retry`, token, {}, other);
      expect([refused.status, refused.json]).toMatchObject([409, { code: 'not_retryable' }]);
      expect(
        (await post(`open:${runId}/release`, token, { body: { affected: 1 } }, other)).json,
      ).toMatchObject({
        code: 'not_releasable',
      });
    });
  });

  it('answers from the database, with a note, while Temporal is away', async () => {
    const { id, token } = await salon();
    await quarantineRow(api, { businessId: id });
    await using({ deps: { prisma: api.prisma, launcher: silentLauncher() } }, async (lame) => {
      const { errors, notes } = await list(token, '', lame);
      expect(errors).toHaveLength(1);
      expect(notes).toMatchObject([{ code: 'temporal_unavailable' }]);
      expect((await list(token, '?kind=quarantine', lame)).notes).toEqual([]);
    });
  });

  it('pages over all kinds as one list, urgent ones first, without a gap or a double', async () => {
    const { id, token } = await salon();
    const at = ago(10);
    for (let n = 0; n < 7; n += 1) {
      // Pairs of the same moment: there the id decides.
      await quarantineRow(api, {
        businessId: id,
        lastSeenAt: new Date(at.getTime() + Math.floor(n / 2) * 1000),
      });
      await runRow(api, {
        businessId: id,
        kind: 'record_sync',
        workflowId: recordSyncId({ businessId: id, entity: 'booking', externalId: String(n) }),
        status: 'failed',
        startedAt: new Date(at.getTime() + Math.floor(n / 2) * 1000),
      });
    }
    const urgent = await quarantineRow(api, { businessId: id, lastSeenAt: ago(100), urgentAt: new Date() });
    await quarantineRow(api, {
      businessId: id,
      lastSeenAt: ago(101),
      urgentAt: new Date(Date.now() + 30 * HOUR_MS),
    });
    const whole = await list(token);
    expect(whole.nextCursor).toBeNull();
    expect(whole.errors).toHaveLength(16);
    expect(whole.errors[0]?.id).toBe(`quarantine:${urgent}`);
    const times = whole.errors.slice(1).map(({ lastSeenAt }) => lastSeenAt);
    expect(times).toEqual([...times].sort().reverse());
    const paged: SyncError[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: z.output<typeof pageSchema> = await list(
        token,
        `?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      paged.push(...page.errors);
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(whole.errors);
    expect((await list(token, '?kind=run')).errors).toHaveLength(7);
    for (const bad of ['cursor=WzFd', 'kind=all', 'limit=0']) {
      expect((await api.send(`${ERRORS}?${bad}`, { token })).status, bad).toBe(400);
    }
  });

  it('has words for every reason of the engine', () => {
    expect(EXPLAINED.records).toEqual(
      expect.arrayContaining([...REJECT_REASONS, 'unmapped', 'business_differs', 'blast_radius']),
    );
    expect(EXPLAINED.runs).toEqual(expect.arrayContaining(Object.keys(ERROR_RULES)));
  });
});

describe('POST /api/admin/booksy/errors/:id/release', () => {
  it('permits the number that was shown, once, says who, and starts the full sync', async () => {
    const { id, token, actor } = await salon();
    const entry = await windowRow(api, { businessId: id, affected: 14 });
    const answer = await post(`quarantine:${entry}/release`, token, { body: { affected: 14 } });
    expect([answer.status, answer.json]).toMatchObject([202, { released: { affected: 14 }, notes: [] }]);
    const { operation } = z.object({ operation: z.string() }).parse(answer.json);
    expect((await api.send(operation, { token })).json).toMatchObject({
      operation: { kind: 'full_sync', mode: 'apply' },
    });
    const row = await api.prisma.quarantine.findUniqueOrThrow({ where: { id: entry } });
    expect(row).toMatchObject({ releasedBy: actor, permitsLeft: 14 });
    expect(row.releasedAt).not.toBeNull();
    expect(await auditOf(api, id)).toMatchObject([
      {
        action: 'released',
        actor,
        reasonCode: 'blast_radius',
        entity: 'booking',
        externalId: 'window:future',
      },
    ]);
    const again = await post(`quarantine:${entry}/release`, token, { body: { affected: 14 } });
    expect(again.status).toBe(404);
  });

  it('is refused where the number has changed, and for any other entry', async () => {
    const { id, token } = await salon();
    const entry = await windowRow(api, { businessId: id, affected: 15 });
    const changed = await post(`quarantine:${entry}/release`, token, { body: { affected: 14 } });
    expect([changed.status, changed.json]).toMatchObject([409, { code: 'release_changed' }]);
    expect(changed.text).toContain('15');
    const record = await quarantineRow(api, { businessId: id });
    const failed = await runRow(api, { businessId: id, status: 'failed' });
    for (const other of [`quarantine:${record}`, `run:${failed}`]) {
      const answer = await post(`${other}/release`, token, { body: { affected: 1 } });
      expect([answer.status, answer.json]).toMatchObject([409, { code: 'not_releasable' }]);
    }
    expect((await post(`quarantine:${entry}/release`, token, { body: {} })).status).toBe(400);
    expect((await post('window:future/release', token, { body: { affected: 1 } })).status).toBe(400);
    expect(await auditOf(api, id)).toEqual([]);
    expect((await api.prisma.quarantine.findUniqueOrThrow({ where: { id: entry } })).releasedAt).toBeNull();
  });

  it('releases once for ten requests at the same moment', async () => {
    const { id, token } = await salon();
    const entry = await windowRow(api, { businessId: id });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post(`quarantine:${entry}/release`, token, { body: { affected: 7 } })),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(9);
    expect(await auditOf(api, id)).toHaveLength(1);
  });

  it('counts while Temporal is away, the business is held or a run is under way, and says what that means', async () => {
    const { id, token } = await salon();
    const release = async (of: TestApi = api) => {
      const entry = await windowRow(api, { businessId: id, externalId: `window:${randomUUID()}` });
      const answer = await post(`quarantine:${entry}/release`, token, { body: { affected: 7 } }, of);
      expect(answer.status, answer.text).toBe(202);
      const row = await api.prisma.quarantine.findUniqueOrThrow({ where: { id: entry } });
      expect(row.permitsLeft).toBe(7);
      return answer.json;
    };
    await using({ deps: { prisma: api.prisma, launcher: silentLauncher() } }, async (lame) => {
      expect(await release(lame)).toMatchObject({
        operation: null,
        notes: [{ code: 'temporal_unavailable' }],
      });
    });
    expect(await release()).toMatchObject({ notes: [] });
    expect(await release()).toMatchObject({ notes: [{ code: 'already_running' }] });
    await api.send(`/api/admin/booksy/businesses/${id}/pause`, { method: 'POST', token });
    expect(await release()).toMatchObject({ operation: null, notes: [{ code: 'business_paused' }] });
  });

  it('sent again with its key answers the same', async () => {
    const { id, token } = await salon();
    const entry = await windowRow(api, { businessId: id });
    const request = { body: { affected: 7 }, headers: { 'Idempotency-Key': randomUUID() } };
    const first = await post(`quarantine:${entry}/release`, token, request);
    const again = await post(`quarantine:${entry}/release`, token, request);
    expect([again.status, again.json]).toEqual([202, first.json]);
  });
});

describe('POST /api/admin/booksy/errors/:id/skip', () => {
  it('refuses what no workflow waits for, and tells nobody of another business’s', async () => {
    const { id, token } = await salon();
    const entry = await quarantineRow(api, { businessId: id });
    const refused = await post(`quarantine:${entry}/skip`, token);
    expect([refused.status, refused.json]).toMatchObject([409, { code: 'not_skippable' }]);
    const run = await runRow(api, { businessId: id, kind: 'record_sync' });
    const closed = await post(`record:${run}/skip`, token);
    expect([closed.status, closed.json]).toMatchObject([409, { code: 'error_closed' }]);
    const other = await salon();
    for (const error of [`quarantine:${entry}`, `record:${run}`, `open:${run}`])
      expect((await post(`${error}/skip`, other.token)).status).toBe(404);
    expect(await auditOf(api, id)).toEqual([]);
  });
});

describe('POST /api/admin/booksy/errors/:id/retry', () => {
  it('starts a record sync where the record can be read alone', async () => {
    const { id, token, actor } = await salon();
    const entry = await quarantineRow(api, { businessId: id, entity: 'booking', externalId: '4712' });
    const answer = await post(`quarantine:${entry}/retry`, token);
    expect([answer.status, answer.json]).toMatchObject([202, { state: 'started' }]);
    const workflow = api.client.workflow.getHandle(
      recordSyncId({ businessId: id, entity: 'booking', externalId: '4712' }),
    );
    expect((await workflow.describe()).status.name).toBe('RUNNING');
    await workflow.terminate();
    expect(await auditOf(api, id)).toMatchObject([
      { action: 'retried', actor, reasonCode: 'unparseable', entity: 'booking', externalId: '4712' },
    ]);
  });

  it('starts a full sync, in the mode of the run that failed, where it cannot', async () => {
    const make: ((id: string) => Promise<string>)[] = [
      async (id) => `quarantine:${await quarantineRow(api, { businessId: id, entity: 'time_off' })}`,
      async (id) => `quarantine:${await quarantineRow(api, { businessId: id, externalId: 'unreadable' })}`,
      async (id) => `quarantine:${await quarantineRow(api, { businessId: id, entity: 'variant' })}`,
      async (id) => `quarantine:${await windowRow(api, { businessId: id })}`,
      async (id) => `run:${await runRow(api, { businessId: id, status: 'failed' })}`,
    ];
    for (const error of make) {
      const { id, token } = await salon();
      const answer = await post(`${await error(id)}/retry`, token);
      expect([answer.status, answer.json]).toMatchObject([202, { state: 'started' }]);
      const status = await api.send('/api/admin/booksy/full-sync', { method: 'POST', token });
      expect(status.json).toMatchObject({ runs: [{ state: 'alreadyRunning', mode: 'apply' }] });
    }
    const { id, token } = await salon();
    const dry = await runRow(api, { businessId: id, status: 'failed', mode: 'dry_run' });
    await post(`run:${dry}/retry`, token);
    const status = await api.send('/api/admin/booksy/full-sync', { method: 'POST', token });
    expect(status.json).toMatchObject({ runs: [{ state: 'alreadyRunning', mode: 'dry_run' }] });
  });

  it('reads a variant by its service, where that is known', async () => {
    const { id, token } = await salon();
    const entry = await quarantineRow(api, { businessId: id, entity: 'variant', externalId: '31' });
    await api.prisma.mapping.create({
      data: {
        id: randomUUID(),
        businessId: id,
        entity: 'variant',
        externalId: '31',
        parentExternalId: '30',
        state: 'unsure',
        reason: 'name_only',
      },
    });
    await post(`quarantine:${entry}/retry`, token);
    const workflow = api.client.workflow.getHandle(
      recordSyncId({ businessId: id, entity: 'variant', externalId: '31' }),
    );
    const { events } = await workflow.fetchHistory();
    const payload = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
    expect(JSON.parse(Buffer.from(payload ?? new Uint8Array()).toString())).toMatchObject({
      parentExternalId: '30',
    });
    await workflow.terminate();
  });

  it('is refused while the business is held or Temporal is away, and leaves no trace', async () => {
    const { id, token } = await salon();
    const entry = await quarantineRow(api, { businessId: id });
    await using({ deps: { prisma: api.prisma, launcher: silentLauncher() } }, async (lame) => {
      const away = await post(`quarantine:${entry}/retry`, token, {}, lame);
      expect([away.status, away.json]).toMatchObject([503, { code: 'temporal_unavailable' }]);
    });
    expect(await auditOf(api, id)).toEqual([]);
    await api.send(`/api/admin/booksy/businesses/${id}/pause`, { method: 'POST', token });
    const heldBack = await post(`quarantine:${entry}/retry`, token);
    expect([heldBack.status, heldBack.json]).toMatchObject([409, { code: 'business_paused' }]);
  });
});
