import { sameValue, type Json } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { Interval } from '../../domain/observed.ts';
import { isEnded, visitDirection } from '../../domain/states/visit.ts';
import type { Commit } from '../../domain/protocol/port.ts';
import { DEFAULT_SETTINGS } from '../../domain/protocol/settings.ts';
import type {
  Evidence,
  Intent,
  MergePolicy,
  OpenConflict,
  ProtocolConflict,
  PushGate,
  RecordMemory,
  RecordView,
} from '../../domain/protocol/types.ts';
import { provesMore } from '../../domain/protocol/waits.ts';
import { statusText } from './booksy.ts';

export const RECORD_ID = 'visit';

/** Whether an appointment carries one of the visit's import uids. */
export function isOurs(groups: GroupStates): boolean {
  const { importUid } = groups;
  return typeof importUid === 'string' && importUid.startsWith(`${RECORD_ID}:`);
}

export interface BoxRow {
  readonly id: number;
  readonly kind: 'edit' | 'webhook' | 'observe' | 'sighting';
  readonly evidence: Evidence | null;
}

interface Mirror {
  remote: GroupStates;
  baseTheirs: GroupStates;
  baseOurs: GroupStates;
  baseCounters: Record<string, number>;
  observedReceivedAt: string;
  observedSentAt: string;
}

export interface ConflictRow extends ProtocolConflict {
  open: boolean;
  openGroups: string[];
}

type Row = { -readonly [Key in keyof Intent]: Intent[Key] };

/** The platform in memory: one visit with edit counters, its mirror, boxes, intents, conflicts and lease; commits compare and set. */
export class Platform {
  groups: GroupStates | null;
  counters: Record<string, number> = {};
  editedAt: Record<string, string> = {};
  externalId: string | null = null;
  createdByUs = false;
  gone = false;
  former: string[] = [];
  generation = 1;
  mirror: Mirror | null = null;
  memory: RecordMemory = {};
  intents: Row[] = [];
  conflicts: ConflictRow[] = [];
  box: BoxRow[] = [];
  lease: { owner: string; until: number } | null = null;
  gate: PushGate = 'open';
  policy: MergePolicy = 'manual';
  readonly startsAt: string;
  readonly endsAt: string;
  /** What commits wrote that is worth a row: the last sweeps must add nothing. */
  effects: string[] = [];
  /** Software of the platform that writes a value its own way, as no person does. */
  rewrites: ((group: string, value: Json) => Json) | null = null;
  /** Every value that a committed read, or judged evidence, showed. */
  readonly observed = new Set<string>();
  /** Every group that was ever on a conflict. */
  readonly disputed = new Set<string>();
  #version = 0;
  #nextId = 0;
  readonly #now: () => number;

  constructor(groups: GroupStates, startsAt: string, endsAt: string, now: () => number) {
    this.groups = groups;
    this.startsAt = startsAt;
    this.endsAt = endsAt;
    this.#now = now;
  }

  #iso(): string {
    return new Date(this.#now()).toISOString();
  }

