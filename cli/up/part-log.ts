import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import type { LineLog } from '../../infra/local/child.ts';

const MAX_BYTES = 10_000_000;

/**
 * A log file for what a part writes. Worker and API keep their JSON log themselves (LOG_DIR), so of these only what is
 * not JSON is kept here: the stack of a crash, a message of the runtime.
 * @param keepJson false for parts that log JSON elsewhere
 */
export function createPartLog(file: string, keepJson: boolean): LineLog {
  mkdirSync(path.dirname(file), { recursive: true });
  let bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return (line) => {
    if (!keepJson && line.startsWith('{')) return;
    try {
      if (bytes > MAX_BYTES) {
        renameSync(file, `${file}.1`);
        bytes = 0;
      }
      appendFileSync(file, `${line}\n`, { mode: 0o600 });
      bytes += Buffer.byteLength(line) + 1;
    } catch {
      // A full disk must not end the supervisor: the parts report it themselves, with the right name.
    }
  };
}
