/**
 * A log file with a fixed name that several processes may write: booksy-sync.log, then booksy-sync.1.log …
 *
 * Every line is one append, so lines of two processes never mix. Who finds the file too large renames it under a
 * short lock; the others notice by the inode and open the new one. A line written in between lands in the renamed
 * file: nothing is lost.
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface RotatingFileOptions {
  readonly dir: string;
  /** Without ending: `booksy-sync`. */
  readonly base: string;
  readonly maxBytes: number;
  /** How many old files stay. */
  readonly keep: number;
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
const LOCK_STALE_MS = 10_000;

export class RotatingFile {
  readonly #options: RotatingFileOptions;
  readonly #path: string;
  #fd: number;
  #inode: number;
  #bytes: number;
  #checkedAt = 0;

  /** @throws {LogDirError} */
  constructor(options: RotatingFileOptions) {
    this.#options = options;
    this.#path = this.#name(0);
    try {
      mkdirSync(options.dir, { recursive: true });
      ({ fd: this.#fd, inode: this.#inode, bytes: this.#bytes } = this.#open());
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
    const { ino, size } = fstatSync(fd);
    return { fd, inode: ino, bytes: size };
  }

  #reopen(): void {
    const next = this.#open();
    closeSync(this.#fd);
    ({ fd: this.#fd, inode: this.#inode, bytes: this.#bytes } = next);
  }

  #follow(): void {
    const now = Date.now();
    if (this.#bytes < this.#options.maxBytes && now - this.#checkedAt < CHECK_EVERY_MS) return;
    this.#checkedAt = now;
    const current = statSync(this.#path, { throwIfNoEntry: false });
    if (current?.ino !== this.#inode) return this.#reopen();
    this.#bytes = current.size;
    if (current.size >= this.#options.maxBytes) this.#rotate();
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
    } finally {
      rmSync(lock, { force: true });
    }
  }
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
