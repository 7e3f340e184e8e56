import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pg from 'pg';
import { ConfigError, type Config } from '../../infra/config.ts';
import { inspectDatabase } from '../../infra/database/inspect.ts';
import { messageOf } from '../../infra/local/errors.ts';
import { findPostgresPrograms } from '../../infra/local/postgres-program.ts';
import { findTemporal } from '../../infra/local/temporal-binary.ts';
import { probeTemporal, RETENTION_DAYS } from '../../infra/local/temporal-namespace.ts';
import { SEARCH_ATTRIBUTES } from '../../infra/temporal/search-attributes.ts';
import { checkAccount } from '../../workers/account.ts';
import { checkConfigured } from '../configuration.ts';
import { asCliError } from '../output.ts';
import { fail, isAtLeast, ok, skipped, warn, type Finding } from './finding.ts';

const POSTGRES_LEAST = '15';
const EXTENSIONS = ['btree_gist'];
const TIMEOUT_MS = 10_000;

/** PostgreSQL: the one that is configured or running; else whether an embedded one can be started. */
export async function checkPostgres(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const url = env['DATABASE_URL'];
  if (!url) return [await checkEmbedded()];
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: TIMEOUT_MS });
  // A connection that breaks while idle must not end doctor.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>(
      `SELECT current_setting('server_version') AS version`,
    );
    const version = rows[0]?.version ?? '0';
    return [
      isAtLeast(version, POSTGRES_LEAST)
        ? ok('PostgreSQL', version)
        : fail('PostgreSQL', `${version} is too old`, `Use PostgreSQL ${POSTGRES_LEAST} or newer.`),
      await checkExtensions(client),
      await checkSchema(url),
    ];
  } catch (error) {
    return [
      fail(
        'PostgreSQL',
        `does not answer: ${messageOf(error)}`,
        'Start it, correct DATABASE_URL, or leave DATABASE_URL empty: then an embedded one is started.',
      ),
    ];
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function checkEmbedded(): Promise<Finding> {
  try {
    const { postgres } = await findPostgresPrograms();
    const { stdout } = await promisify(execFile)(postgres, ['--version'], { timeout: TIMEOUT_MS });
    return ok(
      'PostgreSQL',
      `embedded, ${stdout.trim().replace(/^postgres \(PostgreSQL\) /, '')}; booksy up starts it`,
    );
  } catch (error) {
    const { message, next } = asCliError(error);
    return fail('PostgreSQL', message, next);
  }
}

async function checkExtensions(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT name FROM pg_available_extensions WHERE name = ANY($1)',
    [EXTENSIONS],
  );
  const missing = EXTENSIONS.filter((name) => !rows.some((row) => row.name === name));
  return missing.length === 0
    ? ok('extensions', EXTENSIONS.join(', '))
    : fail(
        'extensions',
        `not available: ${missing.join(', ')}`,
        "Install PostgreSQL's contrib package on the server.",
      );
}

async function checkSchema(url: string): Promise<Finding> {
  const missing = await inspectDatabase(url);
  return missing.length === 0
    ? ok('schema', 'every table and column is there')
    : fail(
        'schema',
        `missing: ${missing.slice(0, 12).join(', ')}${missing.length > 12 ? ' …' : ''}`,
        'Run: npm run -s booksy -- migrate',
      );
}

/** Temporal: the one that is configured or running; else whether one can be started. */
export async function checkTemporal(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const address = env['TEMPORAL_ADDRESS'];
  if (!address) {
    const found = findTemporal(env);
    if (found) return [ok('Temporal', `${found.path}; booksy up starts it`)];
    return [
      warn(
        'Temporal',
        'no server on this machine yet',
        'The first `booksy up` downloads or builds it once (needs Internet, for a build Go 1.25; 5 to 10 minutes). Or install the Temporal CLI, or set TEMPORAL_ADDRESS.',
      ),
    ];
  }
  const namespace = env['TEMPORAL_NAMESPACE'] || 'default';
  const probe = await probeTemporal(address, namespace, TIMEOUT_MS);
  if (!probe.ok) {
    return [
      fail(
        'Temporal',
        `${address}, namespace "${namespace}": ${probe.reason}`,
        'Start it, make the namespace, correct TEMPORAL_ADDRESS, or leave it empty: then a server is started here.',
      ),
    ];
  }
  const missing = Object.keys(SEARCH_ATTRIBUTES).filter((name) => !probe.searchAttributes.includes(name));
  return [
    ok('Temporal', `${probe.serverVersion} at ${address}`),
    probe.retentionDays >= RETENTION_DAYS
      ? ok('retention', `${probe.retentionDays} days`)
      : warn(
          'retention',
          `${probe.retentionDays} days`,
          `temporal operator namespace update --retention ${RETENTION_DAYS}d ${namespace}`,
        ),
    missing.length === 0
      ? ok('search attributes', Object.keys(SEARCH_ATTRIBUTES).join(', '))
      : fail(
          'search attributes',
          `missing: ${missing.join(', ')}`,
          'booksy up adds them; or: temporal operator search-attribute create',
        ),
  ];
}

/** The configuration, as `up` would see it. */
export function checkConfiguration(env: NodeJS.ProcessEnv): { findings: Finding[]; config: Config | null } {
  try {
    return { findings: [ok('configuration', 'every value can be used')], config: checkConfigured(env) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const findings = error.problems.map(({ name, problem, example }) =>
      fail('configuration', `${name} ${problem}`, `For example ${name}=${example} (see .env.example).`),
    );
    return { findings, config: null };
  }
}

/** Can we sign in at Booksy and list the businesses? Two calls at most. */
export async function checkBooksy(config: Config | null, env: NodeJS.ProcessEnv): Promise<Finding> {
  if (config === null) return skipped('Booksy', 'the configuration comes first');
  if (!env['BOOKSY_BASE_URL']) return skipped('Booksy', 'no address set: booksy up starts the simulator');
  if (!env['DATABASE_URL'])
    return skipped('Booksy', 'needs the database (pace and token are kept there): try while booksy up runs');
  try {
    const { businesses } = await checkAccount(config);
    return ok('Booksy', `signed in; the account lists ${businesses} businesses`);
  } catch (error) {
    const { message, next } = asCliError(error);
    return fail(
      'Booksy',
      message,
      next.startsWith('This was not expected') ? 'Check BOOKSY_BASE_URL and the credentials.' : next,
    );
  }
}
