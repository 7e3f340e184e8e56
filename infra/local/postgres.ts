import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { startChild, type Child, type Exit, type LineLog } from './child.ts';
import { makeFolder } from './data-folder.ts';
import { codeOf, LocalError, messageOf } from './errors.ts';
import { freePort, isPortFree, LOOPBACK, portTaken } from './ports.ts';
import {
  choosePostgresUser,
  findPostgresPrograms,
  type PostgresPrograms,
  type RunAs,
} from './postgres-program.ts';
import { initialiseCluster, SUPERUSER } from './postgres-cluster.ts';
import { commandLineOf, endProcess, identify } from './processes.ts';

/** The database that Booksy Sync uses on an embedded server. */
export const DATABASE_NAME = 'booksy_sync';
const START_TIMEOUT_MS = 60_000;

export type PostgresOptions = {
  /** The data folder; the cluster lives in `<dataDir>/postgres`, its password in `<dataDir>/postgres.password`. */
  readonly dataDir: string;
  /** Port to listen on; a free one by default. */
  readonly port?: number | undefined;
  /** Server settings beside ours, e.g. `{ fsync: 'off' }` for a server that is thrown away. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log: LineLog;
};

/** A PostgreSQL server that we started and must stop. */
export type LocalPostgres = {
  /** Connection string of the database `booksy_sync`. Holds the password: not for logs. */
  readonly url: string;
  /** The same for the database `postgres`: to create and drop databases. */
  readonly adminUrl: string;
  readonly port: number;
  readonly pid: number;
  /** Resolves when the server has ended, wanted or not. */
  readonly exited: Promise<Exit>;
  lastLines(): readonly string[];
  /** Stops it: open transactions are rolled back, everything committed is on disk. `hurry` cuts the wait short. */
  stop(options?: { hurry?: boolean }): Promise<void>;
};

/**
 * Starts the embedded PostgreSQL of a data folder, initialising it on first use. Listens on loopback only. What a killed
 * run left behind (its lock file, or the orphaned server itself) is cleared first.
 * @throws LocalError `port_taken`, `postgres_binaries_missing`, `folder_closed_to_postgres`, `postgres_start_failed`, …
 */
export async function startPostgres(options: PostgresOptions): Promise<LocalPostgres> {
  const dataDir = path.resolve(options.dataDir);
  const cluster = path.join(dataDir, 'postgres');
  const programs = await findPostgresPrograms();
  makeFolder(dataDir);
  const runAs = choosePostgresUser([path.dirname(programs.postgres), dataDir]);
  const password = keptPassword(dataDir, cluster);
  if (!existsSync(path.join(cluster, 'PG_VERSION'))) {
    await initialiseCluster(programs, runAs, cluster, password, options.log);
  }
  await clearLeftovers(cluster, options.log);

  const { child, port } = await startServer(programs, runAs, cluster, options);
  const url = (database: string): string =>
    `postgresql://${SUPERUSER}:${encodeURIComponent(password)}@${LOOPBACK}:${port}/${database}`;
  try {
    await createOurDatabase(url('postgres'), url(DATABASE_NAME));
  } catch (error) {
    await child.stop({ signal: 'SIGINT' });
    throw error;
  }
  return {
    url: url(DATABASE_NAME),
    adminUrl: url('postgres'),
    port,
    pid: child.pid,
    exited: child.exited,
    lastLines: child.lastLines,
    async stop({ hurry = false } = {}) {
      // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients. SIGQUIT does without a checkpoint.
      await child.stop({ signal: hurry ? 'SIGQUIT' : 'SIGINT', graceMs: hurry ? 3_000 : 20_000 });
    },
  };
}

function keptPassword(dataDir: string, cluster: string): string {
  const file = path.join(dataDir, 'postgres.password');
  if (existsSync(file)) {
    // A copied folder may have come with looser permissions.
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
    return readFileSync(file, 'utf8').trim();
  }
  if (existsSync(path.join(cluster, 'PG_VERSION'))) {
    throw new LocalError(
      'postgres_password_missing',
      `${file} is missing, so nobody can sign in to the database in ${cluster}.`,
      'Bring the file back from a backup, or choose another folder with --data.',
    );
  }
  const password = randomBytes(24).toString('base64url');
  writeFileSync(file, `${password}\n`, { mode: 0o600, flag: 'wx' });
  return password;
}

/**
 * Clears what a killed run left: the orphaned server of this very folder is stopped, a lock file of a server that is
 * gone is removed (PostgreSQL refuses to start when an unrelated process has inherited the recorded pid).
 */
async function clearLeftovers(cluster: string, log: LineLog): Promise<void> {
  const lockFile = path.join(cluster, 'postmaster.pid');
  const pid = readPid(lockFile);
  if (pid === null) return;
  const process = identify(pid);
  if (process && isServerOf(pid, cluster)) {
    log(`an earlier run left PostgreSQL running (pid ${pid}): stopping it`);
    await endProcess(process, { signal: 'SIGINT', graceMs: 15_000 });
  }
  if (readPid(lockFile) === pid) {
    log(`removing the lock file of a PostgreSQL that no longer runs (pid ${pid})`);
    rmSync(lockFile, { force: true });
  }
}

function readPid(lockFile: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(lockFile, 'utf8'), 10);
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

function isServerOf(pid: number, cluster: string): boolean {
  return ` ${commandLineOf(pid)} `.includes(` -D ${cluster} `);
}

async function startServer(
  programs: PostgresPrograms,
  runAs: RunAs,
  cluster: string,
  { port: wanted, settings, log }: PostgresOptions,
): Promise<{ child: Child; port: number }> {
  if (wanted && !(await isPortFree(wanted)))
    throw portTaken(wanted, 'PostgreSQL', '--postgres-port or POSTGRES_PORT');
  // The port may be lost to another program between choosing and listening; the memory of a killed server may take a
  // moment to be released. Both heal by trying again.
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted || (await freePort());
    const { file, args } = runAs.command(programs.postgres, [
      '-D',
      cluster,
      '-p',
      String(port),
      ...flags(settings),
    ]);
    const child = await startChild(
      file,
      args,
      {
        ...runAs.ids,
        cwd: '/',
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, LC_MESSAGES: 'C', LC_ALL: 'C', TZ: 'UTC' },
      },
      log,
    );
    if (await becomesReady(child)) return { child, port };
    await child.stop({ signal: 'SIGINT', graceMs: 3_000 });
    const said = child.lastLines().join(' | ');
    const passing = /could not bind|Address already in use|still in use/.test(said);
    if (attempt >= 5 || !passing) {
      throw new LocalError(
        'postgres_start_failed',
        `PostgreSQL did not start: ${said.slice(-800)}`,
        'Mend what the message names. The data in the folder was not changed.',
      );
    }
    await delay(300 * attempt);
  }
}

