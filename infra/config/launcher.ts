/** Settings of the command line and of the parts that `booksy up` starts on this machine. */
import { z } from 'zod';
import { describe } from './notes.ts';
import { integer, webUrl } from './rules.ts';

const GROUP = 'Command line and local parts';
const port = integer(0, 65_535).optional();

export const launcherSettings = {
  POSTGRES_PORT: describe(
    'POSTGRES_PORT',
    port,
    GROUP,
    'Port of the PostgreSQL that `booksy up` starts. Empty: a free one.',
    '5433',
  ),
  TEMPORAL_PORT: describe(
    'TEMPORAL_PORT',
    port,
    GROUP,
    'Port of the Temporal server that `booksy up` starts. Empty: a free one.',
    '7233',
  ),
  TEMPORAL_UI_PORT: describe(
    'TEMPORAL_UI_PORT',
    port,
    GROUP,
    'Port of its Web UI. Empty: a free one.',
    '8233',
  ),
  SIMULATOR_PORT: describe(
    'SIMULATOR_PORT',
    port,
    GROUP,
    'Port of the Booksy simulator. Empty: a free one.',
    '4010',
  ),
  BOOKSY_SYNC_CACHE_DIR: describe(
    'BOOKSY_SYNC_CACHE_DIR',
    z.string().optional(),
    GROUP,
    'Folder for a downloaded or built Temporal server. Empty: booksy-sync in the cache folder of the user.',
    '/var/cache/booksy-sync',
  ),
  WORKFLOW_BUNDLE_DIR: describe(
    'WORKFLOW_BUNDLE_DIR',
    z.string().optional(),
    GROUP,
    'Folder where the worker keeps the bundled workflows, so that the next start is quicker. `booksy up` sets it.',
    '.data/cache',
  ),
  BOOKSY_SYNC_API: describe(
    'BOOKSY_SYNC_API',
    webUrl.optional(),
    GROUP,
    'API that `booksy sync` and `booksy health` talk to. Empty: that of the `booksy up` on the data folder.',
    'http://127.0.0.1:8080',
  ),
  BOOKSY_SYNC_TOKEN: describe(
    'BOOKSY_SYNC_TOKEN',
    z
      .string()
      .regex(/^bks_[\w-]{8,100}$/, 'must be a token as it was minted: bks_ and letters')
      .optional(),
    GROUP,
    'Token for it. Empty: the operator token of that `booksy up`.',
    'bks_your-token',
    true,
  ),
};
