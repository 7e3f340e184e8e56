/**
 * Configuration, parsed once by each process (SPEC §12). A bad value names itself and stops the start.
 */
import { createHash } from 'node:crypto';
import type { ConflictHours } from '../domain/conflicts/dates.ts';
import { calendarConfig, type CalendarConfig } from './config/calendars.ts';
import { keepsPrepared } from './config/database.ts';
import { problemsBetween } from './config/between.ts';
import { settingMeta } from './config/notes.ts';
import { environment, SETTING_NAMES, type Environment } from './config/settings.ts';

/** One thing that is wrong with the environment. Holds no secret value. */
export interface ConfigProblem {
  readonly name: string;
  readonly problem: string;
  readonly example: string;
}

/** Thrown by {@link loadConfig}; `problems` lists every bad name at once. */
export class ConfigError extends Error {
  readonly code = 'config_invalid';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(
      ({ name, problem, example }) => `  ${name} ${problem}. Example: ${name}=${example}`,
    );
    super(
      `The configuration cannot be used:\n${lines.join('\n')}\nCorrect it (see .env.example) and start again.`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What a Booksy account can do (R5). */
export interface BooksyCapabilities {
  readonly listRowsFull: boolean;
  readonly listFilter: Environment['BOOKSY_LIST_FILTER'];
  readonly listOrder: Environment['BOOKSY_LIST_ORDER'];
  readonly webhooks: boolean;
  readonly appointmentWrites: boolean;
  readonly cancelledListed: boolean;
  readonly createNotifies: boolean;
  readonly statusOptionalInPut: boolean;
  readonly limitScope: Environment['BOOKSY_CAP_LIMIT_SCOPE'];
}

/** How this product proves who it is. Exactly the values that the strategy needs. */
export type BooksyCredentials =
  | { readonly strategy: 'client_credentials'; readonly apiKey: string; readonly apiSecret: string }
  | {
      readonly strategy: 'partner_jwt';
      readonly partnerName: string;
      readonly partnerUuid: string;
      readonly privateKey: string;
    };

export interface BooksyConfig {
  /** Ends in a slash. */
  readonly baseUrl: string;
  /** Origin without a slash at the end; `/oauth/token` is below it. */
  readonly authUrl: string;
  readonly accountKey: string;
  readonly credentials: BooksyCredentials;
  readonly rate: { readonly limit: number; readonly windowMs: number; readonly tokenLimit: number };
  readonly timeoutMs: number;
  readonly capabilities: BooksyCapabilities;
}

/** What proves that a webhook is Booksy's, for every business of the installation; newest first. Never printed. */
export interface WebhookConfig {
  readonly secrets: readonly string[];
  readonly tokens: readonly string[];
}

/** Pool settings have the names that `createDatabase` takes. */
export interface DatabaseConfig {
  readonly url: string;
  /** Never a transaction pooler: for migrations and LISTEN. */
  readonly directUrl: string;
  /** For lists, reports and charts only (infra/database/replica.ts); null: there is none. */
  readonly replicaUrl: string | null;
  readonly poolMax: number;
  readonly poolMin: number;
  readonly replicaPoolMax: number;
  readonly idleTimeoutMs: number;
  readonly acquireTimeoutMs: number;
  /** 0: none. */
  readonly statementTimeoutMs: number;
  /** Marked statements are planned once for each connection (infra/database/prepared.ts). */
  readonly preparedStatements: boolean;
}

export interface CacheConfig {
  /** Null: in the memory of the process. Holds a password: not for logs. */
  readonly redisUrl: string | null;
}

export interface TemporalConfig {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly uiUrl: string | null;
}

export interface ApiConfig {
  readonly host: string;
  readonly port: number;
  readonly trustedProxyHops: number;
  readonly corsOrigins: readonly string[];
  readonly simulatorUrl: string | null;
}

/** Waits of the engine in milliseconds, by the names of `ProtocolSettings`. */
export interface WaitConfig {
  readonly unknownForMs: number;
  readonly lookEveryMs: number;
  readonly createWaitMs: number;
}

export interface LogConfig {
  readonly level: Environment['LOG_LEVEL'];
  readonly dir: string | null;
  /** When files are put aside and deleted; without it the defaults of infra/logger.ts. */
  readonly files?: {
    readonly maxBytes: number;
    /** How many that were put aside are kept. */
    readonly kept: number;
    readonly maxAgeDays: number;
  };
}

export interface Config {
  readonly database: DatabaseConfig;
  readonly cache: CacheConfig;
  readonly booksy: BooksyConfig;
  readonly webhooks: WebhookConfig;
  readonly waits: WaitConfig;
  readonly calendars: CalendarConfig;
  readonly conflicts: ConflictHours;
  readonly encryption: {
    /** 32 bytes. */
    readonly key: Buffer;
    /** First 8 hex digits of a hash of the key: goes into every ciphertext. */
    readonly keyId: string;
  };
  readonly temporal: TemporalConfig;
  readonly api: ApiConfig;
  readonly log: LogConfig;
}

/** Id of a key that tells nothing about it. */
export function keyIdOf(key: Buffer): string {
  return createHash('sha256').update('booksy-sync/key-id').update(key).digest('hex').slice(0, 8);
}

/** The settings that are set: empty and blank values count as missing, names that are not ours are left out. */
function known(env: NodeJS.ProcessEnv): Record<string, string> {
  const out: Mutable<Record<string, string>> = {};
  for (const name of SETTING_NAMES) {
    const value = env[name]?.trim();
    if (value !== undefined && value !== '') out[name] = value;
  }
  return out;
}

function problemOf(name: string, problem: string): ConfigProblem {
  return { name, problem, example: settingMeta(name).example };
}

function fieldProblems(
  raw: Record<string, string>,
  issues: readonly { path: PropertyKey[]; message: string }[],
) {
  const byName = new Map<string, ConfigProblem>();
  for (const issue of issues) {
    const name = String(issue.path[0]);
    if (byName.has(name)) continue;
    const value = raw[name];
    if (value === undefined) byName.set(name, problemOf(name, 'is missing'));
    else if (settingMeta(name).secret) byName.set(name, problemOf(name, issue.message));
    else byName.set(name, problemOf(name, `${issue.message}, but is ${JSON.stringify(value.slice(0, 80))}`));
  }
  return [...byName.values()];
}

function credentials(env: Environment): BooksyCredentials {
  switch (env.BOOKSY_AUTH_STRATEGY) {
    case 'client_credentials':
      return {
        strategy: 'client_credentials',
        apiKey: env.BOOKSY_API_KEY ?? '',
        apiSecret: env.BOOKSY_API_SECRET ?? '',
      };
    case 'partner_jwt':
      return {
        strategy: 'partner_jwt',
        partnerName: env.BOOKSY_PARTNER_NAME ?? '',
        partnerUuid: env.BOOKSY_PARTNER_UUID ?? '',
        privateKey: env.BOOKSY_PARTNER_PRIVATE_KEY ?? '',
      };
  }
}

/**
 * Parses the environment into a nested read-only object.
 *
 * @throws {ConfigError} naming every missing or bad value, with an example each; secrets are never quoted.
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const raw = known(env);
  const parsed = environment.safeParse(raw);
  const problems = [
    ...(parsed.success ? [] : fieldProblems(raw, parsed.error.issues)),
    ...problemsBetween(raw).map(({ name, problem }) => problemOf(name, problem)),
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  const value = parsed.data;
  return {
    database: {
      url: value.DATABASE_URL,
      directUrl: value.DATABASE_DIRECT_URL ?? value.DATABASE_URL,
      replicaUrl: value.DATABASE_REPLICA_URL ?? null,
      poolMax: value.DATABASE_POOL_MAX,
      poolMin: value.DATABASE_POOL_MIN,
      replicaPoolMax: value.DATABASE_REPLICA_POOL_MAX,
      idleTimeoutMs: value.DATABASE_IDLE_TIMEOUT_MS,
      acquireTimeoutMs: value.DATABASE_ACQUIRE_TIMEOUT_MS,
      statementTimeoutMs: value.DATABASE_STATEMENT_TIMEOUT_MS,
      preparedStatements: keepsPrepared(value.DATABASE_PREPARED_STATEMENTS, {
        url: value.DATABASE_URL,
        directUrl: value.DATABASE_DIRECT_URL,
      }),
    },
    cache: { redisUrl: value.REDIS_URL ?? null },
    booksy: {
      baseUrl: value.BOOKSY_BASE_URL,
      authUrl: new URL(value.BOOKSY_AUTH_URL ?? value.BOOKSY_BASE_URL).origin,
      accountKey: value.BOOKSY_ACCOUNT_KEY,
      credentials: credentials(value),
      rate: {
        limit: value.BOOKSY_RATE_LIMIT,
        windowMs: value.BOOKSY_RATE_WINDOW_MS,
        tokenLimit: value.BOOKSY_TOKEN_RATE_LIMIT,
      },
      timeoutMs: value.BOOKSY_TIMEOUT_MS,
      capabilities: {
        listRowsFull: value.BOOKSY_LIST_ROWS_FULL,
        listFilter: value.BOOKSY_LIST_FILTER,
        listOrder: value.BOOKSY_LIST_ORDER,
        webhooks: value.BOOKSY_CAP_WEBHOOKS,
        appointmentWrites: value.BOOKSY_CAP_APPOINTMENT_WRITES,
        cancelledListed: value.BOOKSY_CAP_CANCELLED_LISTED,
        createNotifies: value.BOOKSY_CAP_CREATE_NOTIFIES,
        statusOptionalInPut: value.BOOKSY_CAP_STATUS_OPTIONAL_IN_PUT,
        limitScope: value.BOOKSY_CAP_LIMIT_SCOPE,
      },
    },
    webhooks: {
      secrets: value.BOOKSY_WEBHOOK_SECRET ?? [],
      tokens: value.BOOKSY_WEBHOOK_TOKEN ?? [],
    },
    waits: {
      unknownForMs: value.BOOKSY_UNANSWERED_MS,
      lookEveryMs: value.BOOKSY_UNANSWERED_LOOK_MS,
      createWaitMs: value.BOOKSY_CREATE_WAIT_MS,
    },
    conflicts: {
      remindHours: value.CONFLICT_REMIND_HOURS,
      escalateHours: value.CONFLICT_ESCALATE_HOURS,
    },
    calendars: calendarConfig(value),
    encryption: { key: value.ENCRYPTION_KEY, keyId: keyIdOf(value.ENCRYPTION_KEY) },
    temporal: {
      address: value.TEMPORAL_ADDRESS,
      namespace: value.TEMPORAL_NAMESPACE,
      taskQueue: value.TEMPORAL_TASK_QUEUE,
      uiUrl: value.TEMPORAL_UI_URL ?? null,
    },
    api: {
      host: value.API_HOST,
      port: value.API_PORT,
      trustedProxyHops: value.API_TRUSTED_PROXY_HOPS,
      corsOrigins: value.API_CORS_ORIGINS ?? [],
      simulatorUrl: value.SIMULATOR_URL ?? null,
    },
    log: {
      level: value.LOG_LEVEL,
      dir: value.LOG_DIR ?? null,
      files: {
        maxBytes: value.LOG_FILE_MAX_MB * 1024 * 1024,
        kept: value.LOG_FILES_KEPT,
        maxAgeDays: value.LOG_MAX_AGE_DAYS,
      },
    },
  };
}

/** The text of .env.example: every setting with what it means, its default or, where it has none, an example. */
export function renderEnvExample(): string {
  const lines = [
    '# Booksy Sync reads these names and no others. Copy this file to .env and fill in what you need;',
    '# everything left empty takes the default, and `booksy up` brings its own PostgreSQL, Temporal and simulator.',
  ];
  let group = '';
  for (const name of SETTING_NAMES) {
    const meta = settingMeta(name);
    if (meta.group !== group) lines.push('', `# --- ${meta.group} ---`);
    group = meta.group;
    const fallback = defaultOf(name);
    lines.push(`# ${meta.about}${fallback === '' ? ` Example: ${meta.example}` : ''}`, `${name}=${fallback}`);
  }
  return `${lines.join('\n')}\n`;
}

function defaultOf(name: string): string {
  // Settings that `booksy up` fills by itself stay empty although they have a default.
  if (name === 'TEMPORAL_ADDRESS') return '';
  const field = Object.entries(environment.shape).find(([key]) => key === name)?.[1];
  if (field === undefined || field.type !== 'prefault') return '';
  const { def } = field;
  return 'defaultValue' in def && typeof def.defaultValue === 'string' ? def.defaultValue : '';
}
