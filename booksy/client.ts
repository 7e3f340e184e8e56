/**
 * The typed Booksy client. Every method takes the salon, its parameters and how the call is to be made (lane, signal,
 * guard), and returns domain words with the interval of the read by the database's clock (R1).
 *
 * Errors are `BooksyError`s (errors.ts); errors of the database pass through.
 */
import type { Vault } from '../infra/crypto.ts';
import { createTokenStore, tokenPacerKey } from './auth/store.ts';
import { createAuthStrategy } from './auth/strategies.ts';
import { createTokenSource } from './auth/tokens.ts';
import type { BooksyCapabilities } from './capabilities.ts';
import { appointmentMethods, type AppointmentMethods } from './client/appointments.ts';
import { businessMethods, type BusinessMethods } from './client/businesses.ts';
import { catalogMethods, type CatalogMethods } from './client/catalog.ts';
import { clientMethods, type ClientMethods } from './client/clients.ts';
import type { ClientContext } from './client/context.ts';
import { hoursMethods, type HoursMethods } from './client/hours.ts';
import { settlementMethods, type SettlementMethods } from './client/settlement.ts';
import { systemClock, type MonotonicClock } from './clock.ts';
import type { BooksyClientConfig } from './config-type.ts';
import { createBooksyHttp } from './http/http.ts';
import { createTransport } from './http/transport.ts';
import { createPacer, type Pacer } from './pacer/index.ts';
import type { SqlRunner } from './sql.ts';

export interface BooksyClient
  extends
    BusinessMethods,
    HoursMethods,
    CatalogMethods,
    ClientMethods,
    AppointmentMethods,
    SettlementMethods {
  readonly capabilities: BooksyCapabilities;
  /** How long one call may last before it is given up. */
  readonly timeoutMs: number;
  /** The pace of all calls that share a limit. */
  readonly callsPerSecond: number;
  /** Sends waiting callers home and closes connections. */
  close(): Promise<void>;
}

/** What is told about the calls; a pino logger fits. */
export interface CallLogger {
  warn(facts: Readonly<Record<string, unknown>>, message: string): void;
}

export interface BooksyClientOptions {
  readonly config: BooksyClientConfig;
  /** For the pacer, the shared token and the clock. */
  readonly db: { readonly prisma: SqlRunner };
  readonly vault: Vault;
  readonly logger?: CallLogger;
  /** For tests. */
  readonly clock?: MonotonicClock;
  readonly random?: () => number;
}

/** Makes a client for one Booksy account. One per process is enough; more share pace and token all the same. */
export function createBooksyClient(options: BooksyClientOptions): BooksyClient {
  const { config, db, vault, logger, clock = systemClock, random = Math.random } = options;
  const transport = createTransport(clock);
  const pacers = new Map<string, Pacer>();
  const pacer = (accountKey: string, limit: number): Pacer => {
    let found = pacers.get(accountKey);
    if (found === undefined) {
      const rate = { limit, windowMs: config.rate.windowMs };
      found = createPacer({ sql: db.prisma, clock, random, accountKey, rate });
      pacers.set(accountKey, found);
    }
    return found;
  };
  const tokens = createTokenSource({
    store: createTokenStore(db.prisma, vault, config.accountKey),
    strategy: createAuthStrategy(config),
    pacer: pacer(tokenPacerKey(config.accountKey), config.rate.tokenLimit),
    transport,
    clock,
    timeoutMs: config.timeoutMs,
  });
  const perBusiness = config.capabilities.limitScope === 'business';
  const http = createBooksyHttp({
    baseUrl: config.baseUrl,
    timeoutMs: config.timeoutMs,
    transport,
    tokens,
    pacerOf: (businessExternalId) =>
      pacer(
        perBusiness && businessExternalId !== null
          ? `${config.accountKey}/business/${businessExternalId}`
          : config.accountKey,
        config.rate.limit,
      ),
    clock,
    ...(logger === undefined ? {} : { logger }),
  });
  const context: ClientContext = { http, capabilities: config.capabilities };
  return {
    ...businessMethods(context),
    ...hoursMethods(context),
    ...catalogMethods(context),
    ...clientMethods(context),
    ...appointmentMethods(context),
    ...settlementMethods(context),
    capabilities: config.capabilities,
    timeoutMs: config.timeoutMs,
    callsPerSecond: (config.rate.limit * 1_000) / config.rate.windowMs,
    async close() {
      for (const one of pacers.values()) one.close();
      await transport.close();
    },
  };
}
