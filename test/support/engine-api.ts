import { createServer } from 'node:http';
import type { Client } from '@temporalio/client';
import { createApi } from '../../api/server.ts';
import type { ApiDeps } from '../../api/deps.ts';
import type { InboundDeps } from '../../activities/inbound/run.ts';
import { createConflictLauncher } from '../../infra/temporal/launch-conflicts.ts';
import { createUndoLauncher } from '../../infra/temporal/launch-undo.ts';
import { createSchedules } from '../../infra/temporal/schedule-door.ts';
import { createLauncher } from '../../infra/temporal/launch.ts';
import { mintToken, SCOPES } from '../../infra/tokens.ts';

/** The API of an engine under test, over real HTTP. */
export interface EngineApi {
  readonly url: string;
  /** A token of every scope and business. */
  readonly token: string;
  /** How long a booking waits for Booksy: long, so that a busy machine decides nothing. A test may set it. */
  readonly booksyWait: { ms: number };
  /** How long an answer waits for the outcome of what it asked for (R33). Long for the same reason. */
  readonly outcomeWait: { ms: number };
  /** Sends a request with that token. The body is parsed JSON, or the text where it is none. */
  send(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly body: unknown }>;
  stop(): Promise<void>;
}

/** Starts the product's API on a free port, put together as api/main.ts does it. */
export async function startEngineApi(
  deps: InboundDeps,
  temporal: { readonly client: Client; readonly taskQueue: string; readonly namespace: string },
  webhooks: ApiDeps['webhooks'],
  calendars?: ApiDeps['calendars'],
): Promise<EngineApi> {
  const { db, vault, logger } = deps;
  const booksyWait = { ms: 30_000 };
  const outcomeWait = { ms: 30_000 };
  const { listener } = createApi({
    api: { host: '127.0.0.1', port: 0, trustedProxyHops: 0, corsOrigins: [], simulatorUrl: null },
    temporal: { uiUrl: null, namespace: temporal.namespace, taskQueue: temporal.taskQueue },
    accountKey: 'default',
    prisma: db,
    reads: (read) => read(db),
    vault,
    webhooks,
    launcher: createLauncher(temporal),
    conflicts: createConflictLauncher(temporal),
    undos: createUndoLauncher(temporal),
    schedules: createSchedules({ ...temporal, accountKey: 'default' }, db),
    temporalStatus: { serverVersion: () => Promise.resolve('test'), pollers: () => Promise.resolve(1) },
    probeBooksy: () => Promise.resolve(),
    logger,
    version: '0.0.0-test',
    booksyWait,
    outcomeWait,
    ...(calendars === undefined ? {} : { calendars }),
  });
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The API has no port.');
  const url = `http://127.0.0.1:${String(address.port)}`;
  const { token } = await mintToken(db, { name: 'test', scopes: SCOPES, businesses: 'all', expiresAt: null });
  return {
    url,
    token,
    booksyWait,
    outcomeWait,
    async send(method, path, body) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: parsed(text) };
    },
    async stop() {
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      });
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
