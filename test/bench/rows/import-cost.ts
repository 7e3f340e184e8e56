import { atMost, sizeLabel, type RowSpec, type Sizes } from '../row.ts';
import { importCost, type ImportCost } from '../support/import-cost.ts';

/** What an import costs, counted: the same on any machine. At the base size, and at the large one with its size in the name. */
export function importCostRows({ base, large }: Sizes): readonly RowSpec[] {
  return [...rowsAt(base, ''), ...(large === null ? [] : rowsAt(large, `@${sizeLabel(large)}`))];
}

function rowsAt(visits: number, suffix: string): readonly RowSpec[] {
  const row = (
    name: string,
    unit: string,
    bound: number,
    value: (cost: ImportCost) => number,
    detail: (cost: ImportCost) => string,
  ): RowSpec => ({
    name: `import.${name}${suffix}`,
    unit,
    goal: atMost(bound),
    measure: async (bench) => {
      const cost = await importCost(bench, visits);
      return { value: value(cost), detail: `${String(visits)} visits: ${detail(cost)}` };
    },
  });
  const perThousand = (count: number) => (count * 1000) / visits;
  return [
    row(
      'calls_ratio',
      'x least',
      1.03,
      (cost) => cost.calls / cost.leastCalls,
      (cost) => `${cost.calls} calls, least ${cost.leastCalls}`,
    ),
    row(
      'events_per_1000',
      'events',
      90,
      (cost) => perThousand(cost.temporalEvents),
      (cost) => `${cost.temporalEvents} events in ${cost.workflows} workflows`,
    ),
    row(
      'actions_per_1000',
      'actions',
      15,
      (cost) => perThousand(cost.actions),
      (cost) => `${cost.actions} actions`,
    ),
    row(
      'statements_per_1000',
      'statements',
      40,
      (cost) => perThousand(cost.statements),
      (cost) => `${cost.statements} statements`,
    ),
    row(
      'history_bytes_per_visit',
      'bytes',
      15,
      (cost) => cost.historyBytes / visits,
      (cost) => `${cost.historyBytes} bytes`,
    ),
    row(
      'max_events_per_run',
      'events',
      2000,
      (cost) => cost.mostEventsOfARun,
      (cost) => `${cost.workflows} workflows`,
    ),
    row(
      'personal_data_in_history',
      'texts',
      0,
      (cost) => cost.personalTexts,
      (cost) => `names, e-mails and phones of ${cost.clients} clients looked for`,
    ),
  ];
}