  addBox(kind: BoxRow['kind'], evidence: Evidence | null = null): void {
    this.#nextId += 1;
    this.box.push({ id: this.#nextId, kind, evidence });
  }

  nextId(): string {
    this.#nextId += 1;
    return String(this.#nextId);
  }

  /** A person's edit here: the trigger counts it and puts a row in the box, in the same transaction. */
  edit(group: string, value: Json): void {
    if (this.groups === null) return;
    this.groups = { ...this.groups, [group]: value };
    this.counters[group] = (this.counters[group] ?? 0) + 1;
    this.editedAt[group] = this.#iso();
    this.#version += 1;
    this.addBox('edit');
  }

  delete(): void {
    this.groups = null;
    this.#version += 1;
    this.addBox('edit');
  }

  takeLease(owner: string, length: number): boolean {
    const now = this.#now();
    if (this.lease !== null && this.lease.until > now && this.lease.owner !== owner) return false;
    this.lease = { owner, until: now + length };
    return true;
  }

  holds(owner: string): boolean {
    return this.lease?.owner === owner && this.lease.until > this.#now();
  }

  /** The visit in Booksy's words. */
  there(): GroupStates {
    const ours = this.groups;
    if (ours === null) return {};
    const status = statusText(ours) ?? 'confirmed';
    const base = this.mirror;
    const there: Record<string, Json> = {};
    for (const [group, value] of Object.entries(ours)) {
      if (visitDirection(group) !== 'both') continue;
      const agreed = base !== null && sameValue(base.baseOurs[group], value);
      const known = base?.baseTheirs[group];
      if (agreed && known !== undefined) there[group] = known;
      else if (group === 'status')
        there[group] = { status, reason: status === 'cancelled' ? 'cancelled' : null };
      else there[group] = typeof value === 'string' ? value.trim() : value;
    }
    return there;
  }

  view(rows: readonly BoxRow[]): RecordView {
    const alive = this.intents.filter(
      ({ state, rememberedUntil, dueAt }) =>
        state === 'open' ||
        state === 'unknown' ||
        rememberedUntil !== null ||
        (state === 'unsent' && dueAt !== null),
    );
    const open = this.conflicts.filter((one) => one.open);
    const evidence = rows.flatMap((row) => (row.evidence === null ? [] : [row.evidence]));
    return {
      ref: { entity: 'booking', recordId: RECORD_ID },
      now: this.#iso(),
      version: String(this.#version),
      externalId: this.externalId,
      gone: this.gone,
      formerExternalIds: [...this.former],
      generation: this.generation,
      createdByUs: this.createdByUs,
      ours:
        this.groups === null
          ? null
          : { groups: this.groups, counters: { ...this.counters }, ended: isEnded(this.groups) },
      oursThere: this.there(),
      unmapped: [],
      mirror:
        this.mirror === null
          ? null
          : { recordId: RECORD_ID, ...this.mirror, baseCounters: { ...this.mirror.baseCounters } },
      observedSentAt: this.mirror?.observedSentAt ?? null,
      frozen: new Set(open.flatMap(({ openGroups }) => openGroups)),
      openConflicts: open.map(({ kind, openGroups, otherExternalId }): OpenConflict => ({
        kind,
        groups: [...openGroups],
        otherExternalId,
      })),
      intents: alive.map((row) => ({ ...row })),
      written: this.intents
        .filter(({ state, operation }) => state === 'confirmed' && operation === 'change')
        .map((row) => ({ ...row })),
      created:
        this.intents.findLast(
          ({ operation, generation }) => operation === 'create' && generation === this.generation,
        ) ?? null,
      cancelledByUs: this.intents.flatMap(({ operation, externalId, state }) =>
        operation === 'status' &&
        state === 'confirmed' &&
        externalId !== null &&
        externalId !== this.externalId &&
        !this.former.includes(externalId)
          ? [externalId]
          : [],
      ),
      sighting: rows.some(({ kind }) => kind === 'sighting'),
      evidence,
      gate: this.gate,
      gateReason: this.gate === 'open' ? null : 'paused',
      startsAt: this.startsAt,
      endsAt: this.endsAt,
      ambiguousTime: false,
      pushUntil: null,
      directionOf: visitDirection,
      policyOf: () => this.policy,
      // As the engine knows it: while one edit waits in the box, and no longer.
      editedAt: rows.filter(({ kind }) => kind === 'edit').length === 1 ? { ...this.editedAt } : {},
      memory: this.memory,
    };
  }

  /** One transaction: lease still the owner's, nothing changed since the view; else nothing is written (R13). */
  commit(owner: string, view: RecordView, rows: readonly BoxRow[], commit: Commit): Intent | null | false {
    if (!this.holds(owner) || view.version !== String(this.#version)) return false;
    this.#version += 1;
    if (commit.link !== null) {
      this.externalId = commit.link.externalId;
      this.generation = Math.max(this.generation, commit.link.generation);
      this.createdByUs = true;
      this.gone = false;
      this.effects.push('link');
    }
    this.#apply(commit);
    this.#mirror(commit);
    this.#gone(commit);
    if (commit.memory !== null) this.memory = commit.memory;
    for (const change of commit.intents) this.#intent(change);
    for (const found of commit.conflicts) this.#conflict(found);
    this.#close(commit);
    this.#judged(rows, commit);
    if (commit.clearsBox) {
      const used = new Set(rows.map(({ id }) => id));
      this.box = this.box.filter(({ id }) => !used.has(id));
    }
    if (commit.generation !== null) {
      this.generation = commit.generation;
      if (this.externalId !== null) this.former.push(this.externalId);
      this.externalId = null;
      this.mirror = null;
      this.gone = false;
      this.effects.push('generation');
    }
    return this.#open(commit);
  }

  /** A look of a list that found the record as it was last observed (R9). */
  shown(interval: Interval): boolean {
    const { mirror, memory } = this;
    if (mirror === null || memory.waits === undefined || interval.sentAt <= mirror.observedReceivedAt)
      return false;
    const look = { sentAt: interval.sentAt, unread: [] };
    const alive = this.intents.some(
      ({ state, rememberedUntil }) => state === 'open' || state === 'unknown' || rememberedUntil !== null,
    );
    if (alive || !provesMore(memory.waits, mirror.observedSentAt, look, DEFAULT_SETTINGS.latestMarginMs))
      return false;
    mirror.observedSentAt = interval.sentAt;
    mirror.observedReceivedAt = interval.receivedAt;
    this.#version += 1;
    return true;
  }

  /** What was judged is evidence no more, though its row may wait for a read still. */
  #judged(rows: readonly BoxRow[], commit: Commit): void {
    const judged = new Set(commit.judged);
    for (const { evidence } of rows.filter(({ evidence }) => judged.has(evidence?.id ?? ''))) {
      for (const [group, value] of Object.entries(evidence?.theirs ?? {})) this.#note(group, value);
    }
    this.box = this.box.map((row) => (judged.has(row.evidence?.id ?? '') ? { ...row, evidence: null } : row));
  }

  #note(group: string, value: Json): void {
    if (typeof value === 'string') this.observed.add(`${group}=${value}`);
  }

  #apply({ apply }: Commit): void {
    if (apply === null || this.groups === null) return;
    const after: Record<string, Json> = { ...this.groups };
    for (const group of apply.groups) {
      const value = apply.seen.here[group];
      if (value === undefined) Reflect.deleteProperty(after, group);
      else after[group] = this.rewrites?.(group, value) ?? value;
      this.counters[group] = (this.counters[group] ?? 0) + 1;
      this.effects.push(`apply ${group}`);
    }
    this.groups = after;
  }

  #mirror({ mirror }: Commit): void {
    if (mirror === null) return;
    const counters = { ...(this.mirror?.baseCounters ?? {}) };
    for (const group of mirror.settled) counters[group] = mirror.counters[group] ?? this.counters[group] ?? 0;
    this.mirror = {
      remote: mirror.remote,
      baseTheirs: mirror.baseTheirs,
      baseOurs: mirror.baseOurs,
      baseCounters: counters,
      observedReceivedAt: mirror.seen.interval.receivedAt,
      observedSentAt: mirror.seen.interval.sentAt,
    };
    this.gone = false;
    for (const [group, value] of Object.entries(mirror.seen.theirs)) this.#note(group, value);
  }

  #gone({ gone }: Commit): void {
    if (gone === null || this.mirror === null) return;
    this.mirror.observedReceivedAt = gone.interval.receivedAt;
    this.gone = true;
    this.effects.push(`gone ${gone.as}`);
    if (this.groups === null) return;
    if (gone.as === 'cancel') {
      this.groups = { ...this.groups, status: { status: 'cancelled', reason: 'gone_at_booksy' } };
      this.counters.status = (this.counters.status ?? 0) + 1;
    }
    if (!isEnded(this.groups)) return;
    const status = this.groups.status ?? null;
    const { status: _, ...rest } = this.mirror.baseTheirs;
    this.mirror.baseTheirs = rest;
    this.mirror.baseOurs = { ...this.mirror.baseOurs, status };
    this.mirror.baseCounters = { ...this.mirror.baseCounters, status: this.counters.status ?? 0 };
  }

  #intent(change: Commit['intents'][number]): void {
    const row = this.intents.find(({ id }) => id === change.id);
    if (row === undefined) throw new Error('An intent that is not there was changed.');
    if (row.state !== change.state) this.effects.push(`intent ${row.state} → ${change.state}`);
    row.state = change.state;
    row.dueAt = change.dueAt;
    row.rememberedUntil = change.rememberedUntil;
    if (change.meanwhile !== undefined) row.meanwhile = change.meanwhile;
    if (change.lookedUpAt !== undefined) row.lookUps = [...row.lookUps, change.lookedUpAt];
  }

