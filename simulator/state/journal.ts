import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** One line of the journal. */
export type JournalEntry =
  | {
      readonly t: 'put';
      readonly salon: number;
      readonly kind: string;
      readonly key: string;
      readonly record: unknown;
    }
  | { readonly t: 'remove'; readonly salon: number; readonly kind: string; readonly key: string }
  | { readonly t: 'settings'; readonly settings: unknown }
  | { readonly t: 'clock'; readonly offsetMs: number }
  /** Ids up to that one were given in the salon, whatever became of the records. */
  | { readonly t: 'ids'; readonly salon: number; readonly lastId: number };

export interface SeedFile {
  readonly version: 1;
  readonly parameters: unknown;
  readonly settings: unknown;
  /** File name of the journal that belongs to this seed: a reset writes a new one, so that the two always match. */
  readonly journal: string;
}

const SEED_FILE = 'simulator.json';

/** The sandbox's data file: what it was seeded with, and every change since, in order. */
export class Journal {
  private readonly folder: string;
  private file: number | null = null;
  private name: string | null = null;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** File name of the journal that is open. */
  get current(): string | null {
    return this.name;
  }

  readSeed(): SeedFile | null {
    const path = join(this.folder, SEED_FILE);
    if (!existsSync(path)) return null;
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (
      typeof parsed !== 'object' ||
      parsed === null ||
      !('journal' in parsed) ||
      typeof parsed.journal !== 'string'
    ) {
      throw new Error(`${path} is not a seed of this simulator: remove the folder to start anew`);
    }
    return {
      version: 1,
      journal: parsed.journal,
      parameters: 'parameters' in parsed ? parsed.parameters : null,
      settings: 'settings' in parsed ? parsed.settings : null,
    };
  }

  /** Entries so far. A torn last line (the process was killed while it wrote) is cut off. */
  readEntries(name: string): unknown[] {
    const path = join(this.folder, name);
    if (!existsSync(path)) return [];
    const bytes = readFileSync(path);
    const entries: unknown[] = [];
    let start = 0;
    while (start < bytes.length) {
      const end = bytes.indexOf(10, start);
      const line = bytes.subarray(start, end === -1 ? bytes.length : end).toString('utf8');
      const entry = parseLine(line);
      const last = end === -1 || end === bytes.length - 1;
      if (entry === undefined || end === -1) {
        if (!last)
          throw new Error(`${path} is damaged at byte ${String(start)}: remove the folder to start anew`);
        truncateSync(path, start);
        break;
      }
      entries.push(entry);
      start = end + 1;
    }
    return entries;
  }

  /** Starts a new, empty journal under a new seed. */
  begin(parameters: unknown, settings: unknown): void {
    const old = this.name ?? this.readSeed()?.journal ?? null;
    const name = `journal-${String(Date.now())}-${String(process.hrtime.bigint())}.ndjson`;
    this.open(name);
    const seed: SeedFile = { version: 1, parameters, settings, journal: name };
    const path = join(this.folder, SEED_FILE);
    writeFileSync(`${path}.tmp`, `${JSON.stringify(seed, null, 2)}\n`);
    renameSync(`${path}.tmp`, path);
    if (old !== null && old !== name) rmSync(join(this.folder, old), { force: true });
  }

  /** Puts other entries in the place of all that were there. */
  rewrite(name: string, entries: readonly JournalEntry[]): void {
    this.close();
    const path = join(this.folder, name);
    writeFileSync(`${path}.tmp`, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    renameSync(`${path}.tmp`, path);
  }

  open(name: string): void {
    this.close();
    this.file = openSync(join(this.folder, name), 'a');
    this.name = name;
  }

  append(entry: JournalEntry): void {
    if (this.file !== null) writeSync(this.file, `${JSON.stringify(entry)}\n`);
  }

  close(): void {
    if (this.file !== null) closeSync(this.file);
    this.file = null;
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
