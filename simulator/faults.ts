import { createRandom } from './random.ts';
import type { Random } from './random.ts';

export const HTTP_FAULTS = [
  'drop_request',
  'lose_answer',
  'act_late',
  'status',
  'slow',
  'empty_body',
  'empty_list',
  'truncate_body',
  'truncate_list',
  'shift_list',
  'expire_token',
  'revoke_tokens',
  'drift',
  'content_type',
  'error_200',
  'mapping_blind',
] as const;
export const WEBHOOK_FAULTS = [
  'webhook_drop',
  'webhook_delay',
  'webhook_double',
  'webhook_reorder',
  'webhook_bad_signature',
] as const;
export const FAULT_KINDS = [...HTTP_FAULTS, ...WEBHOOK_FAULTS] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];
/** Told wrong times by `POST clock {skewMs}`: no fault that is armed, but its hits are counted with them. */
export const CLOCK_SKEW = 'clock_skew';

/** One fault and whom it hits. What a kind does not use is ignored; see README.md. */
export interface FaultSpec {
  readonly kind: FaultKind;
  /**
   * `METHOD /template`, where `*` stands for any part; e.g. `GET /business/{business_id}/appointment/`,
   * `POST /oauth/token`, `WEBHOOK CREATED`. Alone, `*` is any call but those for tokens, or any webhook.
   */
  readonly route: string;
  readonly salon: number | null;
  /** Query parameters that must be just so, e.g. `{"offset":"200"}`. */
  readonly query: Readonly<Record<string, string>>;
  /** Matching requests that pass before the first is hit. */
  readonly skip: number;
  /** Hits in all; null = no end. */
  readonly count: number | null;
  readonly probability: number;
  readonly ms: number;
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterSeconds: number | null;
  /** status, error_200: whether the request is acted on all the same. */
  readonly acted: boolean;
  /** act_late: how long the connection is held open before it is cut. */
  readonly holdMs: number;
  /** truncate_list, shift_list, webhook_double: how many rows or copies. */
  readonly rows: number;
  /** shift_list: rows seem to be inserted or removed before the page; `real` really does it. */
  readonly direction: 'insert' | 'remove';
  readonly real: boolean;
  /** drift */
  readonly change: 'rename' | 'set' | 'add' | 'remove';
  readonly field: string;
  readonly to: string;
  readonly value: unknown;
  /** drift: only records with these ids; empty = all. */
  readonly ids: readonly number[];
  readonly contentType: string;
}

export const FAULT_DEFAULTS: Omit<FaultSpec, 'kind'> = {
  route: '*',
  salon: null,
  query: {},
  skip: 0,
  count: 1,
  probability: 1,
  ms: 1000,
  status: 503,
  body: null,
  retryAfterSeconds: null,
  acted: false,
  holdMs: 0,
  rows: 1,
  direction: 'remove',
  real: false,
  change: 'add',
  field: '',
  to: '',
  value: null,
  ids: [],
  contentType: 'text/html',
};

export interface FaultTarget {
  readonly method: string;
  readonly template: string;
  readonly salon: number | null;
  readonly query: URLSearchParams;
}

/** A fault that was chosen for one request. `hit` says that it really did something. */
export interface ArmedFault {
  readonly spec: FaultSpec;
  hit(): void;
}

interface Entry {
  readonly id: number;
  readonly spec: FaultSpec;
  readonly random: Random;
  readonly pattern: RegExp;
  seen: number;
  /** Numbers drawn from `random`. */
  drawn: number;
  reserved: number;
  hits: number;
}

/** What outlives a restart: a fault that has hit as often as it may must not hit once more. */
export interface KeptFaults {
  readonly lastId: number;
  readonly hitsByKind: Readonly<Record<string, number>>;
  readonly entries: readonly {
    readonly id: number;
    readonly spec: FaultSpec;
    readonly seen: number;
    readonly drawn: number;
    readonly hits: number;
  }[];
}

/** The faults that wait for their requests. */
export class Faults {
  private entries: Entry[] = [];
  private lastId = 0;
  private hitsByKind: Record<string, number> = {};
  /** Told after each change that must not be forgotten. */
  onChange: () => void = () => undefined;

