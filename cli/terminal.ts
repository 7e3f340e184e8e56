/** What a terminal can do: colour, width. Pure but for the environment that is handed in. */

/** Words in colour, or as they are. */
export type Painter = Readonly<Record<'bold' | 'dim' | 'green' | 'yellow' | 'red', (text: string) => string>>;

const asIs = (text: string): string => text;
/** No colour at all: files, pipes, NO_COLOR. */
export const PLAIN: Painter = { bold: asIs, dim: asIs, green: asIs, yellow: asIs, red: asIs };

const sgr =
  (on: number, off: number) =>
  (text: string): string =>
    text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`;
const COLOURED: Painter = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
  red: sgr(31, 39),
};

/** Colour on a terminal only, and not where NO_COLOR is set (no-color.org) or the terminal is a dumb one. */
export function painterFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Painter {
  return stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb' ? COLOURED : PLAIN;
}

/**
 * Text from elsewhere as it may be printed: names come from Booksy, and one with an escape sequence or a change of
 * direction in it must not redraw the terminal of whoever reads it.
 */
export function clean(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, ' ').trim();
}

const ESCAPES = /\u001b\[[0-9;]*m/g;
const WIDE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]$/u;
const NO_WIDTH = /^[\p{M}\u200b-\u200d\ufe0f]$/u;

function widthOf(character: string): number {
  if (NO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Columns that a text takes on a terminal; colours take none. */
export function visibleWidth(text: string): number {
  let width = 0;
  for (const character of text.replace(ESCAPES, '')) width += widthOf(character);
  return width;
}

/** Cuts a text to so many columns, with "…" where something is missing. Colours that were begun are ended. */
export function fit(text: string, columns: number): string {
  if (visibleWidth(text) <= columns) return text;
  let [out, used, coloured] = ['', 0, false];
  for (const [piece] of text.matchAll(/\u001b\[[0-9;]*m|[\s\S]/gu)) {
    if (piece.startsWith('\u001b[')) {
      out += piece;
      coloured = true;
    } else if (used + widthOf(piece) <= columns - 1) {
      out += piece;
      used += widthOf(piece);
    } else break;
  }
  return `${out}…${coloured ? '\u001b[0m' : ''}`;
}

/** A text filled with blanks (or cut) to exactly so many columns. */
export function pad(text: string, columns: number): string {
  const cut = fit(text, columns);
  return `${cut}${' '.repeat(Math.max(0, columns - visibleWidth(cut)))}`;
}
