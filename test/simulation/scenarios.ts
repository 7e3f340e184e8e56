import type { People } from './people.ts';
import { lateness } from './port.ts';
import type { World } from './world.ts';

/**
 * "Scenarios worth most in the simulation" (PROTOCOL.md): each arranges its moment and leaves the rest to chance. `linked` ones
 * begin with a visit that was imported; the others with one that was just booked on the platform.
 */
export interface Scenario {
  readonly name: string;
  readonly linked: boolean;
  arrange(world: World, people: People): void;
}

/** Soon after something, by chance. */
function soon(world: World, low: number, high: number, then: () => void): void {
  world.scheduler.after(world.chance.int(low, high), then);
}

/** An edit here waits for minutes, lists are walked meanwhile, and staff edit the same or another field before, between or after (R9). */
function latestWhileNothingGoesOut(world: World, people: People): void {
  world.platform.policy = 'latest';
  world.platform.gate = world.chance.pick(['cancels_only', 'shut']);
  const field = people.field();
  const other = () => (world.chance.odds(0.8) ? field : undefined);
  soon(world, 0, 90_000, () => people.editHere(field));
  soon(world, 0, 290_000, () => people.editThere(other()));
  if (world.chance.odds(0.3)) soon(world, 0, 290_000, () => people.editHere(other()));
  if (world.chance.odds(0.3)) soon(world, 0, 290_000, () => people.editThere(other()));
}

/**
 * Staff edit while our PUT is under way, and the webhook comes before its answer (R4a): what the PUT then covers is lost but for
 * the webhook, and what was done just after it acted may be in the answer itself.
 */
function newsBeforeTheAnswer(world: World, people: People): void {
  const field = people.field();
  Object.assign(world.faults, { webhooks: 'on' });
  world.newsWithin = 20;
  world.answersAsItStands = world.chance.odds(0.5);
  const moment = world.answersAsItStands && world.chance.odds(0.7) ? 'acted:change' : 'sent:change';
  soon(world, 0, 1_000, () => people.editHere(field));
  world.once(moment, () =>
    soon(world, 0, 25, () => {
      world.hit('edit while our PUT is under way');
      people.editThere(world.chance.odds(0.5) ? field : undefined);
    }),
  );
}

