import { canonicalJson, sameValue, type Json } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import { processRecord } from '../../domain/protocol/process.ts';
import { Booksy, type Appointment, type BooksyOptions, type WebhookAction } from './booksy.ts';
import { isOurs, Platform } from './platform.ts';
import { SimulatedPort } from './port.ts';
import { chanceOf, type Chance } from './random.ts';
import { Fiber, Scheduler } from './scheduler.ts';
import { Sweeper } from './sweeper.ts';

export const START = Date.parse('2025-06-02T08:00:00.000Z');
const FIRST_TIME = '2025-06-12T10:00';

/** What becomes of one write request. */
export type Fate =
  | { readonly kind: 'answered' | 'answer_lost' | 'dropped' | 'failed_before' | 'failed_after' | 'too_many' }
  | { readonly kind: 'late'; readonly by: number };

/** How badly the world behaves; all zero when it calms down. */
export interface Faults {
  writes: number;
  reads: number;
  crashes: number;
  pauses: number;
  webhooks: 'on' | 'off' | 'flaky';
}

/** One edit by a person, for the checker. */
export interface Edit {
  readonly side: 'here' | 'there';
  readonly group: string;
  readonly value: Json;
  readonly parent: Json;
  readonly at: number;
  readonly objectId: string | null;
  readonly what: 'edit' | 'cancel' | 'revive' | 'delete' | 'confirm' | 'client_modified';
  /** It was the linked one then. */
  readonly linked: boolean;
}

/** Everything of one run: both systems, the people, the network between, and what happened. */
export class World {
  readonly chance: Chance;
  readonly scheduler = new Scheduler(START);
  readonly booksy: Booksy;
  readonly platform: Platform;
  readonly hits: Map<string, number>;
  readonly history: string[] = [];
  readonly edits: Edit[] = [];
  readonly faults: Faults;
  /** Fates that a scenario wants for the next writes. */
  readonly fates: Fate[] = [];
  /** A scenario wants every webhook within moments, as on a good day; null: by chance. */
  newsWithin: number | null = null;
  /** Booksy makes its answer to a PUT when it sends it, not when it acts: what staff did meanwhile is in it. */
  answersAsItStands = false;
  /** PUTs of ours that Booksy has not answered yet. */
  underWay = 0;
  /** Writes that reached Booksy, and those that did so later than H after their intent. */
  writes = 0;
  actedAfterGiveUp = 0;
  unanswered = 0;
  crashed = 0;
  readonly #sweeper: Sweeper;
  readonly #trace: boolean;
  readonly #listeners = new Map<string, (() => void)[]>();
  #processes = 0;
  #tickAt: number | null = null;
  #lastValue = 0;

  readonly seed: number;

