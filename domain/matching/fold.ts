/**
 * Text as people compare it: without case, accents, punctuation. Letters that Unicode does not take apart (ł, ø, ß) and
 * Cyrillic, in which many clients write their names, are spelled in plain Latin.
 */
const LETTERS: Readonly<Record<string, string>> = {
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ı: 'i',
  ħ: 'h',
  // Ukrainian, Belarusian and Russian, spelled as passports do.
  а: 'a',
  б: 'b',
  в: 'v',
  г: 'h',
  ґ: 'g',
  д: 'd',
  е: 'e',
  є: 'ie',
  ж: 'zh',
  з: 'z',
  и: 'y',
  і: 'i',
  к: 'k',
  л: 'l',
  м: 'm',
  н: 'n',
  о: 'o',
  п: 'p',
  р: 'r',
  с: 's',
  т: 't',
  у: 'u',
  ф: 'f',
  х: 'kh',
  ц: 'ts',
  ч: 'ch',
  ш: 'sh',
  щ: 'shch',
  ь: '',
  ъ: '',
  ы: 'y',
  э: 'e',
  ю: 'iu',
  я: 'ia',
};

/** Letters that are spelled otherwise where a word begins. */
const AT_THE_BEGINNING: Readonly<Record<string, string>> = { й: 'y', я: 'ya', ю: 'yu', є: 'ye', ї: 'yi' };

/** Lower case, plain Latin letters and digits, single spaces between words. Folding twice changes nothing. */
export function foldText(text: string): string {
  const bare = IS_PLAIN.test(text) ? text.toLowerCase() : withoutMarks(text);
  return bare
    .replace(/['’`´ʼ]/gu, '')
    .replace(BETWEEN_WORDS, ' ')
    .trim();
}

const IS_PLAIN = /^[\x20-\x7e]*$/u;
const BETWEEN_WORDS = /[^\p{L}\p{N}]+/gu;

function withoutMarks(text: string): string {
  return (
    text
      // Compatibility forms (ligatures, full-width letters) come apart first.
      .normalize('NFKC')
      .toLowerCase()
      .replace(/(?<!\p{L})[йяюєї]/gu, (letter) => AT_THE_BEGINNING[letter] ?? letter)
      // й must not lose its mark like é does.
      .replaceAll('й', 'i')
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .replace(/[^\x20-\x7e]/gu, (letter) => LETTERS[letter] ?? letter)
  );
}

/** The words of a text, folded. A hyphen parts words, an apostrophe does not. */
export function wordsOf(text: string): readonly string[] {
  const folded = foldText(text);
  return folded === '' ? [] : folded.split(' ');
}

/** The same for the same words in any order. */
export function wordKey(words: readonly string[]): string {
  return [...words].sort().join(' ');
}

/**
 * Slips of the keyboard between two texts: letters that are missing, too many, wrong, or two neighbours swapped
 * (optimal string alignment). Counts no further than `limit` and answers `limit + 1` for more.
 */
export function slips(left: string, right: string, limit: number): number {
  const a = Array.from(left);
  const b = Array.from(right);
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let least = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) least = Math.min(least, at(beforeLast, column - 2) + 1);
      current.push(least);
    }
    if (Math.min(...current, ...last) > limit) return limit + 1;
    beforeLast = last;
    last = current;
  }
  return Math.min(at(last, b.length), limit + 1);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}

/** Whether two different words are one word mistyped: one slip from 4 letters on, two from 8 on. */
export function isSlip(left: string, right: string): boolean {
  const length = Math.min(left.length, right.length);
  if (left === right || length < 4) return false;
  const limit = length < 8 ? 1 : 2;
  return slips(left, right, limit) <= limit;
}

/** Keys side by side, and letters that sound alike in Polish. */
const CONFUSED = new Set(
  ['qwertyuiop', 'asdfghjkl', 'zxcvbnm']
    .flatMap((row) => Array.from(row).flatMap((key, at) => (at === 0 ? [] : [row.charAt(at - 1) + key])))
    .concat('ou', 'iy', 'ij', 'jy', 'vw', 'ck', 'kq', 'sz', 'ea')
    .flatMap((pair) => [pair, pair.charAt(1) + pair.charAt(0)]),
);

/** One slip of the fingers: a letter too few or too many, two swapped, or one that is easily taken for the other. */
export function isKeyboardSlip(left: string, right: string): boolean {
  if (slips(left, right, 1) !== 1) return false;
  if (left.length !== right.length) return true;
  const wrong = Array.from(left, (letter, at) => letter + right.charAt(at)).filter(
    ([one, other]) => one !== other,
  );
  return wrong.length === 2 || wrong.every((pair) => CONFUSED.has(pair));
}
