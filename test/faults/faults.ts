import { z } from 'zod';
import type { Random } from '../../simulator/random.ts';
import type { TestFault } from '../support/simulator.ts';
import type { History } from './history.ts';
import { WAITS, type Rig } from './rig.ts';
import type { Salon } from './salons.ts';

/** Faults of TRUST §3.2 that hit the calls of one salon. Each counts only when it really did something. */

const CREATE = 'POST /business/{business_id}/appointment/';
const CHANGE = 'PUT /business/{business_id}/appointment/{appointment_id}/';
const STEP = 'PATCH /business/{business_id}/appointment/{appointment_id}/status/*';
const ONE = 'GET /business/{business_id}/appointment/{appointment_id}/';
const LIST = 'GET /business/{business_id}/appointment/';

type Arm = (random: Random, poisoned: readonly number[]) => readonly TestFault[];

/** By the name under which hits are counted. */
export const SALON_FAULTS: Readonly<Record<string, Arm>> = {
  create_answer_lost: () => [{ kind: 'lose_answer', route: CREATE }],
  change_answer_lost: () => [{ kind: 'lose_answer', route: CHANGE }],
  step_answer_lost: () => [{ kind: 'lose_answer', route: STEP }],
  request_never_arrives: (random) => [
    { kind: 'drop_request', route: random.pick([CREATE, CHANGE]), count: 2 },
    { kind: 'drop_request', route: ONE, count: 1 },
  ],
  create_acts_late: (random) => [
    {
      kind: 'act_late',
      route: CREATE,
      ms: random.pick([500, WAITS.createWaitMs - 500, WAITS.createWaitMs + 1500]),
    },
  ],
  change_acts_late: (random) => [
    { kind: 'act_late', route: CHANGE, ms: random.pick([700, 3000, WAITS.unknownForMs + 1500]) },
  ],
  cancel_acts_late: (random) => [{ kind: 'act_late', route: STEP, ms: random.pick([700, 2500]) }],
  storm_5xx: (random) => [
    { kind: 'status', status: random.pick([500, 502, 503, 504]), count: 8, probability: 0.8 },
  ],
  storm_429: () => [{ kind: 'status', status: 429, retryAfterSeconds: 1, count: 5 }],
  slow: (random) => [{ kind: 'slow', ms: random.pick([600, 4000]), count: 2, probability: 0.5 }],
  body_truncated: () => [{ kind: 'truncate_body', count: 3, probability: 0.6 }],
  list_empty: () => [{ kind: 'empty_list', route: LIST, count: 2 }],
  list_short: () => [{ kind: 'truncate_list', route: LIST, rows: 3, count: 2 }],
  list_shifts: (random) => [
    // Any list that has a second page: before the first nothing can have moved.
    { kind: 'shift_list', route: 'GET *', rows: 1, direction: random.pick(['insert', 'remove']), count: 2 },
  ],
  first_page_empty: () => [{ kind: 'empty_list', route: LIST, query: { offset: '0' } }],
  webhook_doubled: () => [{ kind: 'webhook_double', rows: 2, count: 3 }],
  webhook_reordered: () => [{ kind: 'webhook_reorder', ms: 700, count: 2 }],
  webhook_a_day_late: () => [{ kind: 'webhook_delay', ms: 86_400_000, count: 2 }],
  webhook_dropped: () => [{ kind: 'webhook_drop', count: 3 }],
  token_revoked: (random) => [{ kind: 'revoke_tokens', skip: random.below(4) }],
  poison_record: (_, poisoned) => [
    {
      kind: 'drift',
      route: 'GET */appointment/*',
      change: 'set',
      field: 'booked_from',
      value: 'not-a-time',
      ids: poisoned,
      count: null,
    },
  ],
  error_in_200: (random) => [
    { kind: 'error_200', route: random.pick([CREATE, CHANGE, ONE]), acted: random.chance(0.5), count: 2 },
  ],
  mapping_blind: () => [
    { kind: 'lose_answer', route: CREATE },
    { kind: 'mapping_blind', count: 3 },
  ],
};

const armed = z.object({ ids: z.array(z.number()) });
const listed = z.object({ faults: z.array(z.looseObject({ id: z.number(), hits: z.number() })) });

export interface ArmedFaults {
  /** Ids at the simulator by the name of the fault. */
  readonly ids: ReadonlyMap<string, readonly number[]>;
}

/** Arms faults at the simulator for one salon only. */
export async function arm(
  rig: Rig,
  salon: Salon,
  names: readonly string[],
  random: Random,
  poisoned: readonly number[],
): Promise<ArmedFaults> {
  const ids = new Map<string, readonly number[]>();
  for (const name of names) {
    const faults = SALON_FAULTS[name]?.(random, poisoned) ?? [];
    const body = { faults: faults.map((fault) => ({ ...fault, salon: salon.id })) };
    ids.set(name, armed.parse(await rig.control('POST', '/faults', body)).ids);
  }
  return { ids };
}

/** Whether each of them has hit. */
export async function allHit(rig: Rig, { ids }: ArmedFaults): Promise<boolean> {
  const { faults } = listed.parse(await rig.control('GET', '/faults'));
  const hit = new Set(faults.filter(({ hits }) => hits > 0).map(({ id }) => id));
  return [...ids.values()].every((own) => own.length === 0 || own.some((id) => hit.has(id)));
}

/** Notes how often each of them hit, before they are taken away. */
export async function noteHits(rig: Rig, { ids }: ArmedFaults, history: History): Promise<void> {
  const { faults } = listed.parse(await rig.control('GET', '/faults'));
  const hitsOf = new Map(faults.map(({ id, hits }) => [id, hits]));
  for (const [name, own] of ids) {
    history.hit(
      name,
      own.reduce((sum, id) => sum + (hitsOf.get(id) ?? 0), 0),
    );
  }
}
