/** The daily anchor outside of the database (R42): a chain that was cut off and sealed again is missed. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { anchorsIn, verifyAudit } from '../../../cli/audit/verify.ts';
import { createApiClient } from '../../../cli/api-client.ts';
import { EXIT } from '../../../cli/exit-codes.ts';
import { noteAnchors, parseAnchor } from '../../../infra/audit/anchors.ts';
import { appendAudit } from '../../../infra/audit/index.ts';
import { outputOf } from '../../unit/cli/support/captured.ts';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { lineOf, tamper } from './support/trail.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'anchors-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** What goes to the log, for looking. */
function notebook() {
  const said: { readonly level: 'info' | 'error'; readonly fields: object }[] = [];
  const note = (level: 'info' | 'error') => (fields: object) => {
    said.push({ level, fields });
  };
  return { said, logger: { info: note('info'), error: note('error') } };
}

describe('the daily anchor', () => {
  it('is noted once for each state of a chain, in the log and in a file that only grows', async () => {
    const businessId = await api.business();
    const file = join(await folder(), 'deep', 'anchors.txt');
    const { said, logger } = notebook();
    const lines = async () =>
      (await readFile(file, 'utf8'))
        .trim()
        .split('\n')
        .map(parseAnchor)
        .filter((each) => each?.businessId === businessId);
    await appendAudit(api.prisma, { businessId }, [lineOf(1), lineOf(2)]);
    expect((await noteAnchors(api.prisma, { file, logger })).noted).toBeGreaterThanOrEqual(1);
    expect(await lines()).toMatchObject([{ seq: '2' }]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await noteAnchors(api.prisma, { file, logger })).toEqual({ noted: 0, missed: 0 });
    await appendAudit(api.prisma, { businessId }, [lineOf(3)]);
    expect(await noteAnchors(api.prisma, { file, logger })).toEqual({ noted: 1, missed: 0 });
    expect(await lines()).toMatchObject([{ seq: '2' }, { seq: '3' }]);
    const anchors = said.map(({ fields }) => Reflect.get(fields, 'anchor') as unknown);
    expect(anchors).toContainEqual(expect.stringMatching(new RegExp(`^${businessId}:3:[0-9a-f]{64}$`)));
    expect(await noteAnchors(api.prisma, { file: null, logger })).toMatchObject({ missed: 0 });
  });

  it('is missed by the next one, and by audit verify, where the chain was cut off and sealed again', async () => {
    const businessId = await api.business();
    const file = join(await folder(), 'anchors.txt');
    const { said, logger } = notebook();
    await appendAudit(
      api.prisma,
      { businessId },
      [1, 2, 3, 4].map((n) => lineOf(n)),
    );
    await noteAnchors(api.prisma, { file, logger });
    const client = createApiClient(api.url, api.adminToken);
    const verify = async () =>
      verifyAudit(client, { business: businessId, anchor: await anchorsIn(file) }, outputOf(true).output);
    expect(await verify()).toBe(EXIT.ok);
    await tamper(
      api.database,
      `DELETE FROM booksy_audit_log WHERE business_id = '${businessId}' AND seq > 3`,
      `UPDATE booksy_audit_heads h SET seq = 3, hash = l.hash FROM booksy_audit_log l
        WHERE h.chain_id = l.business_id AND l.business_id = '${businessId}' AND l.seq = 3`,
    );
    expect(await verify()).toBe(EXIT.failed);
    expect(await noteAnchors(api.prisma, { file, logger })).toMatchObject({ missed: 1 });
    expect(said.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { businessId, seq: '4', code: 'audit_anchor_missed' } },
    ]);
    // It stays in the file: what was forged cannot grow over it.
    expect(await verify()).toBe(EXIT.failed);
  });
});
