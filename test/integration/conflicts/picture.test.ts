import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  categoryBinding,
  roomBinding,
  serviceBinding,
  staffBinding,
  variantBinding,
} from '../../../activities/apply/catalog-bindings.ts';
import { clientBinding } from '../../../activities/apply/client-binding.ts';
import { NO_LINKS } from '../../../activities/apply/links.ts';
import type { ApplyScope } from '../../../activities/apply/scope.ts';
import { hoursBinding } from '../../../activities/apply/hours-binding.ts';
import { timeOffBinding } from '../../../activities/apply/time-bindings.ts';
import { createVisitBinding } from '../../../activities/apply/visit-binding.ts';
import { groupsHere } from '../../../domain/conflicts/translate.ts';
import { loadGroupLinks } from '../../../infra/conflicts/links.ts';
import { loadOurs } from '../../../infra/conflicts/ours.ts';
import type { GroupStates } from '../../../domain/merge.ts';
import { startTestEngine, type TestEngine } from '../../support/engine.ts';

/** What a card shows of a record here is what the merge compares: one truth in two places is held together by this. */

let engine: TestEngine;
let businessId = '';

beforeAll(async () => {
  engine = await startTestEngine({ simulator: { visits: 60, clients: 20 } });
  businessId = (await engine.connect())[0]?.businessId ?? '';
  await engine.fullSync(businessId);
}, 240_000);

afterAll(() => engine.stop());

const CASES = [
  [createVisitBinding(), 'bookings'],
  [clientBinding, 'profiles'],
  [serviceBinding, 'services'],
  [variantBinding, 'service_variants'],
  [categoryBinding, 'service_categories'],
  [staffBinding, 'staff'],
  [roomBinding, 'rooms'],
  [timeOffBinding('time_off'), 'time_off'],
  [hoursBinding(), 'hours_schedules'],
] as const;

describe('a record as the card reads it', () => {
  it.each(CASES.map(([binding, table]) => ({ entity: binding.entity, binding, table })))(
    'has the groups and counters that the merge has: $entity',
    async ({ binding, table }) => {
      const { rows } = await engine.database.pool.query<{ id: string }>(
        `SELECT id FROM ${table} WHERE business_id = $1 ORDER BY id LIMIT 25`,
        [businessId],
      );
      expect(rows.length).toBeGreaterThan(0);
      await engine.deps.db.$transaction(async (tx) => {
        const scope: ApplyScope = {
          tx,
          vault: engine.deps.vault,
          businessId,
          zone: 'Europe/Warsaw',
          currency: 'PLN',
          runId: businessId,
          now: new Date().toISOString(),
          links: NO_LINKS,
          plan: null,
          audit: [],
        };
        const states = await binding.loadOurs(
          scope,
          rows.map(({ id }) => id),
        );
        for (const { id } of rows) {
          const shown = await loadOurs(tx, businessId, binding.entity, id);
          const merged = states.get(id);
          expect(shown?.groups).toEqual(merged?.groups);
          const counted = Object.entries(merged?.counters ?? {}).filter(([, count]) => count !== 0);
          for (const [group, count] of counted) expect(shown?.counters[group]).toBe(count);
        }
      });
    },
  );

  it('says Booksy’s side in the words in which the import has written it here', async () => {
    const { rows } = await engine.database.pool.query<{
      booking_id: string;
      remote: GroupStates;
      base_ours: GroupStates;
    }>(
      `SELECT booking_id, remote, base_ours FROM external_bookings WHERE business_id = $1 AND booking_id IS NOT NULL LIMIT 40`,
      [businessId],
    );
    expect(rows.length).toBeGreaterThan(10);
    for (const { remote, base_ours: base } of rows) {
      const here = groupsHere(remote, await loadGroupLinks(engine.deps.db, businessId, remote));
      for (const [group, value] of Object.entries(here)) expect([group, value]).toEqual([group, base[group]]);
      expect(Object.keys(here).length).toBeGreaterThan(5);
    }
  });
});
