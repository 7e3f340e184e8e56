import { describe, expect, it } from 'vitest';
import { allRows, chosenRows } from '../../bench/registry.ts';
import { atLeast, atMost, failedRow, rowOf, sizeLabel, type RowSpec } from '../../bench/row.ts';

const spec = (goal: RowSpec['goal']): RowSpec => ({
  name: 'some.row',
  unit: 'things',
  goal,
  measure: () => Promise.reject(new Error('not here')),
});

describe('the rows of the benchmark', () => {
  const names = allRows({ base: 10_000, large: 100_000 }).map(({ name }) => name);

  it('are called as other programs know them', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        'import.calls_ratio',
        'import.unchanged_writes',
        'import.events_per_1000',
        'import.actions_per_1000',
        'import.statements_per_1000',
        'import.history_bytes_per_visit',
        'import.vs_per_record',
        'import.vs_batched',
        'import.memory_growth',
        'pacer.utilisation',
        'pacer.rejected_share',
      ]),
    );
  });

  it('name the second size where there is one', () => {
    expect(names).toContain('import.events_per_1000@100k');
    expect(allRows({ base: 500, large: null }).filter(({ name }) => name.includes('@'))).toEqual([]);
  });

  it('are chosen by the beginning of their names', () => {
    const rows = allRows({ base: 500, large: null });
    const chosen = chosenRows(rows, ['pacer.', 'import.calls']).map(({ name }) => name);
    expect(chosen).toEqual([
      'import.calls_ratio',
      'pacer.utilisation',
      'pacer.rejected_share',
      'pacer.max_in_window',
    ]);
    expect(chosenRows(rows, ['nothing.'])).toEqual([]);
    expect(chosenRows(rows, [])).toEqual(rows);
  });
});

describe('rowOf', () => {
  it('judges what it prints', () => {
    expect(rowOf(spec(atMost(40)), { value: 40.0004 })).toMatchObject({
      value: 40,
      holds: true,
      goal: '<= 40',
    });
    expect(rowOf(spec(atMost(40)), { value: 40.001 })).toMatchObject({ value: 40.001, holds: false });
    expect(rowOf(spec(atLeast(10)), { value: 9.9 })).toMatchObject({ holds: false, goal: '>= 10' });
  });

  it('holds nothing that is no number', () => {
    expect(rowOf(spec(atLeast(1)), { value: Number.NaN })).toMatchObject({ holds: false });
    expect(rowOf(spec(null), { value: Number.POSITIVE_INFINITY })).toMatchObject({ holds: false });
  });

  it('prefers the bound that was found while measuring', () => {
    expect(rowOf(spec(atMost(1)), { value: 2, goal: atMost(3) })).toMatchObject({
      goal: '<= 3',
      holds: true,
    });
  });

  it('says of a measurement that failed that it failed', () => {
    expect(failedRow(spec(atMost(1)), new Error('no salon'))).toEqual({
      name: 'some.row',
      value: null,
      unit: 'things',
      goal: '<= 1',
      holds: false,
      detail: 'not measured: no salon',
    });
  });
});

describe('sizeLabel', () => {
  it.each([
    [100_000, '100k'],
    [2_500, '2500'],
    [900, '900'],
  ])('calls %d %s', (visits, label) => {
    expect(sizeLabel(visits)).toBe(label);
  });
});
