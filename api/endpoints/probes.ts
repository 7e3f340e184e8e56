/** GET /healthz and /readyz, for whatever keeps processes alive. They say nothing of any business. */
import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import { overall, ready } from '../health/checks.ts';
import { HEALTH_STATUSES } from '../health/status.ts';
import { defineEndpoint } from '../http/endpoint.ts';

const alive = z.object({ status: z.literal('ok') }).meta({ id: 'Alive' });

export function healthzEndpoint() {
  return defineEndpoint({
    method: 'GET',
    path: '/healthz',
    tag: 'Health',
    summary: 'Does the process run?',
    responses: { 200: { description: 'It runs', schema: alive } },
    handler: () => Promise.resolve({ status: 200, json: { status: 'ok' } }),
  });
}

const readiness = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    database: z.enum(HEALTH_STATUSES),
    temporal: z.enum(HEALTH_STATUSES),
  })
  .meta({ id: 'Readiness' });

export function readyzEndpoint(deps: Pick<ApiDeps, 'prisma' | 'temporalStatus' | 'logger'>) {
  return defineEndpoint({
    method: 'GET',
    path: '/readyz',
    tag: 'Health',
    summary: 'Can it serve? Database and Temporal answer',
    responses: {
      200: { description: 'It can', schema: readiness },
      503: { description: 'Not now: a part does not answer', schema: readiness },
    },
    async handler() {
      const [database, temporal] = await ready(deps);
      const fine = overall([database, temporal]) === 'ok';
      return {
        status: fine ? 200 : 503,
        json: { status: fine ? 'ready' : 'not_ready', database: database.status, temporal: temporal.status },
        headers: fine ? {} : { 'Retry-After': '5' },
      };
    },
  });
}
