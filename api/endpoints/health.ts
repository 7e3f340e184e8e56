/** GET /api/admin/booksy/health: each part with its state and the reason. Costs no call at Booksy unless asked. */
import { z } from 'zod';
import { reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import {
  checkApi,
  checkBooksy,
  checkDatabase,
  checkTemporal,
  checkWorkers,
  overall,
} from '../health/checks.ts';
import { HEALTH_STATUSES } from '../health/status.ts';
import { defineEndpoint } from '../http/endpoint.ts';
import { instant } from '../wire.ts';

const query = z
  .object({
    probe: z.enum(['true', 'false'], 'must be true or false').optional().meta({
      description: '`true` spends one call at Booksy; answers of the last 10 seconds are used again',
    }),
  })
  .strict();

const component = z.object({
  status: z.enum(HEALTH_STATUSES),
  reason: z.string().meta({ description: 'Why it is so, and what to do where it is not ok' }),
  latencyMs: z.number().nullable(),
});

const answer = z
  .object({
    status: z
      .enum(HEALTH_STATUSES)
      .meta({ description: 'The worst of the parts; an unknown part does not count' }),
    checkedAt: instant,
    version: z.string(),
    components: z.object({
      api: component,
      database: component,
      temporal: component,
      workers: component,
      booksy: component,
    }),
  })
  .meta({ id: 'Health' });

export function healthEndpoint(deps: ApiDeps) {
  const booksy = checkBooksy(deps);
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/health',
    tag: 'Health',
    summary: 'How every part is',
    description: 'Always 200 when the token is good: read `status`. Probes use /healthz and /readyz.',
    query,
    responses: { 200: { description: 'Every part with its reason', schema: answer } },
    async handler({ query: asked, grant }) {
      const businesses = await reachableBusinesses(deps.prisma, grant, undefined);
      const [database, temporal, workers, there] = await Promise.all([
        checkDatabase(deps),
        checkTemporal(deps),
        checkWorkers(deps),
        booksy(
          asked.probe === 'true',
          businesses.map(({ id }) => id),
        ),
      ]);
      const components = { api: checkApi(), database, temporal, workers, booksy: there };
      return {
        status: 200,
        json: {
          status: overall(Object.values(components)),
          checkedAt: new Date().toISOString(),
          version: deps.version,
          components,
        },
      };
    },
  });
}
