import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { migrate } from '../../../infra/database/migrate.ts';
import { emptyDatabase, migrationNames, quiet } from './support/empty.ts';

const NAME = '20261123000008_resolutions';

async function folderUpTo(last: 'before it' | 'with it'): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'migrations-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const names = await migrationNames();
  for (const name of names.slice(0, names.indexOf(NAME) + (last === 'with it' ? 1 : 0)))
    await cp(`prisma/migrations/${name}`, path.join(folder, name), { recursive: true });
  return folder;
}

it('moves the wishes that are there to their column, and those that the release before still writes', async () => {
  const { url, pool } = await emptyDatabase();
  await migrate(url, { ...quiet, folder: await folderUpTo('before it') });
  const insert = (reason: string, detail: object) =>
    pool.query(
      `INSERT INTO booksy_sync_conflicts (id, business_id, kind, entity, detail, external_id)
       VALUES (gen_random_uuid(), gen_random_uuid(), 'field', 'booking', $1, $2)`,
      [{ reason, ...detail }, reason],
    );
  await insert('wanted', { notifyAdmin: true });
  await insert('unwanted', { notifyAdmin: false });
  await insert('unseen', {});
  await migrate(url, { ...quiet, folder: await folderUpTo('with it') });
  await insert('late', { notifyAdmin: true });
  await pool.query(
    `UPDATE booksy_sync_conflicts SET detail = detail || '{"notifyAdmin": true}' WHERE external_id = 'unseen'`,
  );
  const { rows } = await pool.query(
    'SELECT external_id AS name, detail, notify_admin AS wish FROM booksy_sync_conflicts ORDER BY 1',
  );
  expect(rows).toEqual(
    [
      ['late', true],
      ['unseen', true],
      ['unwanted', false],
      ['wanted', true],
    ].map(([name, wish]) => ({ name, detail: { reason: name }, wish })),
  );
});
