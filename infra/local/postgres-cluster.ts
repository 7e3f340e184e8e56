import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startChild, type LineLog } from './child.ts';
import { LocalError } from './errors.ts';
import type { PostgresPrograms, RunAs } from './postgres-program.ts';

/** Owner of everything in an embedded cluster. */
export const SUPERUSER = 'postgres';

/** Builds the cluster beside its place and renames it, so that an interrupted start leaves no half cluster. */
export async function initialiseCluster(
  programs: PostgresPrograms,
  runAs: RunAs,
  cluster: string,
  password: string,
  log: LineLog,
): Promise<void> {
  const fresh = `${cluster}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  const passwordFile = path.join(tmpdir(), `booksy-sync-${randomBytes(9).toString('hex')}`);
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600, flag: 'wx' });
  if (runAs.owner) {
    for (const item of [fresh, passwordFile]) chownSync(item, runAs.owner.uid, runAs.owner.gid);
  }
  try {
    const { file, args } = runAs.command(programs.initdb, [
      `--pgdata=${fresh}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--locale-provider=builtin',
      '--data-checksums',
      '--no-instructions',
    ]);
    const child = await startChild(
      file,
      args,
      { ...runAs.ids, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] },
      log,
    );
    const exit = await child.exited;
    if (exit.code !== 0) {
      throw new LocalError(
        'postgres_init_failed',
        `PostgreSQL could not set up ${cluster}: ${child.lastLines().slice(-5).join(' | ')}`,
        'Mend what the message names (disk space, rights of the folder), or choose another folder with --data.',
      );
    }
    renameSync(fresh, cluster);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(fresh, { recursive: true, force: true });
  }
}
