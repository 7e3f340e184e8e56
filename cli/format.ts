/** Numbers, times and tables as people read them. Pure. */
import { pad, visibleWidth } from './terminal.ts';

/** "0.4 s", "38 s", "3 min 5 s", "2 h 4 min". */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600)
    return whole % 60 === 0
      ? `${Math.floor(whole / 60)} min`
      : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** "3 min 5 s ago"; of an instant that is still to come "in 12 s". */
export function ago(instant: string, now: number = Date.now()): string {
  const seconds = (now - Date.parse(instant)) / 1000;
  return seconds < 0 ? `in ${duration(-seconds)}` : `${duration(seconds)} ago`;
}

/** 6000 → "6,000". */
export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** "2 visits", "1 visit". */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${thousands(count)} ${count === 1 ? singular : plural}`;
}

/**
 * "██████░░░░".
 * @param share 0 to 1; values outside are cut
 */
export function bar(share: number, width = 24): string {
  const cut = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
  const full = Math.floor(cut * width);
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
}

/** " 42 %": what is not quite done is never 100. */
export function percent(share: number): string {
  const cut = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
  return `${String(Math.floor(cut * 100)).padStart(3)} %`;
}

/**
 * Rows under a heading, every column as wide as its widest cell. Cells that are numbers stand to the right.
 * @param indent blanks before each line
 */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  indent = 2,
): string[] {
  const all = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => visibleWidth(row[column] ?? ''))));
  const right = heading.map((_, column) => rows.every((row) => /^[\d,.·-]*$/.test(row[column] ?? '')));
  return all.map((row) =>
    `${' '.repeat(indent)}${heading
      .map((_, column) => {
        const [cell, width] = [row[column] ?? '', widths[column] ?? 0];
        return right[column] ? `${' '.repeat(width - visibleWidth(cell))}${cell}` : pad(cell, width);
      })
      .join('  ')}`.trimEnd(),
  );
}
