import { sameValue } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { Interval } from '../../domain/observed.ts';
import { isEnded } from '../../domain/states/visit.ts';
import { isComplete, nextStep, WALK_START, type WalkCursor } from '../../domain/walk.ts';
import { isOurs } from './platform.ts';
import { START, type World } from './world.ts';

/** Walks over Booksy's list, as the sweeps do. */
export class Sweeper {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Walks Booksy's list in pages, while people change it, and marks what differs (R2, R3). */
  sweep(): void {
    const distinct = new Set<string>();
    const rows: (() => void)[] = [];
    const step = (cursor: WalkCursor): void => {
      const list = this.#world.booksy.list();
      const page = list.slice(cursor.offset, cursor.offset + 4);
      const ids = page.map(({ id }) => id);
      ids.forEach((id) => distinct.add(id));
      // Sent and received in the same moment; what it leads to comes at the end of the pass.
      const interval = { sentAt: this.#world.scheduler.iso(), receivedAt: this.#world.scheduler.iso() };
      for (const { groups, id } of page) rows.push(() => this.#listed(id, groups, interval));
      const next = nextStep(cursor, { total: list.length, externalIds: ids }, 4);
      if (next.cursor.done) this.#swept(next.cursor, distinct, rows);
      else {
        if (this.#shuffleList()) this.#world.hit('list changed between pages');
        this.#world.scheduler.after(this.#world.chance.int(100, 500), () => step(next.cursor));
      }
    };
    this.#world.scheduler.after(this.#world.chance.int(50, 500), () => step(WALK_START));
  }

  #swept(cursor: WalkCursor, distinct: ReadonlySet<string>, rows: readonly (() => void)[]): void {
    const inReverse = this.#world.chance.odds(0.3);
    if (inReverse) this.#world.hit('observations applied in reverse');
    for (const row of inReverse ? [...rows].reverse() : rows) row();
    if (!isComplete(cursor, distinct.size)) {
      this.#world.hit('incomplete pass');
      return;
    }
    const { externalId, gone, mirror } = this.#world.platform;
    if (externalId === null || gone || distinct.has(externalId)) return;
    if (!this.#world.booksy.options.cancelledListed && mirror !== null && isEnded(mirror.remote)) return;
    this.#world.hit('absence suspected');
    this.#world.platform.addBox('observe');
    this.#world.wake();
  }

  #listed(id: string, groups: GroupStates, interval: Interval): void {
    const { platform } = this.#world;
    if (id === platform.externalId) {
      if (platform.mirror !== null && sameValue(groups, platform.mirror.remote)) {
        if (platform.shown(interval)) this.#world.hit('a list showed the base of an edit that waits');
        return;
      }
      platform.addBox('observe');
    } else if (isOurs(groups) && !platform.former.includes(id)) {
      this.#world.hit('unlinked one with our import uid seen');
      platform.addBox('sighting');
    } else return;
    this.#world.wake();
  }

  /** Other people's visits, so that the list has pages. */
  fillers(): void {
    for (let i = 0, many = this.#world.chance.int(0, 9); i < many; i += 1)
      this.#filler(START + this.#world.chance.int(-50_000, 50_000));
  }

  #filler(start: number): void {
    const id = String(1_000 + this.#world.booksy.appointments.size);
    const groups = { status: { status: 'confirmed', reason: null }, importUid: null };
    this.#world.booksy.appointments.set(id, { id, groups, deleted: false, multi: false, start });
  }

  /** Somebody works on other visits: rows are inserted, deleted, moved. */
  #shuffleList(): boolean {
    if (!this.#world.chance.odds(0.3)) return false;
    const others = [...this.#world.booksy.appointments.values()].filter(
      ({ id, deleted }) => Number(id) >= 1_000 && !deleted,
    );
    const one = others[this.#world.chance.int(0, Math.max(0, others.length - 1))];
    const way = this.#world.chance.pick(['insert', 'delete', 'move']);
    if (way === 'insert' || one === undefined) this.#filler(START + this.#world.chance.int(-50_000, 50_000));
    else if (way === 'delete') one.deleted = true;
    else one.start = START + this.#world.chance.int(-50_000, 50_000);
    return true;
  }
}
