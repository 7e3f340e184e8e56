import type { Lane } from '../../booksy/index.ts';
import { isBooksyError } from '../../booksy/index.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { RecordPort } from '../../domain/protocol/port.ts';
import type { Finding, Intent, Reading, RecordView } from '../../domain/protocol/types.ts';
import type { Links } from '../../domain/states/links.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import type { AdapterIo, ReadRecord, WriteAdapter } from './adapters/adapter.ts';
import { answerOf } from './answers.ts';
import { writeCommit } from './commit.ts';
import { monotonicMs, type ProcessContext } from './context.ts';
import { Lease, LEASE_RESERVE_MS } from './lease.ts';
import { loadView, type LoadedView } from './load.ts';
import { ItemNames } from './names.ts';
import { togetherOf } from './together.ts';

/** So long after its intent's commit a write may still leave (R13b). */
export const SEND_WITHIN_MS = 3_000;
/** Visits that begin within this have a lane of their own (R35). */
const NEAR_MS = 48 * 3_600_000;

/**
 * The engine's port: SQL and HTTP behind the same door as the simulation's memory (domain/protocol/port.ts). One port serves
 * one process of one record; it keeps what a process needs from one step to the next and nothing that a crash may not lose.
 */
export class EnginePort implements RecordPort {
  readonly #context: ProcessContext;
  readonly #adapter: WriteAdapter;
  readonly #lease: Lease;
  readonly #names = new ItemNames();
  readonly #loaded = new WeakMap<RecordView, LoadedView>();
  /** Documents of reads, for the PUT that is built on them (R13a). */
  readonly #reads = new Map<string, ReadRecord>();
  readonly #showed = new Map<string, SeenRecord>();
  readonly #committedAtMs = new Map<string, number>();
  #catalog: Links | null = null;
  /** Profiles of cards as the record was last read with; null: of nobody. */
  readonly #profiles = new Map<string, string | null>();
  #lastReceivedAt = '';
  /** Told at the next step: the record fails, once what was sent is settled. */
  #fatal: Error | null = null;

  constructor(context: ProcessContext, adapter: WriteAdapter) {
    this.#context = context;
    this.#adapter = adapter;
    this.#lease = new Lease(context);
  }

  takeLease(): Promise<boolean> {
    return this.#lease.take();
  }

  releaseLease(): Promise<void> {
    return this.#lease.release();
  }

  /** What ended the process although its steps went on: to be thrown once it is over. */
  get fatal(): Error | null {
    return this.#fatal;
  }

