/** How long the engine waits for what Booksy may still do (R14a, R15a). */
import { describe } from './notes.ts';
import { integer } from './rules.ts';

const GROUP = 'Engine: waits for writes that were not answered';

export const waitSettings = {
  BOOKSY_UNANSWERED_MS: describe(
    'BOOKSY_UNANSWERED_MS',
    integer(1_000, 3_600_000).prefault('150000'),
    GROUP,
    'How long a write that was not answered blocks the other writes of its record, in milliseconds (R14a). Shorter than Booksy may act late, and an older value may return.',
    '150000',
  ),
  BOOKSY_UNANSWERED_LOOK_MS: describe(
    'BOOKSY_UNANSWERED_LOOK_MS',
    integer(200, 600_000).prefault('10000'),
    GROUP,
    'How often the record is read meanwhile, in milliseconds.',
    '10000',
  ),
  BOOKSY_CREATE_WAIT_MS: describe(
    'BOOKSY_CREATE_WAIT_MS',
    integer(500, 3_600_000).prefault('30000'),
    GROUP,
    'How long lies between the two look-ups before a create that was not answered is sent again, in milliseconds (R15a). Shorter than Booksy may act late, and a visit may exist twice until the next sweep.',
    '30000',
  ),
};
