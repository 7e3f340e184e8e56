/** The endpoints of visits (SPEC 5.3); each group is a file of its own. */
import type { Endpoint } from '../http/endpoint.ts';
import { changeEndpoint } from './change.ts';
import { createEndpoint } from './create.ts';
import type { BookingDeps } from './deps.ts';
import { showEndpoint } from './show.ts';
import { stepEndpoints } from './steps.ts';

export type { BookingDeps } from './deps.ts';

export function bookingEndpoints(deps: BookingDeps): readonly Endpoint[] {
  return [createEndpoint(deps), showEndpoint(deps), changeEndpoint(deps), ...stepEndpoints(deps)];
}
