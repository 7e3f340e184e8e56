import { LANES, SLOT_MINUTES } from './board.ts';

let built: string | null = null;

/** Places in the grid as classes, for a page that allows no styles inside: `f12 t18` = rows, `a0 b6` = lanes. */
export function gridCss(): string {
  built ??= build();
  return built;
}

function build(): string {
  const slots = (24 * 60) / SLOT_MINUTES;
  const lines: string[] = [];
  for (let n = 0; n < slots; n += 1) lines.push(`.f${String(n)}{grid-row-start:${String(n + 1)}}`);
  for (let n = 1; n <= slots; n += 1) lines.push(`.t${String(n)}{grid-row-end:${String(n + 1)}}`);
  for (let n = 0; n < LANES; n += 1) lines.push(`.a${String(n)}{grid-column-start:${String(n + 1)}}`);
  for (let n = 1; n <= LANES; n += 1) lines.push(`.b${String(n)}{grid-column-end:${String(n + 1)}}`);
  return `${lines.join('\n')}\n`;
}
