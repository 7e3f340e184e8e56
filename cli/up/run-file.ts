import { rmSync } from 'node:fs';
import { readJson, writePrivate, type DataFolder } from '../../infra/local/data-folder.ts';
import { endProcess, identify, isStillRunning, type ProcessIdentity } from '../../infra/local/processes.ts';
import type { Part } from './supervisor.ts';

/** Where the parts of a running `up` are; other commands find them by it. Holds secrets: mode 0600. */
export type Addresses = {
  readonly api: string;
  readonly temporalUi: string | null;
  readonly temporalAddress: string;
  readonly simulator: string | null;
  readonly databaseUrl: string;
  readonly adminToken: string;
};

type RecordedPart = ProcessIdentity & { readonly name: string };

const FILE = 'run.json';

/** Records the processes started so far and, once known, the addresses. Called after each start. */
export function writeRunFile(
  folder: DataFolder,
  parts: readonly Part[],
  addresses: Partial<Addresses>,
): void {
  const recorded = parts.flatMap((part) => {
    const identity = identify(part.pid);
    return identity === null ? [] : [{ ...identity, name: part.name }];
  });
  writePrivate(folder.file(FILE), { pid: process.pid, parts: recorded, ...addresses });
}

export function removeRunFile(folder: DataFolder): void {
  rmSync(folder.file(FILE), { force: true });
}

/** The addresses of the `up` that runs on the folder; members that are not known yet are missing. */
export function readRunFile(folder: DataFolder): Partial<Addresses> {
  const value = readJson(folder.file(FILE));
  if (value === null) return {};
  const text = (name: keyof Addresses): Partial<Addresses> => {
    const member: unknown = Reflect.get(value, name);
    return typeof member === 'string' ? { [name]: member } : {};
  };
  return {
    ...text('api'),
    ...text('temporalUi'),
    ...text('temporalAddress'),
    ...text('simulator'),
    ...text('databaseUrl'),
    ...text('adminToken'),
  };
}

/**
 * Ends what a killed supervisor left running, newest first. A process is ended only when it is the very one that was
 * recorded: its start mark must match, a reused pid is left alone.
 */
export async function endOrphans(folder: DataFolder, say: (line: string) => void): Promise<void> {
  for (const orphan of recordedParts(folder).reverse()) {
    if (!isStillRunning(orphan)) continue;
    say(`an earlier run was killed and left ${orphan.name} running (pid ${orphan.pid}): stopping it`);
    await endProcess(orphan, { signal: orphan.name === 'PostgreSQL' ? 'SIGINT' : 'SIGTERM' });
  }
  removeRunFile(folder);
}

function recordedParts(folder: DataFolder): RecordedPart[] {
  const value = readJson(folder.file(FILE));
  const parts: unknown = value === null ? null : Reflect.get(value, 'parts');
  if (!Array.isArray(parts)) return [];
  return parts.flatMap((part: unknown) => {
    if (typeof part !== 'object' || part === null) return [];
    const { pid, startMark, name }: { pid?: unknown; startMark?: unknown; name?: unknown } = part;
    return typeof pid === 'number' && typeof startMark === 'string' && typeof name === 'string'
      ? [{ pid, startMark, name }]
      : [];
  });
}