function flags(extra: Readonly<Record<string, string>> = {}): string[] {
  const settings = {
    listen_addresses: LOOPBACK,
    // No socket file: its path may be too long, and the password is the only way in.
    unix_socket_directories: '',
    max_connections: '120',
    shared_preload_libraries: 'pg_stat_statements',
    'pg_stat_statements.max': '10000',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...extra,
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** True once the server says that it accepts connections, false when it ends first or takes too long. */
async function becomesReady(child: Child): Promise<boolean> {
  let ended = false;
  void child.exited.then(() => (ended = true));
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!ended && performance.now() < deadline) {
    if (child.lastLines().some((line) => line.includes('database system is ready to accept connections')))
      return true;
    await delay(20);
  }
  return false;
}

async function createOurDatabase(adminUrl: string, url: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE_NAME]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE_NAME}`);
  });
  await withClient(url, async (client) => {
    await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  });
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    await work(client);
  } catch (error) {
    if (codeOf(error) === '28P01') {
      throw new LocalError(
        'postgres_password_wrong',
        'The password kept in the data folder is not the one of its database.',
        'Bring postgres.password back from a backup, or choose another folder with --data.',
        { cause: error },
      );
    }
    throw new LocalError(
      'postgres_unusable',
      `PostgreSQL started but cannot be used: ${messageOf(error)}`,
      'See the log of PostgreSQL in the data folder.',
      { cause: error },
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}
