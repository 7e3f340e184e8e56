import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** The table of docs/ENGINE.md that says which tests prove which rule: whole, and no row of it promises too much. */

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const LAST_RULE = 37;

const rows = [
  ...readFileSync(path.join(ROOT, 'docs/ENGINE.md'), 'utf8').matchAll(
    /^\| (R\d+[a-e]?) +\| [^|]+\| ([^|]+?) +\|$/gm,
  ),
].map(([, rule = '', files = '']) => ({
  rule,
  files: [...files.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
}));

/** The rules of the engine that its code speaks of. */
function rulesInCode(): readonly string[] {
  const found = new Set<string>();
  for (const folder of ['domain', 'activities', 'workflows', 'booksy', 'workers']) {
    for (const entry of readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (!entry.endsWith('.ts')) continue;
      for (const [rule, number] of readFileSync(path.join(ROOT, folder, entry), 'utf8').matchAll(
        /\bR(\d+)[a-e]?\b/g,
      ))
        if (Number(number) <= LAST_RULE) found.add(rule);
    }
  }
  return [...found].sort();
}

describe('the rules of the engine and their tests', () => {
  it('has a row for each rule that the code speaks of, and one only', () => {
    const named = rows.map(({ rule }) => rule);
    expect(named.length).toBeGreaterThan(40);
    expect(new Set(named).size).toBe(named.length);
    expect(rulesInCode().filter((rule) => !named.includes(rule))).toEqual([]);
  });

  it.each(rows)('$rule is named by each test that is said to prove it', ({ rule, files }) => {
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const at = path.join(ROOT, 'test', file);
      expect(existsSync(at), file).toBe(true);
      expect(readFileSync(at, 'utf8'), file).toMatch(new RegExp(`\\b${rule}\\b`));
    }
  });
});
