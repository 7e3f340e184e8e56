import { atMost, type RowSpec, type Sizes } from '../row.ts';
import { importCost } from '../support/import-cost.ts';

/** Ten times the visits must not need more memory: what a walk holds is one batch, whatever the list's length. */
export function importMemoryRows({ base, large }: Sizes): readonly RowSpec[] {
  const big = large ?? base;
  const small = large === null ? Math.max(100, Math.round(base / 10)) : base;
  return [
    {
      name: 'import.memory_growth',
      unit: 'x',
      goal: atMost(1.1),
      async measure(bench) {
        const little = await importCost(bench, small);
        const much = await importCost(bench, big);
        const mb = (bytes: number) => (bytes / 1e6).toFixed(1);
        return {
          value: much.peakLiveBytes / little.peakLiveBytes,
          detail:
            `peak live heap ${mb(little.peakLiveBytes)} MB at ${small} visits, ${mb(much.peakLiveBytes)} MB at ${big}; ` +
            `RSS ${mb(little.peakRssBytes)} and ${mb(much.peakRssBytes)} MB; ${much.heapSamples} collections looked at`,
        };
      },
    },
  ];
}
