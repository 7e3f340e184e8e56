/** POST /api/admin/booksy/errors/:id/retry: try again what is wrong. */
import { retryError } from '../errors/retry.ts';
import { errorDeedEndpoint, type ErrorDeps } from './error-deed.ts';

export function retryErrorEndpoint(deps: ErrorDeps) {
  return errorDeedEndpoint(deps, {
    name: 'retry',
    summary: 'Try again what is wrong',
    description:
      'A record in quarantine is read again by its id and applied; where a record cannot be read alone, and for a run that failed, the full sync is started.',
    answer: {
      id: 'Retried',
      states: ['started', 'alreadyRunning', 'mended', 'still_failing'],
      aboutState: '`mended` and `still_failing`: it has ended already, within two seconds',
      aboutOperation: 'Where to watch it',
    },
    problems: ['not_retryable', 'business_paused'],
    ended: 'Tried, and this came of it',
    accepted: 'Started, or under way already',
    underWay: ['started', 'alreadyRunning'],
    act: retryError,
  });
}
