import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptSecrets, lockDataFolder, openDataFolder } from '../../../infra/local/data-folder.ts';
import { identify } from '../../../infra/local/processes.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'booksy-sync-test-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe('the data folder', () => {
  it('is refused when it cannot be written, with the reason', () => {
    const file = path.join(dir, 'file');
    writeFileSync(file, '');
    expect(() => openDataFolder(path.join(file, 'below'))).toThrow(/a part of the path is a file/);
    expect(() => openDataFolder('/proc/booksy-sync')).toThrow(/cannot be used/);
  });

  it('is held by one process, and free again afterwards', () => {
    const folder = openDataFolder(dir);
    const release = lockDataFolder(folder);
    expect(() => lockDataFolder(folder)).toThrow(
      new RegExp(`already runs on .* \\(process ${process.pid}, started `),
    );
    release();
    lockDataFolder(folder)();
  });

  it.each([
    ['whose process is gone', { pid: 2 ** 22 - 3, startMark: 'x' }],
    ['whose pid now belongs to another process', { pid: process.ppid, startMark: 'an earlier life' }],
  ])('takes over a lock %s', (_, holder) => {
    const folder = openDataFolder(dir);
    writeFileSync(folder.file('up.lock'), JSON.stringify({ ...holder, startedAt: '2026-01-01T00:00:00Z' }));
    lockDataFolder(folder)();
  });

  it('takes over a lock that was cut off half-written', () => {
    const folder = openDataFolder(dir);
    writeFileSync(folder.file('up.lock'), '{"pid":');
    lockDataFolder(folder)();
  });

  it('does not take over the lock of a process that lives', () => {
    const folder = openDataFolder(dir);
    const parent = identify(process.ppid);
    writeFileSync(folder.file('up.lock'), JSON.stringify({ ...parent, startedAt: '2026-01-01T00:00:00Z' }));
    expect(() => lockDataFolder(folder)).toThrow(/already runs/);
  });
});

describe('secrets', () => {
  it('are made once, for this user only', () => {
    const folder = openDataFolder(dir);
    const made = keptSecrets(folder);
    expect(Buffer.from(made.encryptionKey, 'base64')).toHaveLength(32);
    expect(statSync(folder.file('secrets.json')).mode & 0o777).toBe(0o600);
    expect(keptSecrets(folder)).toEqual(made);
  });

  it('are never made anew over a damaged file', () => {
    const folder = openDataFolder(dir);
    writeFileSync(folder.file('secrets.json'), '{"encryptionKey":');
    expect(() => keptSecrets(folder)).toThrow(/secrets.json is damaged/);
    expect(readFileSync(folder.file('secrets.json'), 'utf8')).toBe('{"encryptionKey":');
  });
});