  async load(): Promise<RecordView> {
    const loaded = await loadView(this.#context, this.#adapter);
    this.#loaded.set(loaded.view, loaded);
    return loaded.view;
  }

  async read(view: RecordView, externalId: string): Promise<Reading> {
    if (this.#fatal !== null) throw this.#fatal;
    this.#profiles.clear();
    // Mostly it is the card of the last time, which came with the view.
    for (const [card, profile] of this.#loaded.get(view)?.cards ?? []) this.#profiles.set(card, profile);
    const io = await this.#io(view, null);
    try {
      const read = await this.#adapter.read(io, externalId, this.#remoteOf(view, externalId));
      return { kind: 'found', seen: this.#take(view, read) };
    } catch (error) {
      if (!isBooksyError(error, 'not_found')) throw error;
      // The view was loaded before the call left: a lower bound by the database's clock.
      return { kind: 'gone', sentAt: view.now, receivedAt: await this.#databaseNow() };
    }
  }

  async find(view: RecordView, importUid: string | null, intent: Intent | null): Promise<Finding> {
    if (this.#fatal !== null) throw this.#fatal;
    const io = await this.#io(view, null);
    const { records, conclusive } = await this.#adapter.find(io, view, importUid, intent);
    const seen = (ended: boolean) =>
      records.filter((record) => record.ended === ended).map((record) => this.#take(view, record));
    return { live: seen(false), ended: seen(true), conclusive };
  }

  async commit(...[view, commit]: Parameters<RecordPort['commit']>): ReturnType<RecordPort['commit']> {
    const loaded = this.#loaded.get(view);
    if (loaded === undefined) throw new Error('A commit needs a view that this port has loaded.');
    const links = await this.#links(commit.apply?.seen ?? commit.mirror?.seen ?? null);
    const { committed, intent, committedAtMs } = await writeCommit(
      {
        context: this.#context,
        adapter: this.#adapter,
        loaded,
        lease: this.#lease,
        names: this.#names,
        links,
        showed: (intentId) => this.#showed.get(intentId) ?? null,
      },
      commit,
    );
    if (intent !== null) this.#committedAtMs.set(intent.id, committedAtMs);
    return { committed, intent };
  }

  async send(...[view, intent, reading]: Parameters<RecordPort['send']>): ReturnType<RecordPort['send']> {
    const io = await this.#io(view, intent);
    const read = reading?.kind === 'found' ? (this.#reads.get(reading.seen.externalId) ?? null) : null;
    if (reading?.kind === 'found') this.#showed.set(intent.id, reading.seen);
    try {
      const answer = await this.#adapter.send(io, {
        intent,
        ownUid: `${view.ref.recordId}:${String(intent.generation)}`,
        read: read === null || reading?.kind !== 'found' ? null : { ...read, seen: reading.seen },
        remote: intent.externalId === null ? null : this.#remoteOf(view, intent.externalId),
        itemNames: this.#names.theirsOf(intent.externalId ?? ''),
      });
      if (answer === null) return { kind: 'acted', seen: null };
      return { kind: 'acted', seen: this.#take(view, this.#afterRead(answer)) };
    } catch (error) {
      const failed = answerOf(error);
      if ('fatal' in failed) this.#fatal = failed.fatal;
      return failed.answer;
    }
  }

  /** R13b, asked right before the first byte leaves. */
  #maySend(intent: Intent): boolean {
    const committedAtMs = this.#committedAtMs.get(intent.id);
    if (committedAtMs === undefined || monotonicMs() - committedAtMs > SEND_WITHIN_MS) return false;
    return this.#lease.leftMs() >= this.#context.deps.booksy.timeoutMs + LEASE_RESERVE_MS;
  }

  async #io(view: RecordView, intent: Intent | null): Promise<AdapterIo> {
    const { deps, business } = this.#context;
    return {
      booksy: deps.booksy,
      business,
      links: await this.#links(null),
      clientLinks: (cardIds) => this.#profilesOf(cardIds),
      call: {
        lane: laneOf(view, intent),
        ...(intent === null ? {} : { maySend: () => this.#maySend(intent) }),
      },
    };
  }

  /** The catalog's links once a process; of clients only what a record names. */
  async #links(seen: SeenRecord | null): Promise<Links> {
    const { deps, business, run } = this.#context;
    this.#catalog ??= await (run.catalog?.() ?? togetherOf(deps.db).catalogs.ask(business.id, null));
    const card = seen?.theirs.client;
    if (typeof card !== 'string') return this.#catalog;
    return { ...this.#catalog, clients: await this.#profilesOf([card]) };
  }

  /** Asked for once a read: a commit writes what the read was understood as. */
  async #profilesOf(cardIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const { deps, business } = this.#context;
    const unknown = cardIds.filter((id) => !this.#profiles.has(id));
    if (unknown.length > 0) {
      const found = await togetherOf(deps.db).cards.ask(business.id, unknown);
      for (const id of unknown) this.#profiles.set(id, found.get(id) ?? null);
    }
    return new Map(
      cardIds.flatMap((id) => {
        const profile = this.#profiles.get(id) ?? null;
        return profile === null ? [] : [[id, profile] as const];
      }),
    );
  }

  /** What the mirror, or a look-up of this process, knows of an object: a variant's service, a block's resource. */
  #remoteOf(view: RecordView, externalId: string): GroupStates | null {
    if (view.externalId === externalId && view.mirror !== null) return view.mirror.remote;
    return this.#reads.get(externalId)?.seen.theirs ?? view.mirror?.remote ?? null;
  }

  /** A record as the process is to see it: under the names of the view. */
  #take(view: RecordView, record: ReadRecord): SeenRecord {
    const madeByUs = record.importUid?.startsWith(`${view.ref.recordId}:`) === true;
    const seen =
      this.#adapter.entity === 'booking'
        ? this.#names.taken(record.seen, view.oursThere, madeByUs)
        : record.seen;
    const known = this.#reads.get(seen.externalId);
    this.#reads.set(seen.externalId, { ...record, raw: record.raw ?? known?.raw ?? null, seen });
    if (seen.interval.receivedAt > this.#lastReceivedAt) this.#lastReceivedAt = seen.interval.receivedAt;
    return seen;
  }

  /**
   * An answer to a write that this very process sent after its last read: intervals are bounds, and those of two calls may
   * touch although the calls did not.
   */
  #afterRead(answer: ReadRecord): ReadRecord {
    const { interval } = answer.seen;
    if (interval.sentAt > this.#lastReceivedAt) return answer;
    const sentAt = new Date(Date.parse(this.#lastReceivedAt) + 1).toISOString();
    const receivedAt = interval.receivedAt > sentAt ? interval.receivedAt : sentAt;
    return { ...answer, seen: { ...answer.seen, interval: { sentAt, receivedAt } } };
  }

  async #databaseNow(): Promise<string> {
    const rows = await this.#context.deps.db.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
    return (rows[0]?.now ?? new Date(0)).toISOString();
  }
}

/**
 * R35: cancels first, then what concerns the next two days, then the rest. A write whose intent is committed has seconds to leave
 * (R13b), and there are no more of them than `admitted` lets in: it goes before all that has not begun.
 */
function laneOf(view: RecordView, intent: Intent | null): Lane {
  if (intent !== null) return 1;
  const near =
    view.startsAt !== null &&
    view.endsAt !== null &&
    Date.parse(view.startsAt) <= Date.parse(view.now) + NEAR_MS &&
    view.endsAt > view.now;
  return near ? 2 : 3;
}
