import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { startChild, type Child } from '../../infra/local/child.ts';
import { startPostgres, type LocalPostgres } from '../../infra/local/postgres.ts';
import { choosePostgresUser, findPostgresPrograms } from '../../infra/local/postgres-program.ts';
import { freePort, LOOPBACK } from '../../infra/local/ports.ts';
import { eventually } from './eventually.ts';
import { createRunFolder, startWatchdog } from './servers.ts';

/** A primary and a streaming replica of it, both of their own: the tests stop and pause them. */
export interface ReplicatedPostgres {
  readonly primary: LocalPostgres;
  /** The database `booksy_sync` on the replica. */
  readonly replicaUrl: string;
  /** Runs one statement as superuser and returns its first row. */
  onPrimary(statement: string): Promise<Record<string, unknown> | undefined>;
  onReplica(statement: string): Promise<Record<string, unknown> | undefined>;
  /** Waits until the replica has replayed all that the primary has written. */
  caughtUp(): Promise<void>;
  /** Ends the replica as a crash would. */
  killReplica(): Promise<void>;
  /** Starts it again at the same address. */
  startReplica(): Promise<void>;
  /** Makes the replica a primary of its own. */
  promoteReplica(): Promise<void>;
  stop(): Promise<void>;
}

/** Test data need not survive a power cut. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Starts both. Whatever happens to this process, they are stopped and removed. */
export async function startReplicatedPostgres(): Promise<ReplicatedPostgres> {
  const watchdog = startWatchdog();
  const folder = await createRunFolder(watchdog);
  const primary = await startPostgres({
    dataDir: join(folder, 'primary'),
    settings: SETTINGS,
    log: () => undefined,
  });
  watchdog.watch(primary.pid, 'SIGINT');
  const port = await freePort();
  const cluster = join(folder, 'replica', 'postgres');
  await copyCluster(primary.adminUrl, join(folder, 'primary', 'postgres'), cluster);

  let child: Child | null = null;
  const startReplica = async () => {
    child = await startStandby(cluster, port);
    watchdog.watch(child.pid, 'SIGINT');
  };
  const killReplica = async () => {
    if (child === null) return;
    // SIGQUIT drops everything at once; SIGKILL would leave the server's children to find out.
    await child.stop({ signal: 'SIGQUIT', graceMs: 3_000 });
    watchdog.forget(child.pid);
    child = null;
  };
  await startReplica();
  const replicaUrl = new URL(primary.url);
  replicaUrl.port = String(port);
  const onPrimary = (statement: string) => oneRow(primary.url, statement);
  const onReplica = (statement: string) => oneRow(replicaUrl.href, statement);
  return {
    primary,
    replicaUrl: replicaUrl.href,
    onPrimary,
    onReplica,
    async caughtUp() {
      const end = await onPrimary('SELECT pg_current_wal_insert_lsn()::text AS lsn');
      await eventually(async () => {
        const row = await onReplica(
          `SELECT pg_last_wal_replay_lsn() >= '${String(end?.['lsn'])}'::pg_lsn AS there`,
        );
        return row?.['there'] === true ? true : undefined;
      });
    },
    killReplica,
    startReplica,
    async promoteReplica() {
      await onReplica('SELECT pg_promote(true, 30)');
    },
    async stop() {
      await killReplica();
      await primary.stop({ hurry: true });
      await watchdog.release();
    },
  };
}

/** What pg_basebackup does, which does not come with the binaries: the folder is copied between start and stop of a backup. */
async function copyCluster(adminUrl: string, from: string, to: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(`SELECT pg_backup_start('replica', true)`);
    mkdirSync(to, { recursive: true });
    cpSync(from, to, {
      recursive: true,
      // Its log comes by streaming; what belongs to the running process must not come along.
      filter: (source) => !/\/(postmaster\.(pid|opts)|pg_wal\/.+|pg_replslot\/.+)$/.test(source),
    });
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    writeFileSync(join(to, 'backup_label'), rows[0]?.labelfile ?? '');
  } finally {
    await client.end();
  }
  const { hostname, port, username, password } = new URL(adminUrl);
  const source = `host=${hostname} port=${port} user=${username} password=${decodeURIComponent(password)}`;
  chmodSync(to, 0o700);
  writeFileSync(join(to, 'standby.signal'), '');
  writeFileSync(join(to, 'postgresql.auto.conf'), `primary_conninfo = '${source}'\n`);
  rmSync(join(to, 'backup_label.old'), { force: true });
  const { owner } = choosePostgresUser([dirname(to)]);
  if (owner === null) return;
  chownSync(to, owner.uid, owner.gid);
  for (const name of readdirSync(to, { recursive: true, encoding: 'utf8' })) {
    chownSync(join(to, name), owner.uid, owner.gid);
  }
}

async function startStandby(cluster: string, port: number): Promise<Child> {
  const { postgres } = await findPostgresPrograms();
  const runAs = choosePostgresUser([postgres, cluster].map((path) => join(path, '..')));
  const settings = {
    listen_addresses: LOOPBACK,
    unix_socket_directories: '',
    // Not fewer than the primary's, or it refuses to start.
    max_connections: '120',
    shared_preload_libraries: 'pg_stat_statements',
    hot_standby: 'on',
    ...SETTINGS,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const { file, args } = runAs.command(postgres, ['-D', cluster, '-p', String(port), ...flags]);
  const child = await startChild(
    file,
    args,
    { ...runAs.ids, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'C' } },
    () => undefined,
  );
  await eventually(() => {
    const lines = child.lastLines();
    if (child.process.exitCode !== null) throw new Error(`The replica ended: ${lines.slice(-5).join(' | ')}`);
    return lines.some((line) => line.includes('ready to accept read-only connections')) ? true : undefined;
  });
  return child;
}

async function oneRow(url: string, statement: string): Promise<Record<string, unknown> | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows[0];
  } finally {
    await client.end();
  }
}
