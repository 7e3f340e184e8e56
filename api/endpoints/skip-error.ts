/** POST /api/admin/booksy/errors/:id/skip: leave a record that failed alone until it changes again (R29). */
import { skipError } from '../errors/skip.ts';
import { errorDeedEndpoint, type ErrorDeps } from './error-deed.ts';

export function skipErrorEndpoint(deps: ErrorDeps) {
  return errorDeedEndpoint(deps, {
    name: 'skip',
    summary: 'Leave a record that failed alone',
    description:
      'Of kind `record` only. Its workflow ends, what waits for the record goes from the boxes, and both sides keep what they hold: it is looked at again when either side changes it.',
    answer: {
      id: 'Skipped',
      states: ['skipped', 'already_skipped', 'asked'],
      aboutState: '`asked`: its workflow was told and has not written it down within two seconds',
      aboutOperation: 'The run that tried it',
    },
    problems: ['not_skippable', 'error_closed'],
    ended: 'It is left',
    accepted: 'Its workflow was told',
    underWay: ['asked'],
    act: skipError,
  });
}
