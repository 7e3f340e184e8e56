import { sameValue } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import { editedGroups } from '../../domain/plan.ts';
import type { Commit, RecordPort } from '../../domain/protocol/port.ts';
import type { Answer, Finding, Intent, Reading, RecordView } from '../../domain/protocol/types.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import { isEnded } from '../../domain/states/visit.ts';
import type { Acted, Appointment } from './booksy.ts';
import { isOurs, type BoxRow } from './platform.ts';
import type { Fiber } from './scheduler.ts';
import type { Fate, World } from './world.ts';

const LEASE_MS = 30_000;
const TIMEOUT_MS = 10_000;
/** R13b: how old an intent may be when it leaves. */
const FRESH_MS = 3_000;
const GIVE_UP_MS = 150_000;
const NEVER = new Promise<never>(() => undefined);

/** The world as one process touches it: each call takes time, and may be the last. */
export class SimulatedPort implements RecordPort {
  readonly #world: World;
  readonly #fiber: Fiber;
  readonly #owner: string;
  #rows: readonly BoxRow[] = [];

  constructor(world: World, fiber: Fiber, owner: string) {
    this.#world = world;
    this.#fiber = fiber;
    this.#owner = owner;
  }

  takeLease(): Promise<boolean> {
    return this.#moment('lease', 5, () => {
      const taken = this.#world.platform.takeLease(this.#owner, LEASE_MS);
      if (!taken) this.#world.hit('leased by another');
      return taken;
    });
  }

  releaseLease(): Promise<void> {
    return this.#moment('release', 5, () => {
      const { platform } = this.#world;
      if (platform.lease?.owner === this.#owner) platform.lease = null;
    });
  }

  load(): Promise<RecordView> {
    return this.#moment('load', 10, () => {
      this.#rows = [...this.#world.platform.box];
      return this.#world.platform.view(this.#rows);
    });
  }

  read(_: RecordView, externalId: string): Promise<Reading> {
    const { chance, scheduler, booksy, faults } = this.#world;
    const sentAt = scheduler.iso();
    const fails = chance.odds(faults.reads);
    return this.#call('read', () => {
      if (fails) {
        this.#world.hit('read failed');
        return () => {
          throw new Error('booksy_unavailable');
        };
      }
      const found = booksy.get(externalId);
      const groups = found?.groups;
      this.#world.tell('read');
      return () => {
        const interval = { sentAt, receivedAt: scheduler.iso() };
        this.#world.note(
          () => `${this.#owner} read ${externalId}: ${groups === undefined ? '404' : JSON.stringify(groups)}`,
        );
        if (groups === undefined) return { kind: 'gone', ...interval };
        return { kind: 'found', seen: seenOf(externalId, groups, interval) };
      };
    });
  }

  find(view: RecordView, importUid: string | null): Promise<Finding> {
    const { scheduler, booksy } = this.#world;
    const sentAt = scheduler.iso();
    return this.#call('find', () => {
      const matches = ({ groups }: Appointment) =>
        importUid === null ? isOurs(groups) : groups.importUid === importUid;
      const listed = booksy.list().filter(matches);
      const mapped = importUid === null ? [] : booksy.mapped(importUid);
      if (listed.length > mapped.length && mapped.length > 0) this.#world.hit('mapping returned one of two');
      if (listed.length > 0 && mapped.length === 0) this.#world.hit('mapping returned none though it exists');
      const all = new Map([...listed, ...mapped].map((one) => [one.id, one.groups]));
      all.delete(view.externalId ?? '');
      return () => {
        const interval = { sentAt, receivedAt: scheduler.iso() };
        const seen = [...all].map(([id, groups]) => seenOf(id, groups, interval));
        this.#world.note(
          () =>
            `${this.#owner} looked for ${importUid ?? 'siblings'}: ${seen.map(({ externalId }) => externalId).join(' ')}`,
        );
        return {
          live: seen.filter(({ theirs }) => !isEnded(theirs)),
          ended: seen.filter(({ theirs }) => isEnded(theirs)),
          conclusive: true,
        };
      };
    });
  }

  commit(view: RecordView, commit: Commit): Promise<{ committed: boolean; intent: Intent | null }> {
    return this.#moment('commit', 15, () => {
      const { platform } = this.#world;
      const before = platform.effects.length;
      const open = platform.commit(this.#owner, view, this.#rows, commit);
      if (open === false) {
        this.#world.hit('compare-and-set failed');
        return { committed: false, intent: null };
      }
      this.#world.note(
        () =>
          `${this.#owner} commits ${[...platform.effects.slice(before), ...commit.notes.map(({ code }) => `(${code})`)].join('; ')}`,
      );
      for (const winner of winnersByLatest(view, commit)) this.#world.hit(`\`latest\` let ${winner} win`);
      for (const { code } of commit.notes) this.#world.hit(`note ${code}`);
      for (const { state } of commit.intents) this.#world.hit(`intent ${state}`);
      for (const { kind } of commit.conflicts) this.#world.hit(`conflict ${kind}`);
      if (commit.link !== null) this.#world.tell('linked');
      if (commit.conflicts.length > 0) this.#world.tell('conflict');
      if (open !== null) this.#world.tell(`intent:${open.step ?? open.operation}`);
      return { committed: true, intent: open };
    });
  }

  async send(_: RecordView, intent: Intent, reading: Reading | null): Promise<Answer> {
    const world = this.#world;
    const { scheduler, platform } = world;
    // Whatever stops the process here is seen by the guard right before the socket (R13b).
    await this.#moment('before the socket', 5, () => undefined);
    const left = platform.lease?.owner === this.#owner ? platform.lease.until - scheduler.now : 0;
    if (scheduler.now - Date.parse(intent.openedAt) > FRESH_MS || left < TIMEOUT_MS + 2_000) {
      world.hit('guard held a write back');
      return { kind: 'unsent', reason: 'late_departure' };
    }
    const fate = this.#fate();
    world.hit(`write ${fate.kind}`);
    world.note(
      () =>
        `${this.#owner} sends ${intent.operation} ${intent.step ?? ''} → ${intent.externalId ?? intent.importUid ?? ''} ${JSON.stringify(intent.body)}: ${fate.kind}${'by' in fate ? ` by ${String(fate.by)}` : ''}`,
    );
    if (fate.kind === 'too_many') return { kind: 'unsent', reason: 'too_many_requests' };
    const sentAt = scheduler.iso();
    const act = (): Acted => {
      world.writes += 1;
      if (scheduler.now - Date.parse(intent.openedAt) > GIVE_UP_MS) {
        world.actedAfterGiveUp += 1;
        world.hit('acted after give-up');
      }
      return this.#act(intent, reading);
    };
    world.tell(`sent:${intent.step ?? intent.operation}`);
    if (fate.kind === 'answered') {
      const isPut = intent.operation === 'change';
      if (isPut) world.underWay += 1;
      return this.#call('answer', () => {
        const acted = act();
        const groups = acted.kind === 'acted' ? acted.appointment.groups : {};
        if (isPut) world.tell('acted:change');
        return () => {
          if (isPut) world.underWay -= 1;
          return answerOf(acted, this.#answered(acted, groups), { sentAt, receivedAt: scheduler.iso() });
        };
      });
    }
    world.unanswered += 1;
    if (fate.kind === 'late') scheduler.after(fate.by, () => this.#late(act));
    if (fate.kind === 'answer_lost' || fate.kind === 'failed_after')
      scheduler.after(world.chance.int(30, 400), () => {
        act();
      });
    const wait = fate.kind === 'failed_before' || fate.kind === 'failed_after' ? 600 : TIMEOUT_MS;
    return this.#moment('no answer', wait, () => {
      world.tell('unanswered');
      return { kind: 'unanswered', reason: fate.kind };
    });
  }

  /** What an answer shows: the object as it was left, or as it stands when the answer is sent. */
  #answered(acted: Acted, asLeft: GroupStates): GroupStates {
    if (acted.kind !== 'acted' || !this.#world.answersAsItStands) return asLeft;
    const { groups } = acted.appointment;
    if (!sameValue(groups, asLeft)) this.#world.hit('an answer carried an edit of theirs');
    return groups;
  }

  #late(act: () => Acted): void {
    const acted = act();
    this.#world.hit(`late write ${acted.kind}`);
    this.#world.tell('late');
  }

  #act(intent: Intent, reading: Reading | null): Acted {
    const { booksy, scheduler } = this.#world;
    const id = intent.externalId ?? '';
    if (intent.operation === 'create') return booksy.create(intent.body, intent.importUid, scheduler.now);
    if (intent.operation === 'status' && intent.step !== null) return booksy.step(id, intent.step);
    if (reading?.kind !== 'found') throw new Error('A PUT without a read (R13a).');
    return booksy.put(id, { ...reading.seen.theirs, ...intent.body });
  }

  #fate(): Fate {
    const { chance, faults, fates } = this.#world;
    const wanted = fates.shift();
    if (wanted !== undefined) return wanted;
    if (!chance.odds(faults.writes)) return { kind: 'answered' };
    const kind = chance.pick<Fate['kind']>([
      'answer_lost',
      'dropped',
      'failed_before',
      'failed_after',
      'too_many',
      'late',
      'late',
    ]);
    return kind === 'late' ? { kind, by: lateness(this.#world) } : { kind: kind satisfies Fate['kind'] };
  }

  /** A call to Booksy: it is handled there at one moment and answered at a later one. */
  #call<T>(name: string, handle: () => () => T): Promise<T> {
    const { chance, scheduler } = this.#world;
    if (this.#crashes(`${name} (before)`)) return NEVER;
    const extra = this.#pauses(name);
    return this.#fiber.wait<T>((wake) => {
      scheduler.after(chance.int(30, 250), () => {
        const answer = handle();
        scheduler.after(chance.int(30, 250) + extra, () => {
          if (this.#crashes(name)) return undefined;
          return wake(answer);
        });
      });
    });
  }

  #moment<T>(name: string, delay: number, moment: () => T): Promise<T> {
    if (this.#crashes(name)) return NEVER;
    return this.#fiber.pause(delay + this.#pauses(name), moment);
  }

  #crashes(name: string): boolean {
    if (!this.#world.chance.odds(this.#world.faults.crashes)) return false;
    this.#world.hit(`crash at ${name}`);
    this.#world.note(() => `${this.#owner} CRASHES at ${name}`);
    this.#fiber.crash();
    this.#world.lookAgain();
    return true;
  }

  #pauses(name: string): number {
    const { chance, faults } = this.#world;
    if (!chance.odds(faults.pauses)) return 0;
    const pause = chance.pick([2_000, 5_000, 20_000, 45_000]);
    if (pause > LEASE_MS) this.#world.hit('paused past the lease');
    this.#world.hit(`pause at ${name}`);
    this.#world.note(() => `${this.#owner} pauses ${String(pause)} ms at ${name}`);
    return pause;
  }
}

