import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS, type Mutant } from '../mutants/list.ts';

/**
 * The naive baseline: the product's own workers with the safety of the protocol taken out. The last writer wins, a create that
 * was not answered is sent again unseen, an unanswered write blocks and is remembered by nobody, a list counts as whole
 * however short it is. The same runs with it show that the checker finds what it looks for.
 */

type Defect = Pick<Mutant, 'name' | 'file' | 'find' | 'replace'>;

/** Planted defects of the simulation that leave the engine running: what goes round in circles finds no rest to be judged. */
const TAKEN_OUT = new Set([
  'no lease',
  'no look-up before a create is sent again',
  'no adoption by import uid',
  'no memory of late writes',
  'no frozen groups',
  'no block while a write is unknown',
  'no edit counters',
  'no suspicion of our own cancel',
  'no look at siblings before an end is taken in',
  'a list counts as complete however short it is',
  'a read that began too early is applied',
]);

const LAST_WRITER_WINS: readonly Defect[] = [
  {
    name: 'no conflict: what is here is written over what is there',
    file: 'domain/merge.ts',
    find: `  return decide('conflict', 'changed on both sides since the base');`,
    replace: `  return decide('push', 'changed on both sides since the base');`,
  },
];

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COPIED = [
  'activities',
  'booksy',
  'domain',
  'infra',
  'prisma',
  'workers',
  'workflows',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

/** Every defect that the baseline has. */
export function naiveDefects(): readonly Defect[] {
  const defects = [...MUTANTS.filter(({ name }) => TAKEN_OUT.has(name)), ...LAST_WRITER_WINS];
  if (defects.length !== TAKEN_OUT.size + LAST_WRITER_WINS.length)
    throw new Error('The list of planted defects has other names now: the baseline needs them all.');
  return defects.filter(({ file }) => !file.startsWith('test/'));
}

/**
 * Makes the naive engine's code in a folder.
 *
 * @throws where a defect finds no longer what it takes out
 */
export async function makeNaiveTree(folder: string): Promise<void> {
  for (const part of COPIED) await cp(join(ROOT, part), join(folder, part), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const { name, file, find, replace } of naiveDefects()) {
    const path = join(folder, file);
    const text = await readFile(path, 'utf8');
    if (text.split(find).length !== 2) throw new Error(`${file} does not hold the text of "${name}" once.`);
    await writeFile(
      path,
      text.replace(find, () => replace),
    );
  }
}
