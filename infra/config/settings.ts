/**
 * Every environment name this product reads, with its rule, its default and an example: the one source of the
 * parser in config.ts and of .env.example. A name that is not here is not read anywhere.
 */
import { z } from 'zod';
import { booksySettings } from './booksy.ts';
import { conflictSettings } from './conflicts.ts';
import { calendarSettings } from './calendars.ts';
import { cacheSettings, databaseSettings } from './database.ts';
import { launcherSettings } from './launcher.ts';
import { logSettings } from './logs.ts';
import { describe } from './notes.ts';
import { hostAndPort, integer, key32, originList, webUrl, word } from './rules.ts';
import { waitSettings } from './waits.ts';
import { webhookSettings } from './webhooks.ts';

const GROUP = {
  encryption: 'Encryption',
  temporal: 'Temporal',
  api: 'HTTP API',
} as const;

/** The environment, name by name. Empty means "not set"; config.ts drops empty values before parsing. */
export const environment = z.object({
  ...databaseSettings,

  ...cacheSettings,

  ...booksySettings,

  ...waitSettings,

  ...calendarSettings,

  ...conflictSettings,

  ...webhookSettings,

  ENCRYPTION_KEY: describe(
    'ENCRYPTION_KEY',
    key32,
    GROUP.encryption,
    'Key of everything sealed in the database: `openssl rand -base64 32`. Empty: `booksy up` makes one and keeps it in the data folder. Lose it and the sealed data is lost.',
    'a2V5LW9mLXRoZS1leGFtcGxlLTMyLWJ5dGVzLWxvbmc=',
    true,
  ),

  TEMPORAL_ADDRESS: describe(
    'TEMPORAL_ADDRESS',
    hostAndPort.prefault('127.0.0.1:7233'),
    GROUP.temporal,
    'Temporal front end. Empty: `booksy up` starts its own server.',
    '127.0.0.1:7233',
  ),
  TEMPORAL_NAMESPACE: describe(
    'TEMPORAL_NAMESPACE',
    word.prefault('default'),
    GROUP.temporal,
    'Namespace of the workflows.',
    'default',
  ),
  TEMPORAL_TASK_QUEUE: describe(
    'TEMPORAL_TASK_QUEUE',
    word.prefault('booksy-sync'),
    GROUP.temporal,
    'Task queue of the workers.',
    'booksy-sync',
  ),
  TEMPORAL_UI_URL: describe(
    'TEMPORAL_UI_URL',
    webUrl.optional(),
    GROUP.temporal,
    'Temporal Web UI, for links.',
    'http://127.0.0.1:8233',
  ),

  API_HOST: describe(
    'API_HOST',
    z
      .string()
      .regex(/^[\w.:-]+$/, 'must be an address or a host name')
      .prefault('127.0.0.1'),
    GROUP.api,
    'Address the API listens on. Outside this machine put a TLS proxy in front.',
    '127.0.0.1',
  ),
  API_PORT: describe(
    'API_PORT',
    integer(0, 65_535).prefault('0'),
    GROUP.api,
    'Port of the API; 0 takes a free one.',
    '8080',
  ),
  API_TRUSTED_PROXY_HOPS: describe(
    'API_TRUSTED_PROXY_HOPS',
    integer(0, 10).prefault('0'),
    GROUP.api,
    'How many proxies in front may name the client (X-Forwarded-For). 0: none.',
    '1',
  ),
  API_CORS_ORIGINS: describe(
    'API_CORS_ORIGINS',
    originList.optional(),
    GROUP.api,
    'Exact origins other than our own whose pages may call the API. Empty: none.',
    'https://admin.salon.example',
  ),
  SIMULATOR_URL: describe(
    'SIMULATOR_URL',
    webUrl.optional(),
    GROUP.api,
    'Address of the simulator, for the link on the start page. `booksy up` sets it.',
    'http://127.0.0.1:4010',
  ),

  ...logSettings,

  ...launcherSettings,
});

export type Environment = z.output<typeof environment>;
export type SettingName = keyof Environment;

/** Names in the order of the schema. */
export const SETTING_NAMES: readonly string[] = Object.keys(environment.shape);
