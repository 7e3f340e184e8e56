/** Settings of the logs. */
import { z } from 'zod';
import { describe } from './notes.ts';
import { integer, oneOf } from './rules.ts';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const GROUP = 'Logs';

export const logSettings = {
  LOG_LEVEL: describe(
    'LOG_LEVEL',
    oneOf(LOG_LEVELS).prefault('info'),
    GROUP,
    `One of ${LOG_LEVELS.join(', ')}.`,
    'info',
  ),
  LOG_DIR: describe(
    'LOG_DIR',
    z.string().optional(),
    GROUP,
    'Folder of booksy-sync.log, booksy-errors.log and booksy-metrics.log (rotated). Empty: stdout only.',
    'logs',
  ),
  LOG_FILE_MAX_MB: describe(
    'LOG_FILE_MAX_MB',
    integer(1, 1_024).prefault('10'),
    GROUP,
    'Size at which a log file is put aside and a new one begun, in megabytes. Each is put aside after a day, too.',
    '10',
  ),
  LOG_FILES_KEPT: describe(
    'LOG_FILES_KEPT',
    integer(1, 1_000).prefault('14'),
    GROUP,
    'How many files that were put aside are kept, of each of the three.',
    '14',
  ),
  LOG_MAX_AGE_DAYS: describe(
    'LOG_MAX_AGE_DAYS',
    integer(1, 3_650).prefault('14'),
    GROUP,
    'After how many days a file that was put aside is deleted, however few there are.',
    '14',
  ),
};
