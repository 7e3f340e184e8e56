import { describe, expect, it } from 'vitest';

import { migrate } from '../../../infra/database/migrate.ts';
import { emptyDatabase, quiet } from './support/empty.ts';

describe('booksy_fold_name', () => {
  const DATABASES = [
    ['the default', ''],
    ['LC_CTYPE C', `TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'`],
    ['C.UTF-8', `TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin LOCALE 'C.UTF-8'`],
    ['ICU', `TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'und' LOCALE 'C'`],
    ['ICU, Polish', `TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'pl' LOCALE 'C'`],
  ] as const;

  /** Each line is one name in several spellings. */
  const SAME = [
    ['Żółć Łąka', 'ŻÓŁĆ ŁĄKA', 'żółćłąka', 'Zolc-Laka', 'Z\u0307o\u0301łć  łąka'],
    ["Anne-Marie O'Neil", 'anne marie oneil', 'Anne-Marie O’Neil'],
    ['Élodie Müller', 'ELODIE MULLER', 'ÉLODIE MÜLLER'],
    ['Đorđe Sørensen', 'ĐORĐE SØRENSEN', 'dorde sorensen'],
    ['Dr. Jan (junior) Kowal', 'dr jan junior kowal'],
  ];
  const OTHERS = ['Anna Kowal', 'Hanna Kowal', 'Ana Kowal', 'Иван', '李'];

  it.each(DATABASES)('folds alike in a database with %s', async (_name, options) => {
    const { url, pool } = await emptyDatabase(options);
    await migrate(url, quiet);
    const fold = async (name: string, collation: string): Promise<string> => {
      const { rows } = await pool.query<{ folded: string }>(
        `SELECT booksy_fold_name($1::text COLLATE ${collation}) AS folded`,
        [name],
      );
      return rows[0]?.folded ?? '';
    };
    for (const collation of ['"default"', '"C"', '"und-x-icu"']) {
      for (const spellings of SAME) {
        const folded = await Promise.all(spellings.map((name) => fold(name, collation)));
        expect([collation, ...new Set(folded)]).toEqual([collation, folded[0]]);
        expect(folded[0]).toMatch(/^[a-z]+$/);
      }
      const others = await Promise.all(OTHERS.map((name) => fold(name, collation)));
      expect(new Set(others).size).toBe(OTHERS.length);
      expect(others).not.toContain('');
    }
    expect(
      (await pool.query(`SELECT booksy_fold_name(NULL) AS a, booksy_fold_name(' . ') AS b`)).rows,
    ).toEqual([{ a: '', b: '' }]);
  });
});