/** How late: below and above each of the protocol's waits. */
export function lateness({ chance }: World): number {
  const [low, high] = chance.pick([
    [10_500, 28_000],
    [31_000, 60_000],
    [60_000, 148_000],
    [31_000, 148_000],
    [155_000, 500_000],
  ]);
  return chance.int(low ?? 0, high ?? 0);
}

function answerOf(acted: Acted, groups: GroupStates, interval: SeenRecord['interval']): Answer {
  if (acted.kind === 'refused') return { kind: 'refused', code: acted.code, detail: acted.code };
  return { kind: 'acted', seen: seenOf(acted.appointment.id, groups, interval) };
}

function seenOf(externalId: string, theirs: GroupStates, interval: SeenRecord['interval']): SeenRecord {
  const { importUid: _, ...here } = theirs;
  return { externalId, theirs, here, unread: [], unresolved: [], unknown: null, interval };
}

/** Sides that `latest` let win in a commit: what was changed on both of them, and goes one way (R9). */
function winnersByLatest({ mirror, ours, policyOf }: RecordView, commit: Commit): readonly string[] {
  if (mirror === null || ours === null) return [];
  const edited = editedGroups(ours, mirror);
  const isDecided = (group: string, theirs: GroupStates) =>
    policyOf(group) === 'latest' && edited.has(group) && !sameValue(theirs[group], mirror.baseTheirs[group]);
  const { apply, open } = commit;
  return [
    ...(apply?.groups.some((group) => isDecided(group, apply.seen.theirs)) === true ? ['Booksy'] : []),
    ...(open?.groups.some((group) => isDecided(group, open.preImage)) === true ? ['the platform'] : []),
  ];
}
