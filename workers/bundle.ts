import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundle } from '@temporalio/worker';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Folders whose code can end up in the bundle. */
const SOURCES = ['workflows', 'domain', 'infra/temporal'];

/** The file with the workflows. */
export const WORKFLOWS_PATH = join(ROOT, 'workflows', 'index.ts');

/** The bundle that `npm run build` made; the sources have none. */
export const BUILT_BUNDLE_PATH = join(ROOT, 'workflows', 'bundle.js');

/**
 * The workflow code in one piece. The compiled product brings it along. From the sources bundling takes seconds, so it is
 * kept in a folder under the fingerprint of everything that goes into it; a start with unchanged code reads it back.
 *
 * @param cacheDir where to keep it; null bundles each time
 */
export async function workflowBundle(
  cacheDir: string | null,
): Promise<WorkflowBundle | { readonly codePath: string }> {
  if (existsSync(BUILT_BUNDLE_PATH)) return { codePath: BUILT_BUNDLE_PATH };
  if (cacheDir === null) return bundleWorkflowCode({ workflowsPath: WORKFLOWS_PATH });
  const path = join(cacheDir, `workflows-${await sourcesFingerprint()}.js`);
  const kept = await readFile(path, 'utf8').catch(() => null);
  if (kept !== null) return { code: kept };
  const bundle = await bundleWorkflowCode({ workflowsPath: WORKFLOWS_PATH });
  await mkdir(cacheDir, { recursive: true });
  // Written aside and renamed: two workers that start at once never read half a file.
  const part = `${path}.${String(process.pid)}`;
  await writeFile(part, bundle.code);
  await rename(part, path);
  return bundle;
}

async function sourcesFingerprint(): Promise<string> {
  const hash = createHash('sha256');
  hash.update(await readFile(join(ROOT, 'package-lock.json')));
  for (const folder of SOURCES) {
    const names = await readdir(join(ROOT, folder), { recursive: true });
    for (const name of names.filter((each) => each.endsWith('.ts')).sort()) {
      hash.update(name).update(await readFile(join(ROOT, folder, name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
