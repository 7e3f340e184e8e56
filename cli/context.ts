import {
  openDataFolder,
  holderOf,
  keptSecrets,
  type DataFolder,
  type Holder,
} from '../infra/local/data-folder.ts';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readRunFile, type Addresses } from './up/run-file.ts';

/** What a command knows of the data folder it was pointed at, without making one. */
export type Context = {
  readonly folder: DataFolder | null;
  /** The `up` that runs on the folder. */
  readonly holder: Holder | null;
  /** Where its parts are; empty when none runs. */
  readonly addresses: Partial<Addresses>;
};

/** Looks at a data folder; a folder that is not there is no error. */
export function lookAt(dir: string): Context {
  if (!existsSync(path.resolve(dir))) return { folder: null, holder: null, addresses: {} };
  const folder = openDataFolder(dir);
  const holder = holderOf(folder);
  return { folder, holder, addresses: holder === null ? {} : readRunFile(folder) };
}

/**
 * The environment of a command that works beside a running `up`: what is set wins, the rest comes from that `up`.
 * Names that neither gives stay missing: the configuration names them.
 */
export function environmentBeside(context: Context, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { folder, addresses } = context;
  if (folder === null) return env;
  const filled: NodeJS.ProcessEnv = {};
  // A folder that never ran has no secrets, and looking must not make them.
  const secrets = existsSync(folder.file('secrets.json')) ? keptSecrets(folder) : null;
  if (secrets !== null) filled['ENCRYPTION_KEY'] = secrets.encryptionKey;
  if (addresses.databaseUrl !== undefined) filled['DATABASE_URL'] = addresses.databaseUrl;
  if (addresses.temporalAddress !== undefined) filled['TEMPORAL_ADDRESS'] = addresses.temporalAddress;
  if (secrets !== null && addresses.simulator && !env['BOOKSY_BASE_URL']) {
    filled['BOOKSY_BASE_URL'] = `${addresses.simulator}/public-api/pl/`;
    filled['BOOKSY_AUTH_URL'] = addresses.simulator;
    filled['BOOKSY_API_KEY'] = secrets.simulatorClientId;
    filled['BOOKSY_API_SECRET'] = secrets.simulatorClientSecret;
    filled['BOOKSY_AUTH_STRATEGY'] = 'client_credentials';
  }
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  return { ...filled, ...set };
}