  add(spec: FaultSpec, seed: string): number {
    this.lastId += 1;
    const id = this.lastId;
    this.entries.push(entryOf({ id, spec, seen: 0, drawn: 0, hits: 0 }, seed));
    this.onChange();
    return id;
  }

  /** Takes one away, or all; the hits by kind stay counted. */
  remove(id: number | null): void {
    this.entries = id === null ? [] : this.entries.filter((entry) => entry.id !== id);
    this.onChange();
  }

  clear(): void {
    this.entries = [];
    this.hitsByKind = {};
    // What a fault draws depends on its number: after a reset the same faults do the same again.
    this.lastId = 0;
    this.onChange();
  }

  keep(): KeptFaults {
    const { lastId, hitsByKind } = this;
    const entries = this.entries.map(({ id, spec, seen, drawn, hits }) => ({ id, spec, seen, drawn, hits }));
    return { lastId, hitsByKind, entries };
  }

  restore(kept: KeptFaults, seed: string): void {
    this.lastId = kept.lastId;
    this.hitsByKind = { ...kept.hitsByKind };
    this.entries = kept.entries.map((one) => entryOf(one, seed));
  }

  /** Counts a hit of something that is not armed. */
  note(kind: string): void {
    this.hitsByKind[kind] = (this.hitsByKind[kind] ?? 0) + 1;
  }

  list(): { id: number; hits: number; seen: number; spec: FaultSpec }[] {
    return this.entries.map(({ id, hits, seen, spec }) => ({ id, hits, seen, spec }));
  }

  hits(): Record<string, number> {
    return { ...this.hitsByKind };
  }

  /** Faults of these kinds for one request, and how to give back what in the end did nothing. */
  arm(kinds: readonly FaultKind[], target: FaultTarget): { faults: ArmedFault[]; release(): void } {
    const armed: { entry: Entry; used: boolean }[] = [];
    for (const entry of this.entries) {
      if (kinds.includes(entry.spec.kind) && matches(entry, target) && draws(entry)) {
        entry.reserved += 1;
        armed.push({ entry, used: false });
      }
    }
    return {
      faults: armed.map((one) => ({
        spec: one.entry.spec,
        hit: () => {
          if (one.used) return;
          one.used = true;
          one.entry.hits += 1;
          one.entry.reserved -= 1;
          this.note(one.entry.spec.kind);
          if (one.entry.spec.count !== null) this.onChange();
        },
      })),
      release: () => {
        for (const { entry, used } of armed) if (!used) entry.reserved -= 1;
      },
    };
  }
}

function matches(entry: Entry, target: FaultTarget): boolean {
  const { spec } = entry;
  const any = spec.route === '*' && (target.method === 'WEBHOOK' || target.template.startsWith('/business/'));
  if (!any && (spec.route === '*' || !entry.pattern.test(`${target.method} ${target.template}`)))
    return false;
  if (spec.salon !== null && spec.salon !== target.salon) return false;
  return Object.entries(spec.query).every(([name, value]) => target.query.get(name) === value);
}

function draws(entry: Entry): boolean {
  entry.seen += 1;
  const { skip, count, probability } = entry.spec;
  if (entry.seen <= skip) return false;
  if (count !== null && entry.hits + entry.reserved >= count) return false;
  if (probability >= 1) return true;
  entry.drawn += 1;
  return entry.random.chance(probability);
}

function entryOf(kept: KeptFaults['entries'][number], seed: string): Entry {
  const random = createRandom(`${seed}/fault/${String(kept.id)}`);
  for (let n = 0; n < kept.drawn; n += 1) random.next();
  return { ...kept, random, pattern: patternOf(kept.spec.route), reserved: 0 };
}

/** `*` matches anything; everything else is literal. A pattern without a method is for all methods. */
export function patternOf(route: string): RegExp {
  const withMethod = /^([A-Z]+|\*) /.test(route) ? route : `* ${route}`;
  const escaped = withMethod.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`);
}
