/** When people are told of a conflict that nobody decides (SPEC 4.2, R10). */
import { describe } from './notes.ts';
import { integer } from './rules.ts';

const GROUP = 'Engine: conflicts that wait';

export const conflictSettings = {
  CONFLICT_REMIND_HOURS: describe(
    'CONFLICT_REMIND_HOURS',
    integer(1, 720).prefault('24'),
    GROUP,
    'Hours until a conflict that nobody has decided is brought to mind, and between two reminders.',
    '24',
  ),
  CONFLICT_ESCALATE_HOURS: describe(
    'CONFLICT_ESCALATE_HOURS',
    integer(1, 720).prefault('24'),
    GROUP,
    'Hours before its visit begins at which a conflict that nobody has decided escalates (R10).',
    '24',
  ),
};
