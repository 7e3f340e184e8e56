/**
 * A log file with a fixed name that several processes may write: booksy-sync.log, then booksy-sync.1.log …
 *
 * It is put aside when it is large or old, and what was put aside is deleted when there is too much of it or it is too
 * old: logs hold ids of records, which must not outlive their purpose.
 *
 * Every line is one append, so lines of two processes never mix. Who finds the file too large renames it under a
 * short lock; the others notice by the inode and open the new one. A line written in between lands in the renamed
 * file: nothing is lost.
 */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

export interface RotatingFileOptions {
  readonly dir: string;
  /** Without ending: `booksy-sync`. */
  readonly base: string;
  readonly maxBytes: number;
  /** How many old files stay. */
  readonly keep: number;
  /** The file is put aside when it was begun this long ago. Default: never. */
  readonly maxSpanMs?: number;
  /** What was put aside is deleted when its last line is this old. Default: never. */
  readonly maxAgeMs?: number;
  /** For tests: milliseconds since 1970. */
  readonly now?: () => number;
}

/** Thrown when the folder cannot be written. */
export class LogDirError extends Error {
  readonly code = 'log_dir_unusable';

  constructor(dir: string, cause: unknown) {
    super(
      `The log folder ${dir} cannot be written. Make it writable, or set LOG_DIR to another folder or to nothing.`,
      {
        cause,
      },
    );
    this.name = 'LogDirError';
  }
}

const CHECK_EVERY_MS = 1000;
const SWEEP_EVERY_MS = 3_600_000;
const LOCK_STALE_MS = 10_000;

export class RotatingFile {
  readonly #options: RotatingFileOptions;
  readonly #path: string;
  #fd: number;
  #inode: number;
  #bytes: number;
  #begunAt: number;
  #checkedAt = 0;
  #sweptAt: number;
  readonly #now: () => number;

  /** @throws {LogDirError} */
  constructor(options: RotatingFileOptions) {
    this.#options = options;
    this.#path = this.#name(0);
    this.#now = options.now ?? Date.now;
    try {
      mkdirSync(options.dir, { recursive: true });
      ({ fd: this.#fd, inode: this.#inode, bytes: this.#bytes, begunAt: this.#begunAt } = this.#open());
      this.#sweptAt = this.#now();
      this.#sweep();
    } catch (error) {
      throw new LogDirError(options.dir, error);
    }
  }

  /** Appends a line. A full disk must not stop a sync: what cannot be written is dropped. */
  write(line: string): void {
    try {
      this.#follow();
      this.#bytes += writeSync(this.#fd, line);
    } catch {
      // Also on stdout; there is no better place to complain.
    }
  }

  /** Lines are written at once; there is nothing to wait for. */
  flushSync(): void {}

  end(): void {
    closeSync(this.#fd);
  }

  #name(number: number): string {
    const { dir, base } = this.#options;
    return join(dir, number === 0 ? `${base}.log` : `${base}.${number}.log`);
  }

  #open() {
    const fd = openSync(this.#path, 'a', 0o640);
    const { ino, size, birthtimeMs, mtimeMs } = fstatSync(fd);
    // Some file systems do not know when a file was begun.
    return { fd, inode: ino, bytes: size, begunAt: birthtimeMs > 0 ? birthtimeMs : mtimeMs };
  }

  #reopen(): void {
    const next = this.#open();
    closeSync(this.#fd);
    ({ fd: this.#fd, inode: this.#inode, bytes: this.#bytes, begunAt: this.#begunAt } = next);
  }

  #follow(): void {
    const now = this.#now();
    if (this.#bytes < this.#options.maxBytes && now - this.#checkedAt < CHECK_EVERY_MS) return;
    this.#checkedAt = now;
    if (now - this.#sweptAt >= SWEEP_EVERY_MS) {
      this.#sweptAt = now;
      this.#sweep();
    }
    const current = statSync(this.#path, { throwIfNoEntry: false });
    if (current?.ino !== this.#inode) return this.#reopen();
    this.#bytes = current.size;
    const old = current.size > 0 && now - this.#begunAt >= (this.#options.maxSpanMs ?? Infinity);
    if (old || current.size >= this.#options.maxBytes) this.#rotate();
  }

  /** Deletes what was put aside and is too old, or beyond the number that is kept (it may have been lowered). */
  #sweep(): void {
    const { dir, base, keep, maxAgeMs = Infinity } = this.#options;
    const oldest = this.#now() - maxAgeMs;
    for (const name of readdirSync(dir)) {
      const number = numberOf(name, base);
      if (number === null) continue;
      const found = statSync(join(dir, name), { throwIfNoEntry: false });
      if (number > keep || (found !== undefined && found.mtimeMs < oldest)) {
        rmSync(join(dir, name), { force: true });
      }
    }
  }

  #rotate(): void {
    const lock = `${this.#path}.lock`;
    if (!takeLock(lock)) return;
    try {
      // Another process may have rotated between our look and the lock.
      if (statSync(this.#path, { throwIfNoEntry: false })?.ino === this.#inode) {
        rmSync(this.#name(this.#options.keep), { force: true });
        for (let number = this.#options.keep - 1; number >= 0; number -= 1) {
          if (statSync(this.#name(number), { throwIfNoEntry: false }) !== undefined) {
            renameSync(this.#name(number), this.#name(number + 1));
          }
        }
      }
      this.#reopen();
      this.#sweep();
    } finally {
      rmSync(lock, { force: true });
    }
  }
}

/** 3 for `base.3.log`; null for any other name. */
function numberOf(name: string, base: string): number | null {
  if (!name.startsWith(`${base}.`) || !name.endsWith('.log')) return null;
  const middle = name.slice(base.length + 1, -'.log'.length);
  return /^\d{1,6}$/.test(middle) ? Number(middle) : null;
}

function takeLock(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx'));
    return true;
  } catch {
    const held = statSync(path, { throwIfNoEntry: false });
    // Its holder died between two renames: the next line tries again without it.
    if (held !== undefined && Date.now() - held.mtimeMs > LOCK_STALE_MS) rmSync(path, { force: true });
    return false;
  }
}
