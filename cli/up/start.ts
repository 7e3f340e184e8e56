import pg from 'pg';
import { probeTemporal, prepareNamespace, startTemporal } from '../../infra/local/temporal.ts';
import { startPostgres } from '../../infra/local/postgres.ts';
import { keptSecrets, type DataFolder } from '../../infra/local/data-folder.ts';
import { messageOf } from '../../infra/local/errors.ts';
import { SEARCH_ATTRIBUTES } from '../../infra/temporal/search-attributes.ts';
import { EXIT } from '../exit-codes.ts';
import { CliError } from '../output.ts';
import { connectBusinesses, migrateDatabase, mintOperatorToken, type Connected } from './engine.ts';
import { startWatched } from './node-part.ts';
import { startSimulator } from './simulator.ts';
import { createPartLog } from './part-log.ts';
import type { Ports } from './ports.ts';
import { writeRunFile, type Addresses } from './run-file.ts';
import type { UpOptions } from './settings.ts';
import type { Supervisor } from './supervisor.ts';
import { sendWebhooksTo, webhookSecret } from './webhooks.ts';

/** What is up once everything started. */
export type Running = {
  readonly addresses: Addresses;
  readonly connected: readonly Connected[];
  /** The environment that worker and API got: the configuration of this run. */
  readonly env: NodeJS.ProcessEnv;
  /** Takes the operator token of this run back. */
  revokeToken(): Promise<void>;
};

export type StartInput = {
  readonly folder: DataFolder;
  readonly options: UpOptions;
  readonly env: NodeJS.ProcessEnv;
  readonly ports: Ports;
  readonly supervisor: Supervisor;
  say(line: string): void;
};

/**
 * Starts everything in order: PostgreSQL, Temporal, migrations, simulator, businesses, worker, API. Each part is given
 * to the supervisor as soon as it runs, so that a failure later on stops it.
 */
export async function startParts(input: StartInput): Promise<Running> {
  const { folder, options, env: given, ports, supervisor, say } = input;
  const secrets = keptSecrets(folder);
  const record = (addresses: Partial<Addresses> = {}): void =>
    writeRunFile(folder, supervisor.parts(), addresses);

  const databaseUrl = await database(input);
  record({ databaseUrl });
  const { address: temporalAddress, uiUrl: temporalUi } = await temporal(input);
  record({ databaseUrl, temporalAddress });

  const { applied } = await supervisor.guard(
    migrateDatabase(given['DATABASE_DIRECT_URL'] || databaseUrl, say),
  );
  say(done('database', applied.length === 0 ? 'up to date' : `${applied.length} migrations applied`));

  const env: NodeJS.ProcessEnv = {
    ...given,
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporalAddress,
    ...(temporalUi === null ? {} : { TEMPORAL_UI_URL: temporalUi }),
    ENCRYPTION_KEY: given['ENCRYPTION_KEY'] || secrets.encryptionKey,
    LOG_DIR: given['LOG_DIR'] || folder.file('logs'),
    // The bundle of the workflows takes seconds to make; it is kept for the next start.
    WORKFLOW_BUNDLE_DIR: given['WORKFLOW_BUNDLE_DIR'] || folder.file('cache'),
    API_PORT: String(ports.api),
  };
  let simulator: string | null = null;
  if (!given['BOOKSY_BASE_URL']) {
    const rate = options.rateLimit;
    const started = performance.now();
    simulator = (await startSimulator({ folder, options, port: ports.simulator, env: given, supervisor }))
      .url;
    say(done('simulator', simulator, started));
    Object.assign(env, {
      BOOKSY_BASE_URL: `${simulator}/public-api/pl/`,
      BOOKSY_AUTH_URL: simulator,
      BOOKSY_AUTH_STRATEGY: 'client_credentials',
      BOOKSY_API_KEY: secrets.simulatorClientId,
      BOOKSY_API_SECRET: secrets.simulatorClientSecret,
      BOOKSY_RATE_LIMIT: String(rate.calls),
      BOOKSY_RATE_WINDOW_MS: String(rate.windowMs),
      SIMULATOR_URL: simulator,
      BOOKSY_WEBHOOK_SECRET: given['BOOKSY_WEBHOOK_SECRET'] || webhookSecret(given),
    });
  }
  record({ databaseUrl, temporalAddress });

  const { connected, rejected } = await supervisor.guard(connectBusinesses(env));
  const fresh = connected.filter((business) => business.created).length;
  say(done('businesses', `${connected.length} at Booksy${fresh > 0 ? `, ${fresh} new here` : ''}`));
  if (rejected > 0)
    say(`  ! ${rejected} rows of the list of businesses could not be read: those are not connected`);

  await nodePart(input, 'worker', 'workers/main.ts', env);
  const { url: apiUrl } = await nodePart(input, 'API', 'api/main.ts', env);
  if (apiUrl === undefined)
    throw new CliError('part_not_ready', 'The API did not say where it is.', 'Report this.');
  if (simulator !== null) {
    await supervisor.guard(sendWebhooksTo(simulator, apiUrl.replace(/\/$/, ''), webhookSecret(env)));
    say(done('webhooks', 'of the simulator go to the API, signed'));
  }

  const operator = await supervisor.guard(mintOperatorToken(databaseUrl, folder));
  const addresses: Addresses = {
    api: apiUrl.replace(/\/$/, ''),
    temporalUi,
    temporalAddress,
    simulator,
    databaseUrl,
    adminToken: operator.token,
  };
  record(addresses);
  return { addresses, connected, env, revokeToken: operator.revoke };
}