  #conflict(found: ProtocolConflict): void {
    const same = this.conflicts.find((one) => one.open && one.kind === found.kind);
    for (const group of found.groups) this.disputed.add(group);
    this.effects.push(`conflict ${found.kind} ${found.groups.join(',')}`);
    if (same === undefined) this.conflicts.push({ ...found, open: true, openGroups: [...found.groups] });
    else same.openGroups = [...new Set([...same.openGroups, ...found.groups])].sort();
  }

  #close({ equalised, lifted }: Commit): void {
    for (const row of this.conflicts.filter(({ open }) => open)) {
      const ends =
        row.kind !== 'overwritten_at_booksy' && row.kind !== 'double' && row.kind !== 'outcome_unknown';
      if (ends) row.openGroups = row.openGroups.filter((group) => !equalised.includes(group));
      if (row.openGroups.length === 0 || lifted.includes(row.kind)) row.open = false;
    }
  }

  #open({ open }: Commit): Intent | null {
    if (open === null) return null;
    const row: Row = {
      ...open,
      id: this.nextId(),
      state: 'open',
      openedAt: this.#iso(),
      dueAt: new Date(this.lease?.until ?? this.#now()).toISOString(),
      rememberedUntil: null,
      lookUps: [],
      meanwhile: null,
    };
    this.intents.push(row);
    this.effects.push(`open ${open.operation} ${open.step ?? open.groups.join(',')}`);
    return { ...row };
  }
}
