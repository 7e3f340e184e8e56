import type { Row } from './row.ts';
import type { BenchReport } from './run.ts';

/** The report as a table for people. */
export function reportLines({ machine, rows }: BenchReport): string[] {
  const { cores, cpu, memoryGb, os, node, loadBefore } = machine;
  const table = [['row', 'value', 'unit', 'goal', 'holds', ''], ...rows.map(cellsOf)];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...table.map((cells) => cells[column]?.length ?? 0)),
  );
  return [
    `${cores} cores (${cpu}), ${memoryGb} GB, ${os}, Node ${node}, load before ${loadBefore}`,
    '',
    ...table.map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
  ];
}

function cellsOf(row: Row): string[] {
  const holds = row.goal === null && row.holds ? '' : row.holds ? 'yes' : 'NO';
  return [
    row.name,
    row.value === null ? '-' : String(row.value),
    row.unit,
    row.goal ?? '',
    holds,
    row.detail,
  ];
}