async function database({ folder, options, env, ports, supervisor, say }: StartInput): Promise<string> {
  const started = performance.now();
  const given = env['DATABASE_URL'];
  if (given) {
    const version = await supervisor.guard(checkDatabase(given));
    say(done('PostgreSQL', `${version}, yours (DATABASE_URL)`));
    return given;
  }
  const server = await startPostgres({
    dataDir: folder.dir,
    port: options.postgresPort || ports.postgres,
    log: createPartLog(folder.file('logs', 'postgres.log'), true),
  });
  supervisor.add({ ...server, name: 'PostgreSQL' });
  say(done('PostgreSQL', `port ${server.port}`, started));
  return server.url;
}

async function checkDatabase(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return rows[0]?.server_version ?? '';
  } catch (error) {
    throw new CliError(
      'database_unreachable',
      `The database of DATABASE_URL cannot be reached: ${messageOf(error)}.`,
      'Start it, correct DATABASE_URL, or leave DATABASE_URL empty: then an embedded PostgreSQL is started.',
      EXIT.cannotStart,
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function temporal(input: StartInput): Promise<{ address: string; uiUrl: string | null }> {
  const { folder, env, ports, supervisor, say } = input;
  const started = performance.now();
  const given = env['TEMPORAL_ADDRESS'];
  if (given) {
    const namespace = env['TEMPORAL_NAMESPACE'] || 'default';
    const probe = await supervisor.guard(probeTemporal(given, namespace, 10_000));
    if (!probe.ok) {
      throw new CliError(
        'temporal_unreachable',
        `Temporal at ${given} (TEMPORAL_ADDRESS) cannot be used: ${probe.reason}.`,
        `Start it, make its namespace "${namespace}", or leave TEMPORAL_ADDRESS empty: then a server is started here.`,
        EXIT.cannotStart,
      );
    }
    await supervisor.guard(prepareNamespace(given, namespace, SEARCH_ATTRIBUTES));
    say(done('Temporal', `${probe.serverVersion}, yours (TEMPORAL_ADDRESS)`));
    return { address: given, uiUrl: env['TEMPORAL_UI_URL'] || null };
  }
  const log = createPartLog(folder.file('logs', 'temporal.log'), true);
  const { resolveTemporal } = await import('../../infra/local/temporal.ts');
  const { path: binary } = await supervisor.guard(resolveTemporal({ log: say, env }));
  const server = await startTemporal({
    dbFile: folder.file('temporal.db'),
    port: ports.temporal,
    uiPort: ports.temporalUi,
    searchAttributes: SEARCH_ATTRIBUTES,
    binary,
    log,
  });
  supervisor.add({ ...server, name: 'Temporal' });
  say(done('Temporal', server.address, started));
  return server;
}

async function nodePart(
  { folder, supervisor, say }: StartInput,
  name: 'worker' | 'API',
  entry: string,
  env: NodeJS.ProcessEnv,
): Promise<{ url?: string }> {
  const started = performance.now();
  const log = createPartLog(folder.file('logs', `${name.toLowerCase()}.log`), false);
  const { message, part } = await startWatched(supervisor, { name, entry, env, log });
  say(done(name, message.url ?? `pid ${part.pid}`, started));
  return message;
}

function done(what: string, detail: string, started?: number): string {
  const seconds = started === undefined ? '' : `  ${((performance.now() - started) / 1000).toFixed(1)} s`;
  return `  ✓ ${what.padEnd(11)} ${detail}${seconds}`;
}
