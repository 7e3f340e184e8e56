import { describe, expect, it } from 'vitest';
import {
  addPlanned,
  addSamples,
  NO_PLAN,
  plansNothing,
  SAMPLES_EACH,
  type PlanSample,
} from '../../../domain/import-plan.ts';

const sample = (entity: PlanSample['entity'], action: PlanSample['action'], n: number): PlanSample => ({
  entity,
  action,
  externalId: String(n),
  recordId: null,
  label: `No. ${String(n)}`,
  groups: [],
});

describe('the plan of a dry run', () => {
  it('adds up by entity and action, and leaves the others alone', () => {
    const once = addPlanned(NO_PLAN, 'clients', { create: 2, unsure: 1 });
    const twice = addPlanned(addPlanned(once, 'clients', { create: 3, remove: 1 }), 'visits', { update: 4 });
    expect(twice.inbound).toEqual({
      clients: { create: 5, link: 0, update: 0, unchanged: 0, unsure: 1, quarantined: 0, remove: 1 },
      visits: { create: 0, link: 0, update: 4, unchanged: 0, unsure: 0, quarantined: 0, remove: 0 },
    });
    expect(once.inbound.clients?.create).toBe(2);
  });

  it('keeps the first few samples of each kind', () => {
    const many = Array.from({ length: SAMPLES_EACH + 3 }, (_, n) => sample('clients', 'create', n));
    const kept = addSamples(addSamples([], many.slice(0, 2)), [
      ...many.slice(2),
      sample('clients', 'link', 99),
    ]);
    expect(kept.map(({ action, externalId }) => [action, externalId])).toEqual([
      ...many.slice(0, SAMPLES_EACH).map(({ externalId }) => ['create', externalId]),
      ['link', '99'],
    ]);
  });

  it.each([
    [{ unchanged: 9 }, true],
    [{ unsure: 2, quarantined: 1 }, true],
    [{ create: 1 }, false],
    [{ link: 1 }, false],
    [{ update: 1 }, false],
    [{ remove: 1 }, false],
  ])('with %o writes nothing: %s', (counts, nothing) => {
    expect(plansNothing(addPlanned(NO_PLAN, 'visits', counts))).toBe(nothing);
  });

  it('writes something where Booksy lacks something', () => {
    const outbound = { visits: { create: 1, change: 0, blocked: {} } };
    expect(plansNothing({ ...NO_PLAN, outbound })).toBe(false);
    expect(
      plansNothing({ ...NO_PLAN, outbound: { visits: { create: 0, change: 0, blocked: { past: 3 } } } }),
    ).toBe(true);
  });
});
