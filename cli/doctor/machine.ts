import { execFile } from 'node:child_process';
import { existsSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { openDataFolder } from '../../infra/local/data-folder.ts';
import { messageOf } from '../../infra/local/errors.ts';
import { isPortFree } from '../../infra/local/ports.ts';
import type { Context } from '../context.ts';
import { asCliError } from '../output.ts';
import { PORT_SPECS } from '../up/ports.ts';
import { portSetting, type PortOptions } from '../up/settings.ts';
import { fail, isAtLeast, ok, skipped, warn, type Finding } from './finding.ts';

const NODE_LEAST = '20.19.0';
const NPM_WANTED = '10.0.0';
const MEGABYTE = 1024 * 1024;

/** Node and npm. */
export async function checkVersions(): Promise<Finding[]> {
  const node = process.versions.node;
  const findings = [
    isAtLeast(node, NODE_LEAST)
      ? ok('Node', node)
      : fail('Node', `${node} is too old`, `Install Node ${NODE_LEAST} or newer.`),
  ];
  try {
    const { stdout } = await promisify(execFile)('npm', ['--version'], { timeout: 20_000 });
    const npm = stdout.trim();
    findings.push(
      isAtLeast(npm, NPM_WANTED)
        ? ok('npm', npm)
        : warn('npm', `${npm} is old`, `Install npm ${NPM_WANTED} or newer: npm install --global npm`),
    );
  } catch (error) {
    findings.push(warn('npm', `was not found (${messageOf(error)})`, 'Install npm: it comes with Node.'));
  }
  return findings;
}

/** The data folder: may we write there, who holds it, is there room. Makes nothing. */
export function checkFolder(dir: string, { holder }: Context): Finding[] {
  const absolute = path.resolve(dir);
  const there = nearestExisting(absolute);
  try {
    // A folder that is not there yet is judged by the nearest one above it.
    openDataFolder(there);
  } catch (error) {
    const { message, next } = asCliError(error);
    return [fail('data folder', message.replace(there, absolute), next)];
  }
  return [
    ok('data folder', holder === null ? absolute : `${absolute}, in use by process ${holder.pid}`),
    checkDisk(there),
  ];
}

function checkDisk(dir: string): Finding {
  const { bavail, bsize } = statfsSync(dir);
  const free = Math.floor((bavail * bsize) / MEGABYTE);
  if (free < 500)
    return fail('disk', `${free} MB free`, 'Make room: at least 500 MB, better 2 GB, for database and logs.');
  if (free < 2_000) return warn('disk', `${free} MB free`, 'Make room: 2 GB let database and logs grow.');
  return ok('disk', `${Math.floor(free / 1024)} GB free`);
}

function nearestExisting(dir: string): string {
  const above = path.dirname(dir);
  return existsSync(dir) || above === dir ? dir : nearestExisting(above);
}

/** The ports that were set; the others are any free ones. */
export async function checkPorts(
  options: PortOptions,
  env: NodeJS.ProcessEnv,
  { holder }: Context,
): Promise<Finding> {
  if (holder !== null) return skipped('ports', 'Booksy Sync runs and has its ports');
  const taken: string[] = [];
  const wanted: string[] = [];
  for (const { what, option, flag, variable } of PORT_SPECS) {
    try {
      const port = portSetting(options[option], env, variable);
      if (!port) continue;
      wanted.push(`${port} for ${what}`);
      if (!(await isPortFree(port)))
        taken.push(`${port} for ${what} (choose another with ${flag} or ${variable})`);
    } catch (error) {
      const { message, next } = asCliError(error);
      return fail('ports', message, next);
    }
  }
  if (taken.length > 0)
    return fail('ports', `taken: ${taken.join(', ')}`, 'Stop the program that has it, or choose another.');
  return ok('ports', wanted.length === 0 ? 'any free ones' : `free: ${wanted.join(', ')}`);
}
