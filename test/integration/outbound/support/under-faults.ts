import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { ADAPTERS } from '../../../../activities/outbound/adapters/index.ts';
import { EnginePort } from '../../../../activities/outbound/port.ts';
import { businessOf } from '../../../../activities/inbound/run.ts';
import type { RecordPort } from '../../../../domain/protocol/port.ts';
import type { WriteEntity } from '../../../../domain/protocol/types.ts';
import type { TestFault } from '../../../support/simulator.ts';
import type { OutboundRig } from './rig.ts';

export interface IntentLeft {
  readonly operation: string;
  readonly state: string;
  readonly external_id: string | null;
  readonly groups: readonly string[];
  readonly due_at: Date | null;
  readonly remembered_until: Date | null;
}

/** What tests of writes that go wrong look at, and how they make them go wrong. */
export interface UnderFaults {
  /** Arms a fault, runs, and insists that it hit. */
  under<T>(fault: TestFault, run: () => Promise<T>): Promise<T>;
  /** A record's writes, oldest first. */
  intents(recordId: string): Promise<IntentLeft[]>;
  /** A record's open conflicts. */
  conflicts(recordId: string): Promise<{ kind: string; groups: string[]; detail: Record<string, unknown> }[]>;
  /** As if so much time had passed since the record's writes: rows are moved back, nobody sleeps. */
  age(recordId: string, seconds: number): Promise<unknown>;
  /** Appointments of the day of `at` there that carry an import uid of the record. */
  carrying(recordId: string, at: string): Promise<{ id: number; status: string }[]>;
  /** The engine's own port, for standing in for a process that dies or is slow. */
  portOf(recordId: string, entity?: WriteEntity): Promise<RecordPort>;
}

/** @param rig asked for only when it is needed: it is started by the file that uses it */
export function underFaultsOf(rig: () => OutboundRig): UnderFaults {
  return {
    async under(fault, run) {
      const hits = async () => Number((await rig().engine.simulator.counters()).faultHits[fault.kind] ?? 0);
      const before = await hits();
      await rig().engine.simulator.fault(fault);
      const result = await run();
      expect(await hits()).toBeGreaterThan(before);
      return result;
    },
    intents: (recordId) =>
      rig().sql<IntentLeft>(
        `SELECT operation, state, external_id, groups, due_at, remembered_until FROM sync_intents
          WHERE record_id = $1 ORDER BY opened_at`,
        [recordId],
      ),
    conflicts: (recordId) =>
      rig().sql(
        `SELECT kind, groups, detail FROM booksy_sync_conflicts WHERE record_id = $1 AND status = 'open'`,
        [recordId],
      ),
    age: (recordId, seconds) =>
      rig().sql(
        `UPDATE sync_intents SET opened_at = opened_at - make_interval(secs => $2), due_at = due_at - make_interval(secs => $2),
                look_ups = ARRAY(SELECT l - make_interval(secs => $2) FROM unnest(look_ups) l)
          WHERE record_id = $1`,
        [recordId, seconds],
      ),
    async carrying(recordId, at) {
      const list = (await rig().engine.simulator.asSalon(
        'GET',
        `/business/${rig().salon}/appointment/?booked_from=${at.slice(0, 10)}T00:00&booked_till=${at.slice(0, 10)}T23:59&limit=100&offset=0`,
      )) as { results: { id: number; import_uid: string | null; status: string }[] };
      return list.results.filter((row) => row.import_uid?.startsWith(recordId) === true);
    },
    async portOf(recordId, entity = 'booking') {
      const { deps } = rig().engine;
      const business = await businessOf(deps.db, rig().businessId);
      const ref = { businessId: rig().businessId, entity, recordId };
      const run = { runId: uuidv7(), actor: 'sync' };
      return new EnginePort({ deps, business, ref, run, owner: uuidv7() }, ADAPTERS[entity]);
    },
  };
}