export const SCENARIOS: readonly [Scenario, ...Scenario[]] = [
  {
    name: 'anything, linked',
    linked: true,
    arrange: (world, people) => {
      for (let i = 0, many = world.chance.int(1, 6); i < many; i += 1)
        soon(world, 0, 120_000, () => people.something());
    },
  },
  {
    name: 'anything, booked here',
    linked: false,
    arrange: (world, people) => {
      for (let i = 0, many = world.chance.int(0, 5); i < many; i += 1)
        soon(world, 0, 120_000, () => people.something());
    },
  },
  {
    name: 'one side only, network in order',
    linked: true,
    arrange: (world, people) => {
      Object.assign(world.faults, { writes: 0, reads: 0, crashes: 0, pauses: 0 });
      const here = world.chance.odds(0.5);
      for (let i = 0, many = world.chance.int(1, 4); i < many; i += 1)
        soon(world, 0, 60_000, () => (here ? people.editHere() : people.editThere()));
    },
  },
  {
    name: 'a write acts after give-up while a newer edit went out',
    linked: true,
    arrange: (world, people) => {
      const field = people.field();
      world.fates.push({ kind: 'late', by: lateness(world) });
      soon(world, 0, 1_000, () => people.editHere(field));
      world.once('unanswered', () =>
        soon(world, 1_000, 200_000, () => people.editHere(world.chance.odds(0.7) ? field : undefined)),
      );
    },
  },
  {
    name: 'a write acts after give-up while the other side edited',
    linked: true,
    arrange: (world, people) => {
      const field = people.field();
      world.fates.push({ kind: 'late', by: lateness(world) });
      soon(world, 0, 1_000, () => people.editHere(field));
      world.once('unanswered', () =>
        soon(world, 0, 200_000, () => people.editThere(world.chance.odds(0.5) ? field : undefined)),
      );
    },
  },
  {
    name: 'an edit in the gap between read and write',
    linked: true,
    arrange: (world, people) => {
      if (Math.floor(world.seed / SCENARIOS.length) % 4 === 3) {
        newsBeforeTheAnswer(world, people);
        return;
      }
      const field = people.field();
      soon(world, 0, 1_000, () => people.editHere(field));
      world.once(world.chance.pick(['read', 'intent:change', 'sent:change']), () =>
        soon(world, 0, 60, () => {
          world.hit('edit in the read–write gap');
          people.editThere(world.chance.odds(0.5) ? field : undefined);
        }),
      );
    },
  },
  {
    name: 'a create acts after the visit changed here',
    linked: false,
    arrange: (world, people) => {
      world.fates.push({ kind: 'late', by: lateness(world) });
      world.once('unanswered', () => {
        const deed = world.chance.pick(['cancel', 'edit', 'cancel and revive'] as const);
        world.hit(`late create, then ${deed}`);
        soon(world, 0, 100_000, () => {
          if (deed === 'edit') people.editHere();
          else people.cancelHere();
          if (deed === 'cancel and revive') soon(world, 10, 120_000, () => people.reviveHere());
        });
      });
    },
  },
  {
    name: 'two creates act',
    linked: false,
    arrange: (world, people) => {
      world.fates.push({ kind: 'late', by: world.chance.int(31_000, 140_000) });
      const staff = () => {
        const deed = world.chance.pick(['edit', 'cancel', 'delete', 'nothing'] as const);
        if (deed === 'edit') people.editThere(undefined, true);
        if (deed === 'cancel') people.cancelThere(true);
        if (deed === 'delete') people.deleteThere(true);
      };
      world.once(world.chance.pick(['linked', 'late', 'intent:cancel', 'sent:cancel']), () =>
        soon(world, 0, 20_000, staff),
      );
    },
  },
  {
    name: 'cancel and revive in one cycle, with a cancel there in between',
    linked: true,
    arrange: (world, people) => {
      soon(world, 0, 100, () => people.cancelHere());
      soon(world, 101, 1_500, () => people.reviveHere());
      if (world.chance.odds(0.6)) soon(world, 0, 2_500, () => people.cancelThere());
    },
  },
  {
    name: 'a cancel is unknown, then revived',
    linked: true,
    arrange: (world, people) => {
      world.fates.push(world.chance.odds(0.5) ? { kind: 'late', by: lateness(world) } : { kind: 'dropped' });
      soon(world, 0, 100, () => people.cancelHere());
      world.once('unanswered', () => soon(world, 0, 200_000, () => people.reviveHere()));
    },
  },
  {
    name: 'another group is pushed while a conflict is open',
    linked: true,
    arrange: (world, people) => {
      soon(world, 0, 50, () => {
        people.editHere('clientNote');
        people.editThere('clientNote');
      });
      world.once('conflict', () => {
        world.hit('edit while a conflict is open');
        soon(world, 0, 5_000, () => people.editHere(world.chance.pick(['clientName', 'item:1:time'])));
        if (world.chance.odds(0.5)) soon(world, 0, 30_000, () => people.editThere('clientNote'));
        if (world.chance.odds(0.3)) soon(world, 0, 30_000, () => people.editHere('clientNote'));
      });
    },
  },
  {
    name: 'edited and cancelled there, then revived here',
    linked: true,
    arrange: (world, people) => {
      soon(world, 0, 100, () => people.editThere());
      soon(world, 100, 3_000, () => people.cancelThere());
      soon(world, 3_000, 90_000, () => people.reviveHere());
    },
  },
  {
    name: 'A→B→A here while the other side changes',
    linked: true,
    arrange: (world, people) => {
      const field = people.field();
      soon(world, 0, 3_000, () => people.thereAndBackHere(field));
      soon(world, 0, 3_000, () => people.editThere(field));
    },
  },
  {
    name: '`latest` against true edit times',
    linked: true,
    arrange: (world, people) => {
      if (Math.floor(world.seed / SCENARIOS.length) % 2 === 0) {
        latestWhileNothingGoesOut(world, people);
        return;
      }
      world.platform.policy = world.chance.pick(['latest', 'latest', 'platform', 'booksy']);
      const field = people.field();
      soon(world, 0, 10_000, () => people.editHere(field));
      soon(world, 0, 10_000, () => people.editThere(field));
    },
  },
  {
    name: 'paused, then resumed',
    linked: true,
    arrange: (world, people) => {
      world.platform.gate = world.chance.pick(['cancels_only', 'shut']);
      world.hit('paused');
      for (let i = 0, many = world.chance.int(1, 4); i < many; i += 1)
        soon(world, 0, 60_000, () => people.something());
      soon(world, 60_000, 120_000, () => {
        world.platform.gate = 'open';
        world.platform.addBox('observe');
        world.wake();
      });
    },
  },
  {
    name: 'Booksy refuses',
    linked: true,
    arrange: (world, people) => {
      world.booksy.busy = world.chance.odds(0.5);
      for (const one of world.ownAppointments()) one.multi = !world.booksy.busy;
      world.hit(world.booksy.busy ? 'time taken (409)' : 'not modifiable (422)');
      soon(world, 0, 1_000, () => people.editHere('item:1:time'));
      soon(world, 0, 60_000, () => people.something());
    },
  },
  {
    name: 'deleted on one side',
    linked: true,
    arrange: (world, people) => {
      soon(world, 0, 30_000, () => (world.chance.odds(0.5) ? people.deleteHere() : people.deleteThere()));
      if (world.chance.odds(0.6)) soon(world, 0, 30_000, () => people.something());
    },
  },
];
