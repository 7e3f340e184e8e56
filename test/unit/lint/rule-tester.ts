import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Linter, RuleTester, type Rule } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, it } from 'vitest';

export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

RuleTester.describe = describe;
RuleTester.it = it;
RuleTester.itOnly = it;

/** ESLint's own tester, set up for this repository's TypeScript. */
export const tester = new RuleTester({
  languageOptions: { parser: tseslint.parser, ecmaVersion: 'latest', sourceType: 'module' },
});

/** The messages of one rule on a text that pretends to be `file`, a path inside `folder`. */
export function messagesOf(
  rule: Rule.RuleModule,
  options: unknown,
  file: string,
  code: string,
  folder: string = REPOSITORY,
): string[] {
  const linter = new Linter({ cwd: folder });
  return linter
    .verify(
      code,
      {
        files: ['**/*.ts'],
        languageOptions: { parser: tseslint.parser },
        plugins: { own: { rules: { rule } } },
        rules: { 'own/rule': ['error', options] },
      },
      path.join(folder, file),
    )
    .map(({ message }) => message);
}
