import type { Json } from '../../domain/canonical.ts';
import { isEnded } from '../../domain/states/visit.ts';
import type { Appointment } from './booksy.ts';
import type { Edit, World } from './world.ts';

const FIELDS = ['clientName', 'clientNote', 'item:1:time'] as const;
export type Field = (typeof FIELDS)[number];

/** The people at both ends, as the checker will hold the engine to what they did. */
export class People {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  field(): Field {
    return this.#world.chance.pick(FIELDS);
  }

  #log(entry: Omit<Edit, 'at'>): void {
    const { world } = { world: this.#world };
    world.edits.push({ ...entry, at: world.scheduler.now });
    world.note(
      () =>
        `${entry.side === 'here' ? 'PLATFORM' : 'STAFF'} ${entry.what} ${entry.group} ${JSON.stringify(entry.value)} ${entry.objectId ?? ''}`,
    );
  }

  editHere(group: string = this.field(), value: Json = this.#world.fresh(group)): void {
    const { platform } = this.#world;
    if (platform.groups === null || isEnded(platform.groups)) return;
    const parent = platform.groups[group] ?? null;
    this.#log({ side: 'here', group, value, parent, objectId: null, what: 'edit', linked: true });
    platform.edit(group, value);
    this.#world.wake();
  }

  /** A → B → A within a moment. */
  thereAndBackHere(group: string = this.field()): void {
    const before = this.#world.platform.groups?.[group] ?? null;
    this.#world.hit('A→B→A here');
    this.editHere(group);
    this.#world.scheduler.after(this.#world.chance.int(1, 3_000), () => this.editHere(group, before));
  }

  cancelHere(): void {
    const { platform } = this.#world;
    if (platform.groups === null || isEnded(platform.groups)) return;
    this.#status('here', 'cancel');
    platform.edit('status', { status: 'cancelled', reason: 'client' });
    this.#world.wake();
  }

  reviveHere(): void {
    const { platform } = this.#world;
    if (platform.groups === null || !isEnded(platform.groups)) return;
    this.#world.hit('revived here');
    this.#status('here', 'revive');
    platform.edit('status', { status: 'confirmed', reason: null });
    this.#world.wake();
  }

  deleteHere(): void {
    const { platform } = this.#world;
    if (platform.groups === null) return;
    this.#world.hit('deleted here');
    this.#status('here', 'delete');
    platform.delete();
    this.#world.wake();
  }

  #status(side: Edit['side'], what: Edit['what'], one: Appointment | null = null): void {
    const linked = one === null || one.id === this.#world.platform.externalId;
    this.#log({ side, group: 'status', value: what, parent: null, objectId: one?.id ?? null, what, linked });
  }

  /** One of the visit's live appointments, the linked one first. */
  #live(any: boolean): Appointment | null {
    const live = this.#world.ownAppointments().filter((one) => !one.deleted && !isEnded(one.groups));
    const linked = live.find(({ id }) => id === this.#world.platform.externalId);
    if (!any && linked !== undefined) return linked;
    if (live.length > 1) this.#world.hit('staff met two of one');
    return live[this.#world.chance.int(0, Math.max(0, live.length - 1))] ?? null;
  }

  editThere(group: string = this.field(), any = false): void {
    const one = this.#live(any);
    if (one === null) return;
    const value = this.#world.fresh(group);
    const there = typeof value === 'string' ? value.trim() : value;
    const linked = one.id === this.#world.platform.externalId;
    this.#log({
      side: 'there',
      group,
      value: there,
      parent: one.groups[group] ?? null,
      objectId: one.id,
      what: 'edit',
      linked,
    });
    this.#world.booksy.edit(one, group, there);
  }

  cancelThere(any = false): void {
    const one = this.#live(any);
    if (one === null) return;
    this.#status('there', 'cancel', one);
    this.#world.booksy.setStatus(one, 'cancelled', 'cancelled', 'CANCELLED');
  }

  deleteThere(any = false): void {
    const one = this.#live(any);
    if (one === null) return;
    this.#world.hit('deleted there');
    this.#status('there', 'delete', one);
    this.#world.booksy.remove(one);
  }

  /** The client moved the visit in Booksy's app (status code M). */
  clientModifies(): void {
    const one = this.#live(false);
    if (one === null) return;
    this.#world.hit('modified by the client');
    this.editThere('item:1:time');
    one.groups = {
      ...one.groups,
      status: { status: 'confirmed', reason: 'changed_by_client' },
      statusCode: 'M',
    };
  }

  /** Anything that people do. */
  something(): void {
    const { chance } = this.#world;
    const deed = chance.pick([
      'edit here',
      'edit here',
      'edit here',
      'edit there',
      'edit there',
      'edit there',
      'cancel here',
      'cancel there',
      'revive here',
      'back and forth',
      'delete there',
      'client',
    ]);
    switch (deed) {
      case 'edit here':
        return this.editHere();
      case 'edit there':
        return this.editThere(this.field(), chance.odds(0.5));
      case 'cancel here':
        return this.cancelHere();
      case 'cancel there':
        return this.cancelThere(chance.odds(0.5));
      case 'revive here':
        return this.reviveHere();
      case 'back and forth':
        return this.thereAndBackHere();
      case 'delete there':
        return this.deleteThere(chance.odds(0.5));
      case 'client':
        return this.clientModifies();
    }
  }
}
