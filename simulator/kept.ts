import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { faultSchema } from './control/schemas.ts';
import type { Counters } from './counters.ts';
import { FAULT_DEFAULTS } from './faults.ts';
import type { Faults, FaultSpec } from './faults.ts';
import { merge } from './settings.ts';
import type { Store } from './state/store.ts';

const FILE = 'counted.json';
/** Counters are written at most this often; what is counted in between is lost by a kill. */
const WRITE_EVERY_MS = 500;

const count = z.number().int().min(0);
const fileSchema = z.object({
  /** Journal that this belongs to: a reset begins another one, and what was counted before it is void. */
  journal: z.string(),
  skewMs: z.number(),
  counters: z.unknown(),
  faults: z.object({
    lastId: count,
    hitsByKind: z.record(z.string(), count),
    entries: z.array(z.object({ id: count, spec: faultSchema, seen: count, drawn: count, hits: count })),
  }),
});

interface Parts {
  readonly store: Store;
  readonly counters: Counters;
  readonly faults: Faults;
  readonly clock: { skewMs(): number; setSkew(ms: number): void };
}

/**
 * Keeps counters, faults and the clock's skew over a restart, beside the data file: somebody who counts the calls of
 * an import that was interrupted wants those from before too. Counters are written twice a second and at the end;
 * a change of a fault, and a hit of one that may hit only so often, at once.
 */
export class Kept {
  private readonly parts: Parts;
  private readonly folder: string;
  private readonly timer: NodeJS.Timeout;
  private written = -1;

  private constructor(folder: string, parts: Parts) {
    this.folder = folder;
    this.parts = parts;
    this.timer = setInterval(() => {
      if (parts.counters.revision !== this.written) this.write();
    }, WRITE_EVERY_MS);
    this.timer.unref();
  }

  /** Takes up what was kept in the folder and keeps it from now on; without a folder nothing is kept. */
  static open(folder: string | null, parts: Parts): Kept | null {
    if (folder === null) return null;
    const kept = new Kept(folder, parts);
    kept.read();
    parts.faults.onChange = () => kept.write();
    return kept;
  }

  write(): void {
    const { store, counters, faults, clock } = this.parts;
    const path = join(this.folder, FILE);
    const file: z.input<typeof fileSchema> = {
      journal: store.journalName ?? '',
      skewMs: clock.skewMs(),
      counters: counters.keep(),
      faults: copyOf(faults),
    };
    writeFileSync(`${path}.tmp`, JSON.stringify(file));
    renameSync(`${path}.tmp`, path);
    this.written = counters.revision;
  }

  close(): void {
    clearInterval(this.timer);
    this.parts.faults.onChange = () => undefined;
    this.write();
  }

  /** What is of another seed, or cannot be read, is left: counting begins at nothing. */
  private read(): void {
    const { store, counters, faults, clock } = this.parts;
    const path = join(this.folder, FILE);
    if (!existsSync(path)) return;
    const file = fileSchema.safeParse(parseOrNull(readFileSync(path, 'utf8')));
    if (!file.success || file.data.journal !== store.journalName) return;
    if (!counters.restore(file.data.counters)) return;
    clock.setSkew(file.data.skewMs);
    const entries = file.data.faults.entries.map((entry) => {
      const base: FaultSpec = { ...FAULT_DEFAULTS, kind: entry.spec.kind };
      return { ...entry, spec: merge(base, entry.spec) };
    });
    faults.restore({ ...file.data.faults, entries }, store.parameters.seed);
  }
}

function copyOf(faults: Faults): z.input<typeof fileSchema>['faults'] {
  const { lastId, hitsByKind, entries } = faults.keep();
  return {
    lastId,
    hitsByKind: { ...hitsByKind },
    entries: entries.map(({ spec, ...rest }) => ({
      ...rest,
      spec: { ...spec, query: { ...spec.query }, ids: [...spec.ids] },
    })),
  };
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