  constructor(seed: number, hits: Map<string, number>, trace: boolean) {
    this.seed = seed;
    this.chance = chanceOf(seed);
    this.hits = hits;
    this.#trace = trace;
    const { chance } = this;
    const options: BooksyOptions = {
      createdAs: chance.pick(['as_sent', 'as_sent', 'pending', 'confirmed']),
      cancelledListed: chance.odds(0.5),
      descending: chance.odds(0.5),
      mapping: chance.pick(['looks_up', 'looks_up_one', 'sets', 'blind']),
      normalises: chance.odds(0.2),
      statusInPut: false,
    };
    const calm = chance.odds(0.25);
    this.faults = {
      writes: calm ? 0 : chance.pick([0.1, 0.3, 0.5]),
      reads: calm ? 0 : chance.pick([0, 0.05]),
      crashes: calm ? 0 : chance.pick([0, 0.02, 0.05]),
      pauses: calm ? 0 : chance.pick([0, 0.03, 0.06]),
      webhooks: chance.pick(['on', 'flaky', 'off']),
    };
    this.booksy = new Booksy(options, (appointment, action) => this.#webhook(appointment, action));
    const groups: GroupStates = {
      status: { status: 'confirmed', reason: null },
      clientName: 'name0',
      clientNote: 'note0',
      'item:1:time': FIRST_TIME,
    };
    const now = () => this.scheduler.now;
    this.platform = new Platform(groups, '2025-06-12T08:00:00.000Z', '2025-06-12T09:00:00.000Z', now);
    this.#sweeper = new Sweeper(this);
    this.#sweeper.fillers();
  }

  note(line: () => string): void {
    if (this.#trace)
      this.history.push(`${String((this.scheduler.now - START) / 1000).padStart(9)}s  ${line()}`);
  }

  hit(name: string): void {
    this.hits.set(name, (this.hits.get(name) ?? 0) + 1);
  }

  /** Does something the next time that an event of this name happens. */
  once(event: string, then: () => void): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), then]);
  }

  tell(event: string): void {
    const waiting = this.#listeners.get(event);
    if (waiting === undefined) return;
    this.#listeners.delete(event);
    for (const then of waiting) then();
  }

  /** A value that nobody has had before. */
  fresh(group: string): Json {
    this.#lastValue += 1;
    const number = String(this.#lastValue);
    if (group === 'item:1:time') return `2025-06-12T1${number.padStart(2, '0')}`;
    return group === 'clientNote' && this.chance.odds(0.2)
      ? `note${number} `
      : `${group === 'clientName' ? 'name' : 'note'}${number}`;
  }

  /** The visit was at Booksy from the beginning: imported and in step. */
  linkFromStart(): Appointment {
    const { platform } = this;
    const made = this.booksy.create(platform.there(), null, this.scheduler.now);
    if (made.kind !== 'acted') throw new Error('The first appointment was refused.');
    const { appointment } = made;
    appointment.groups = {
      ...appointment.groups,
      status: { status: 'confirmed', reason: null },
      statusCode: 'A',
    };
    const theirs = appointment.groups;
    platform.groups = { ...(platform.groups ?? {}), statusCode: 'A', clientName: theirs.clientName ?? null };
    platform.externalId = appointment.id;
    platform.mirror = {
      remote: theirs,
      baseTheirs: theirs,
      baseOurs: platform.groups,
      baseCounters: {},
      observedReceivedAt: this.scheduler.iso(),
      observedSentAt: this.scheduler.iso(),
    };
    platform.box = [];
    return appointment;
  }

  /** Appointments of other records at Booksy that are this visit's: linked, earlier, or made by us. */
  ownAppointments(): readonly Appointment[] {
    const { externalId, former } = this.platform;
    return [...this.booksy.appointments.values()].filter(
      ({ id, groups }) => id === externalId || former.includes(id) || isOurs(groups),
    );
  }

  /** Somebody died: the relay finds what it left. */
  lookAgain(): void {
    this.crashed += 1;
    this.#tick(2_000);
  }

  /** News for the record: somebody will process it soon. */
  wake(): void {
    const several = this.chance.odds(0.25) ? 2 : 1;
    for (let i = 0; i < several; i += 1)
      this.scheduler.after(this.chance.int(20, 400), () => this.#process());
    this.#tick(2_000);
  }

  #process(): Promise<void> | undefined {
    const { platform } = this;
    this.#dropEchoes();
    if (platform.box.length === 0 && this.#nextDue() > this.scheduler.now) return undefined;
    this.#processes += 1;
    const name = `p${String(this.#processes)}`;
    const fiber = new Fiber(this.scheduler);
    const port = new SimulatedPort(this, fiber, name);
    this.hit('processes');
    this.note(() => `${name} starts`);
    return fiber.start(
      async () => {
        const report = await processRecord(port);
        this.note(
          () =>
            `${name} ends: ${report.outcome}, ${String(report.rounds)} rounds, due ${report.dueAt ?? '–'}`,
        );
        if (report.outcome === 'unsettled') this.hit('unsettled');
        this.#tick(2_000);
      },
      (error) => {
        if (error === null) return;
        if (!(error instanceof Error) || error.message !== 'booksy_unavailable')
          throw error instanceof Error ? error : new Error('A process threw what is no error.');
        this.note(() => `${name} fails: ${error.message}`);
        this.#tick(2_000);
      },
    );
  }

  /** Webhooks that say what both sides hold already are used up without a call, where no write may still act. */
  #dropEchoes(): void {
    const { platform } = this;
    const { mirror } = platform;
    if (
      mirror === null ||
      platform.intents.some(
        ({ state, rememberedUntil }) => state === 'open' || state === 'unknown' || rememberedUntil !== null,
      )
    )
      return;
    const before = platform.box.length;
    platform.box = platform.box.filter(
      ({ evidence }) =>
        evidence === null ||
        evidence.externalId !== platform.externalId ||
        !Object.entries(evidence.theirs).every(([group, value]) =>
          sameValue(mirror.baseTheirs[group], value),
        ),
    );
    if (platform.box.length < before) this.hit('echo dropped by content');
  }

  #nextDue(): number {
    return this.platform.intents.reduce(
      (due, { dueAt, state }) =>
        dueAt === null || state === 'closed' ? due : Math.min(due, Date.parse(dueAt)),
      Number.POSITIVE_INFINITY,
    );
  }

  /** The relay: looks again while a box has rows or an intent is due (R28, R28a). */
  #tick(delay: number): void {
    const due = this.#nextDue();
    const wanted =
      this.platform.box.length > 0 ? this.scheduler.now + delay : Math.max(due, this.scheduler.now + delay);
    if (wanted === Number.POSITIVE_INFINITY || (this.#tickAt !== null && this.#tickAt <= wanted)) return;
    this.#tickAt = wanted;
    this.scheduler.at(wanted, () => {
      if (this.#tickAt !== wanted) return undefined;
      this.#tickAt = null;
      const running = this.#process();
      this.#tick(2_000);
      return running;
    });
  }

  #webhook(appointment: Appointment, action: WebhookAction): void {
    const body = appointment.groups;
    this.note(
      () =>
        `Booksy ${appointment.id} ${action}${appointment.deleted ? ' (deleted)' : ''} ${canonicalJson(body)}`,
    );
    const { webhooks } = this.faults;
    if (webhooks === 'off') return;
    const delays: number[] = [];
    const kind =
      this.newsWithin !== null || webhooks === 'on'
        ? 'prompt'
        : this.chance.pick(['prompt', 'lost', 'late', 'doubled', 'reordered']);
    if (webhooks === 'flaky' && this.newsWithin === null) this.hit(`webhook ${kind}`);
    if (kind === 'late') delays.push(this.chance.int(10_000, 900_000));
    else if (kind === 'doubled') delays.push(this.chance.int(50, 800), this.chance.int(50, 30_000));
    else if (kind === 'reordered') delays.push(this.chance.int(50, 8_000));
    else if (this.newsWithin !== null) delays.push(this.chance.int(0, this.newsWithin));
    else if (kind === 'prompt') delays.push(this.chance.int(50, 800));
    for (const delay of delays) {
      this.scheduler.after(delay, () => {
        if (this.underWay > 0 && body.importUid === appointment.groups.importUid)
          this.hit('a webhook arrived while a PUT of ours was under way');
        const uid = body.importUid;
        this.platform.addBox('webhook', {
          id: this.platform.nextId(),
          externalId: appointment.id,
          action,
          receivedAt: this.scheduler.iso(),
          theirs: body,
          importUid: typeof uid === 'string' ? uid : null,
        });
        this.tell('webhook');
        this.wake();
      });
    }
  }

  /** One pass over Booksy's list (R2, R3). */
  sweep(): void {
    this.#sweeper.sweep();
  }
}
