/** An API of one test file over real HTTP: its own database, the run's Temporal, a task queue nobody works on. */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { inject } from 'vitest';
import type { ApiDeps, Launcher } from '../../../../api/deps.ts';
import type { Endpoint } from '../../../../api/http/endpoint.ts';
import { createApi } from '../../../../api/server.ts';
import { createTemporalStatus } from '../../../../api/temporal-status.ts';
import { createVault, type Vault } from '../../../../infra/crypto.ts';
import { createDatabase, type PrismaClient } from '../../../../infra/database/index.ts';
import { createLogger } from '../../../../infra/logger.ts';
import { createSchedules } from '../../../../infra/temporal/schedule-door.ts';
import { createLauncher } from '../../../../infra/temporal/launch.ts';
import { createConflictLauncher } from '../../../../infra/temporal/launch-conflicts.ts';
import { createUndoLauncher } from '../../../../infra/temporal/launch-undo.ts';
import { mintToken, SCOPES, type BusinessReach, type Scope } from '../../../../infra/tokens.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/database.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined where it is not JSON. */
  readonly json: unknown;
}

export interface Send {
  readonly method?: string;
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown;
}

export interface TestApi {
  readonly url: string;
  readonly server: Server;
  readonly database: TestDatabase;
  readonly prisma: PrismaClient;
  /** What seals and opens in this API. */
  readonly vault: Vault;
  readonly client: Client;
  readonly taskQueue: string;
  readonly endpoints: readonly Endpoint[];
  readonly document: unknown;
  readonly app: ReturnType<typeof createApi>['app'];
  /** Finished log lines. */
  readonly log: readonly string[];
  /** A token of every scope and business; what `send` uses unless told otherwise. */
  readonly adminToken: string;
  token(scopes: readonly Scope[], businesses: BusinessReach): Promise<{ token: string; tokenId: string }>;
  business(name?: string): Promise<string>;
  send(path: string, request?: Send): Promise<Answer>;
  stop(): Promise<void>;
}

export interface TestApiOptions {
  readonly deps?: Partial<ApiDeps>;
  readonly api?: Partial<ApiDeps['api']>;
}

/** A launcher that nothing is open with and that starts nothing, with some of it replaced. */
export function idleLauncher(replaced: Partial<Launcher> = {}): Launcher {
  const away = () => Promise.reject(new Error('14 UNAVAILABLE'));
  return {
    startFullSync: away,
    startRecordSync: away,
    signalRecordSync: () => Promise.resolve(false),
    recordSyncResult: away,
    fullSyncProgress: () => Promise.resolve(null),
    openFullSync: () => Promise.resolve(null),
    wakeFullSync: () => Promise.resolve(false),
    cancelFullSync: () => Promise.resolve(false),
    listOpen: () => Promise.resolve([]),
    failingStep: () => Promise.resolve(null),
    ...replaced,
  };
}

/** As where Temporal is away: nothing answers. */
export function silentLauncher(): Launcher {
  const away = () => Promise.reject(new Error('14 UNAVAILABLE'));
  return idleLauncher({
    fullSyncProgress: away,
    openFullSync: away,
    wakeFullSync: away,
    cancelFullSync: away,
    listOpen: away,
    failingStep: away,
  });
}

export async function startTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const database = await createTestDatabase();
  const db = database.closing(createDatabase({ url: database.url, poolMax: 6, applicationName: 'test-api' }));
  const { prisma } = db;
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  const namespace = inject('temporalNamespace');
  const client = new Client({ connection, namespace });
  const taskQueue = `test-api-${randomUUID()}`;
  const log: string[] = [];
  const vault = createVault({ key: randomBytes(32), keyId: 'test' });
  const deps: ApiDeps = {
    temporal: { uiUrl: 'http://127.0.0.1:8233', namespace, taskQueue },
    accountKey: 'default',
    prisma,
    reads: (read) => read(options.deps?.prisma ?? prisma),
    vault,
    webhooks: { secrets: [], tokens: [] },
    launcher: createLauncher({ client, taskQueue }),
    conflicts: createConflictLauncher({ client, taskQueue }),
    undos: createUndoLauncher({ client, taskQueue }),
    schedules: createSchedules({ client, taskQueue, accountKey: 'default' }, prisma),
    temporalStatus: createTemporalStatus(connection, { namespace, taskQueue }),
    probeBooksy: () => Promise.resolve(),
    logger: createLogger(
      { level: 'debug', dir: null },
      { name: 'api', destination: { write: (line) => log.push(line) } },
    ),
    version: '0.0.0-test',
    ...options.deps,
    api: {
      host: '127.0.0.1',
      port: 0,
      trustedProxyHops: 0,
      corsOrigins: [],
      simulatorUrl: null,
      ...options.api,
    },
  };
  const { app, listener, endpoints, document } = createApi(deps);
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token = (scopes: readonly Scope[], businesses: BusinessReach) =>
    mintToken(prisma, { name: 'test', scopes, businesses, expiresAt: null });
  const { token: adminToken } = await token(SCOPES, 'all');

  return {
    url,
    server,
    database,
    prisma: deps.prisma,
    vault: deps.vault,
    client,
    taskQueue,
    endpoints,
    document,
    app,
    log,
    adminToken,
    token,
    async business(name = 'Salon Testowy') {
      const id = randomUUID();
      await prisma.business.create({
        data: { id, name, zone: 'Europe/Warsaw', country: 'PL', currency: 'PLN' },
      });
      return id;
    },
    send: (path, request = {}) => send(`${url}${path}`, adminToken, request),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      for await (const { workflowId } of client.workflow.list({
        query: `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`,
      })) {
        await client.workflow.getHandle(workflowId).terminate('The test has ended.');
      }
      await connection.close();
      await database.drop();
    },
  };
}

async function send(url: string, adminToken: string, request: Send): Promise<Answer> {
  const token = request.token === undefined ? adminToken : request.token;
  const body =
    request.body === undefined || typeof request.body === 'string'
      ? request.body
      : JSON.stringify(request.body);
  const response = await fetch(url, {
    method: request.method ?? 'GET',
    headers: {
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      ...(request.body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...request.headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  const json: unknown = isJson ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
}
