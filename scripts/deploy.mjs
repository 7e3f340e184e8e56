#!/usr/bin/env node
// `npm run deploy`: checks, migrates, builds and rolls the installation of docker-compose.yml (docs/OPERATIONS.md).
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { tsImport } from 'tsx/esm/api';

/** @type {typeof import('./deploy.ts')} */
const { deploy, DeployError, initEnvironment } = await tsImport('./deploy.ts', import.meta.url);

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const USAGE = `Use: npm run deploy -- [--dry-run] [--settings FILE] [--init]

--dry-run    check everything, list pending migrations, print what would be done; changes nothing
--settings   secrets and settings of the installation (default .env)
--init       write that file, with fresh secrets and the simulator in place of Booksy, and stop

Exit codes: 0 done, 1 a step failed, 2 not understood, 3 refused before anything was touched.`;

process.exitCode = await main();

async function main() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        'dry-run': { type: 'boolean', default: false },
        settings: { type: 'string', default: '.env' },
        init: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    return 2;
  }
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const envFile = path.resolve(ROOT, values.settings);
  try {
    if (values.init) {
      initEnvironment(envFile, path.join(ROOT, 'compose/stack.env.example'));
      console.log(
        `${envFile} is written. Keep a copy of its ENCRYPTION_KEY in another place. Next: npm run deploy`,
      );
      return 0;
    }
    await deploy({
      envFile,
      dryRun: values['dry-run'],
      run,
      say: (line) => console.log(line),
      env: process.env,
    });
    return 0;
  } catch (error) {
    if (!(error instanceof DeployError)) throw error;
    console.error(`\n${error.message}\n${error.next}`);
    return error.exitCode;
  }
}

/** @type {import('./deploy.ts').Run} */
function run([file, ...args], { quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: ROOT,
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'ignore' : 'inherit'],
    });
    let stdout = '';
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    child.once('error', () => resolve({ code: 127, stdout }));
    child.once('close', (code) => resolve({ code: code ?? 1, stdout }));
  });
}
