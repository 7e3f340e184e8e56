import type { ClientCard } from './salon.ts';

/** Looks for clients in what Temporal keeps. */

/** Texts shorter than this are found in everything. */
const SHORTEST = 4;

/**
 * What would give a client away: the whole name either way round, the family name alone, e-mail and phone in both
 * notations. A given name alone is many people.
 */
export function personalTexts(cards: readonly ClientCard[]): ReadonlySet<string> {
  const texts = new Set<string>();
  const add = (text: string) => {
    if (text.length >= SHORTEST) texts.add(fold(text));
  };
  for (const card of cards) {
    const given = card.first_name?.trim() ?? '';
    const family = card.last_name?.trim() ?? '';
    if (given !== '' && family !== '') {
      add(`${given} ${family}`);
      add(`${family} ${given}`);
    }
    add(family);
    add(card.email?.trim() ?? '');
    const digits = (card.cell_phone ?? '').replace(/\D/g, '');
    if (digits.length >= 9) add(digits.slice(-9));
  }
  return texts;
}

/** Which of the texts occur in a document as whole words (digits: anywhere), whatever their case. */
export function foundIn(document: string, texts: ReadonlySet<string>): readonly string[] {
  const folded = fold(document);
  // Numbers may be written with gaps: they are looked for in what is left without them.
  const digits = folded.replace(/[\s().+-]+/g, '');
  return [...texts].filter((text) => {
    if (/^\d+$/.test(text)) return digits.includes(text);
    return occursAsWord(folded, text);
  });
}

function occursAsWord(document: string, text: string): boolean {
  for (let at = document.indexOf(text); at >= 0; at = document.indexOf(text, at + 1)) {
    if (!isLetter(document[at - 1]) && !isLetter(document[at + text.length])) return true;
  }
  return false;
}

function isLetter(character: string | undefined): boolean {
  return character !== undefined && /\p{L}/u.test(character);
}

function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** Every text of a history in one document: payloads are bytes there and would hide what they hold. */
export function textOf(value: unknown): string {
  const parts: string[] = [];
  collect(value, parts);
  return parts.join('\n');
}

function collect(value: unknown, parts: string[]): void {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') {
    parts.push(String(value));
  } else if (value instanceof Uint8Array) {
    parts.push(Buffer.from(value).toString('utf8'));
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      parts.push(key);
      collect(member, parts);
    }
  }
}
