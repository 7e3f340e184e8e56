import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { codeOf, LocalError, messageOf } from './errors.ts';
import { identify, isStillRunning, type ProcessIdentity } from './processes.ts';

/** Everything `booksy up` keeps is below one folder; who may read a secret is decided here. */
export type DataFolder = {
  readonly dir: string;
  /** Path of something in the folder. */
  file(...names: string[]): string;
};

/** Secrets that are made once per data folder. */
export type KeptSecrets = {
  /** base64 of 32 bytes. */
  readonly encryptionKey: string;
  readonly simulatorClientId: string;
  readonly simulatorClientSecret: string;
};

/** The process that holds a data folder. */
export type Holder = ProcessIdentity & { readonly startedAt: string };

/**
 * Opens (and makes) a data folder and proves that it can be written.
 * @throws LocalError `data_folder_unusable` naming the folder and the reason
 */
export function openDataFolder(dir: string): DataFolder {
  const absolute = path.resolve(dir);
  try {
    makeFolder(absolute);
    const probe = path.join(absolute, `.probe-${process.pid}-${randomBytes(4).toString('hex')}`);
    writeFileSync(probe, 'x', { flag: 'wx' });
    rmSync(probe);
  } catch (error) {
    throw new LocalError(
      'data_folder_unusable',
      `The data folder ${absolute} cannot be used: ${reasonOf(error)}.`,
      'Choose another folder with --data, or give this user the right to write there.',
      { cause: error },
    );
  }
  return { dir: absolute, file: (...names) => path.join(absolute, ...names) };
}

/**
 * Makes a folder and those above it. Not Node's `recursive`: on file systems such as /proc that loops for ever.
 * Under root others may pass, because the user that runs PostgreSQL must; files with secrets are closed one by one.
 */
export function makeFolder(dir: string): void {
  if (existsSync(dir)) return;
  const above = path.dirname(dir);
  if (above !== dir) makeFolder(above);
  try {
    mkdirSync(dir, { mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || !statSync(dir).isDirectory()) throw error;
  }
}

function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case 'EACCES':
    case 'EPERM':
      return 'this user may not write there';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a part of the path is a file, not a folder';
    case 'ENOENT':
      return 'the folder above it does not exist and cannot be made';
    case 'ENOSPC':
      return 'the disk is full';
    default:
      return messageOf(error);
  }
}

/**
 * Takes the folder for this process: a second `up` on it is refused, a lock of a process that is gone is taken over.
 * @returns gives the folder back
 * @throws LocalError `already_running` naming the process
 */
export function lockDataFolder(folder: DataFolder): () => void {
  const lock = folder.file('up.lock');
  const self = identify(process.pid);
  if (self === null)
    throw new LocalError('no_identity', 'This process cannot be identified.', 'Start again.');
  const holder: Holder = { ...self, startedAt: new Date().toISOString() };
  const mine = folder.file(`.up.lock-${process.pid}`);
  writeFileSync(mine, JSON.stringify(holder), { mode: 0o600 });
  try {
    // link() fails when the name exists: of two that start at once exactly one gets it, with its content complete.
    for (let attempt = 0; attempt < 5; attempt += 1) {
      try {
        linkSync(mine, lock);
        return () => {
          if (readHolder(lock)?.startMark === holder.startMark) rmSync(lock, { force: true });
        };
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
      }
      refuseIfHeld(folder);
      // Stale. Renamed first: only one of several can rename it, the others try again and find the new lock.
      const stale = folder.file(`.up.lock-stale-${process.pid}`);
      try {
        renameSync(lock, stale);
        rmSync(stale, { force: true });
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
      }
    }
  } finally {
    rmSync(mine, { force: true });
  }
  throw alreadyRunning(folder, readHolder(lock));
}

/** The process that runs `up` on this folder now, or null. */
export function holderOf(folder: DataFolder): Holder | null {
  const holder = readHolder(folder.file('up.lock'));
  return holder && isStillRunning(holder) ? holder : null;
}

function refuseIfHeld(folder: DataFolder): void {
  const holder = holderOf(folder);
  if (holder) throw alreadyRunning(folder, holder);
}

function alreadyRunning(folder: DataFolder, holder: Holder | null): LocalError {
  const who = holder === null ? 'another process' : `process ${holder.pid}, started ${holder.startedAt}`;
  return new LocalError(
    'already_running',
    `Booksy Sync already runs on ${folder.dir} (${who}).`,
    'Use the running one, stop it with Ctrl-C where it runs, or start a second copy with --data OTHER_FOLDER.',
  );
}

function readHolder(lock: string): Holder | null {
  const value = readJson(lock);
  if (value === null || !('pid' in value) || !('startMark' in value) || !('startedAt' in value)) return null;
  const { pid, startMark, startedAt } = value;
  if (typeof pid !== 'number' || typeof startMark !== 'string' || typeof startedAt !== 'string') return null;
  return { pid, startMark, startedAt };
}

/** The secrets of this folder, made on first use, in a file that only this user may read. */
export function keptSecrets(folder: DataFolder): KeptSecrets {
  const file = folder.file('secrets.json');
  const value = readJson(file);
  if (value === null && existsSync(file)) throw damaged(file);
  if (value !== null) {
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
    const { encryptionKey, simulatorClientId, simulatorClientSecret } = { ...emptySecrets, ...value };
    if (
      typeof encryptionKey !== 'string' ||
      typeof simulatorClientId !== 'string' ||
      typeof simulatorClientSecret !== 'string'
    ) {
      throw damaged(file);
    }
    return { encryptionKey, simulatorClientId, simulatorClientSecret };
  }
  const made: KeptSecrets = {
    encryptionKey: randomBytes(32).toString('base64'),
    simulatorClientId: `sandbox-${randomBytes(6).toString('hex')}`,
    simulatorClientSecret: randomBytes(24).toString('base64url'),
  };
  writePrivate(file, made);
  return made;
}

const emptySecrets: Record<keyof KeptSecrets, unknown> = {
  encryptionKey: undefined,
  simulatorClientId: undefined,
  simulatorClientSecret: undefined,
};

function damaged(file: string): LocalError {
  // Never made anew: what the old key sealed would be lost for good.
  return new LocalError(
    'secrets_damaged',
    `${file} is damaged: it holds the key of what is sealed in the database.`,
    'Bring the file back from a backup, or choose another folder with --data.',
  );
}

/** Writes a small JSON file that only this user may read; a reader sees the old or the new one, never half. */
export function writePrivate(file: string, value: unknown): void {
  const fresh = `${file}.${process.pid}.new`;
  writeFileSync(fresh, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, file);
}

/** The object in a JSON file; null when the file is missing or holds something else. */
export function readJson(file: string): object | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}
