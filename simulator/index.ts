import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Changes } from './changes.ts';
import { createClock } from './clock.ts';
import { Control, CONTROL_PREFIX } from './control/routes.ts';
import { Counters } from './counters.ts';
import { Faults } from './faults.ts';
import { startPage } from './start-page.ts';
import { checkParameters } from './generate/index.ts';
import type { SeedParameters } from './generate/index.ts';
import { Api } from './http/api.ts';
import { Auth } from './http/auth.ts';
import type { Credentials } from './http/auth.ts';
import { toWire } from './http/effects.ts';
import { readBody, send } from './http/io.ts';
import { isForeign } from './http/origin.ts';
import { HttpProblem, problem } from './http/problem.ts';
import { Kept } from './kept.ts';
import { Limiter } from './limits.ts';
import { CalendarPage, PAGE_PREFIX } from './page/routes.ts';
import type { Sandbox } from './sandbox.ts';
import type { Fees } from './settlement/fees.ts';
import { DEFAULT_SETTINGS, patchSettings } from './settings.ts';
import type { Flags, Limits, TokenLifetimes, WebhookSettings } from './settings.ts';
import { Store } from './state/store.ts';
import { Webhooks } from './webhooks.ts';

export interface SimulatorOptions {
  /** 0 or left out = a free one. */
  readonly port?: number;
  /** Left out = this machine alone. In a container `0.0.0.0`; whoever reaches the port owns the sandbox. */
  readonly host?: string;
  /** Where the data file is kept; null or left out = nothing is kept. What is there already wins over the seed. */
  readonly dataDir?: string | null;
  readonly seed?: string;
  readonly salons?: number;
  /** Of each salon. */
  readonly visits?: number;
  /** Of each salon. */
  readonly clients?: number;
  readonly staff?: number | null;
  readonly overbooked?: number | null;
  /** `YYYY-MM-DD`; left out = today, at the first start. */
  readonly today?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly partner?: Credentials['partner'];
  readonly flags?: Partial<Flags>;
  readonly limits?: Partial<Limits>;
  readonly tokens?: Partial<TokenLifetimes>;
  readonly webhooks?: Partial<WebhookSettings>;
  readonly fees?: Partial<Fees>;
  readonly latencyMs?: number;
}

export interface Simulator {
  /** Origin, e.g. `http://127.0.0.1:4010`. */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the sandbox on the loopback interface. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const parameters: SeedParameters = {
    seed: options.seed ?? 'booksy',
    salons: options.salons ?? 1,
    visits: options.visits ?? 6000,
    clients: options.clients ?? 900,
    today: options.today ?? new Date().toISOString().slice(0, 10),
    staff: options.staff ?? null,
    overbooked: options.overbooked ?? null,
  };
  const wrong = checkParameters(parameters);
  if (wrong !== null) throw new RangeError(`Simulator option ${wrong.field} ${wrong.problem}`);
  const settings = patchSettings(DEFAULT_SETTINGS, {
    flags: options.flags,
    limits: options.limits,
    tokens: options.tokens,
    webhooks: options.webhooks,
    fees: options.fees,
    latencyMs: options.latencyMs,
  });
  const clock = createClock();
  const store = Store.open(options.dataDir ?? null, parameters, settings, clock);
  const counters = new Counters();
  const faults = new Faults();
  const kept = Kept.open(options.dataDir ?? null, { store, counters, faults, clock });
  const credentials: Credentials = {
    clientId: options.clientId ?? 'simulator-key',
    clientSecret: options.clientSecret ?? 'simulator-secret',
    partner: options.partner ?? null,
  };
  const sandbox: Sandbox = {
    store,
    clock,
    counters,
    faults,
    limiter: new Limiter(clock),
    auth: new Auth(credentials, clock, () => store.settings.tokens),
    webhooks: new Webhooks(clock, counters, faults, () => store.settings.webhooks),
    changes: new Changes(),
  };
  const api = new Api(sandbox);
  const control = new Control(sandbox, settings);
  const page = new CalendarPage(sandbox);
  const server = createServer((request, response) => {
    serve({ sandbox, api, control, page }, request, response).catch((error: unknown) => {
      const description = error instanceof Error ? error.message : 'unknown';
      const body = { status_code: 500, code: 'simulator_error', description };
      send(response, toWire({ status: 500, body }), clock.told());
    });
  });
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    port,
    stop: async () => {
      clock.clear();
      sandbox.webhooks.stop();
      page.stop();
      sandbox.changes.stop();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      kept?.close();
      store.close();
    },
  };
}

interface Parts {
  readonly sandbox: Sandbox;
  readonly api: Api;
  readonly control: Control;
  readonly page: CalendarPage;
}

async function serve(
  { sandbox, api, control, page }: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? '127.0.0.1'}`);
  const told = sandbox.clock.told();
  const method = request.method ?? 'GET';
  const path = url.pathname.replace(/\/$/, '');
  if (path === '' && method === 'GET') {
    send(response, startPage(), told);
    return;
  }
  const isControl = url.pathname.startsWith(`${CONTROL_PREFIX}/`);
  const isPage = path === PAGE_PREFIX || path.startsWith(`${PAGE_PREFIX}/`);
  if (!isControl && !isPage) return api.serve(request, response, url);
  try {
    if (isForeign(request)) throw problem(403, 'foreign_origin', 'Another web site may not do that');
    const body = await readBody(request, isControl);
    const query = url.searchParams;
    if (method === 'GET' && path === `${CONTROL_PREFIX}/changes`) sandbox.changes.listen(response);
    else if (isPage) page.serve({ method, path: path.slice(PAGE_PREFIX.length), query, body, response });
    else
      send(
        response,
        toWire(await control.serve({ method, path: path.slice(CONTROL_PREFIX.length), query, body })),
        told,
      );
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    send(response, toWire(error.answer), told);
  }
}
