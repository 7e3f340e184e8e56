import { loadConfig, type Config } from '../infra/config.ts';

/** What `up` fills in when it is left empty: placeholders, so that only what a person must mend is found. */
const FILLED_BY_UP: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgresql://postgres@127.0.0.1:5432/booksy_sync',
  ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
};
const FILLED_WITH_SIMULATOR: Readonly<Record<string, string>> = {
  BOOKSY_BASE_URL: 'http://127.0.0.1:4010/public-api/pl/',
  BOOKSY_AUTH_STRATEGY: 'client_credentials',
  BOOKSY_API_KEY: 'simulator',
  BOOKSY_API_SECRET: 'simulator',
};

/**
 * The configuration as `up` would use it: what it fills in itself is filled in, the rest must be right before anything
 * starts.
 * @throws ConfigError naming every bad value
 */
export function checkConfigured(env: NodeJS.ProcessEnv): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim() !== ''));
  return loadConfig({
    ...FILLED_BY_UP,
    ...set,
    ...(set['BOOKSY_BASE_URL'] === undefined ? FILLED_WITH_SIMULATOR : {}),
  });
}
