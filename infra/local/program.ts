/**
 * How one of our own programs is started: from the sources through tsx, from the compiled product (`npm run build`) as
 * it is. Which of the two this is shows in this file's own name.
 */
import { fileURLToPath } from 'node:url';

const COMPILED = import.meta.url.endsWith('.js');
const ROOT = new URL('../../', import.meta.url);

/** Folder of the product: the repository, or `dist/`. */
export const PROGRAM_ROOT = fileURLToPath(ROOT);

/**
 * Arguments for `node` that run a program of ours.
 * @param entry file below the root as the sources name it, such as `workers/main.ts`
 */
export function programArguments(entry: string): string[] {
  if (COMPILED) return [fileURLToPath(new URL(entry.replace(/\.ts$/u, '.js'), ROOT))];
  return ['--import', import.meta.resolve('tsx'), fileURLToPath(new URL(entry, ROOT))];
}
