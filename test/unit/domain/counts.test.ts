import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addCounts,
  COUNTED_ENTITIES,
  NO_COUNTS,
  type EntityCounts,
  type RunCounts,
} from '../../../domain/counts.ts';

describe('addCounts', () => {
  it('starts an entity from nought and leaves the others alone', () => {
    const visits = { ...NO_COUNTS, created: 2 };
    const before: RunCounts = Object.freeze({ visits });
    const after = addCounts(before, 'clients', { created: 1, unsure: 3 });
    expect(after).toEqual({ visits, clients: { ...NO_COUNTS, created: 1, unsure: 3 } });
    expect(before).toEqual({ visits });
    expect(NO_COUNTS).toEqual({ created: 0, linked: 0, updated: 0, unchanged: 0, quarantined: 0, unsure: 0 });
  });

  it('mentions an entity that was looked at although nothing was found', () => {
    expect(addCounts({}, 'hours', {})).toEqual({ hours: NO_COUNTS });
  });

  it('comes to the same total in whatever order pages were counted', () => {
    const fields = Object.keys(NO_COUNTS) as (keyof EntityCounts)[];
    const more = fc.record(
      Object.fromEntries(fields.map((field) => [field, fc.nat({ max: 1_000 })])) as Record<
        keyof EntityCounts,
        fc.Arbitrary<number>
      >,
      { requiredKeys: [] },
    );
    const page = fc.record({ entity: fc.constantFrom(...COUNTED_ENTITIES), more });
    const total = (
      pages: readonly { entity: (typeof COUNTED_ENTITIES)[number]; more: Partial<EntityCounts> }[],
    ) => pages.reduce<RunCounts>((counts, entry) => addCounts(counts, entry.entity, entry.more), {});
    fc.assert(
      fc.property(fc.array(page, { maxLength: 12 }), (pages) => {
        const counts = total(pages);
        expect(total([...pages].reverse())).toEqual(counts);
        for (const entity of COUNTED_ENTITIES) {
          for (const field of fields) {
            const expected = pages
              .filter((entry) => entry.entity === entity)
              .reduce((sum, entry) => sum + (entry.more[field] ?? 0), 0);
            expect(counts[entity]?.[field] ?? 0).toBe(expected);
          }
        }
      }),
    );
  });
});
