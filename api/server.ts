/** The HTTP application: everything between a socket and the endpoints. */
import type { RequestListener } from 'node:http';
import express, { type Express } from 'express';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { createAvailability } from '../infra/availability/index.ts';
import { createSalesDesk } from '../infra/bookings/sales-desk.ts';
import { authenticateToken } from '../infra/tokens.ts';
import { availabilityEndpoint } from './availability/endpoint.ts';
import { bookingEndpoints } from './bookings/endpoints.ts';
import { holdEndpoints } from './bookings/holds.ts';
import { calendarEndpoints } from './calendars/endpoints.ts';
import { feedEndpoints } from './calendars/feeds.ts';
import { holidayEndpoints } from './holidays/endpoints.ts';
import { hoursEndpoints } from './hours/endpoints.ts';
import { conflictEndpoints } from './conflicts/endpoints.ts';
import type { ApiDeps } from './deps.ts';
import { approvePlanEndpoint } from './endpoints/approve-plan.ts';
import { auditEndpoints } from './endpoints/audit.ts';
import { businessControlEndpoints } from './endpoints/business-control.ts';
import { decideMappingEndpoint } from './endpoints/decide-mapping.ts';
import { errorEndpoint, errorsEndpoint } from './endpoints/errors.ts';
import { fullSyncEndpoint } from './endpoints/full-sync.ts';
import { healthEndpoint } from './endpoints/health.ts';
import { mappingEndpoint, mappingsEndpoint } from './endpoints/mappings.ts';
import { metricsEndpoint } from './endpoints/metrics.ts';
import { operationControlEndpoints } from './endpoints/operation-control.ts';
import { operationPlanEndpoint } from './endpoints/operation-plan.ts';
import { operationEndpoint, operationsEndpoint } from './endpoints/operations.ts';
import { pageEndpoints } from './endpoints/pages.ts';
import { healthzEndpoint, readyzEndpoint } from './endpoints/probes.ts';
import { releaseErrorEndpoint } from './endpoints/release-error.ts';
import { retryErrorEndpoint } from './endpoints/retry-error.ts';
import { skipErrorEndpoint } from './endpoints/skip-error.ts';
import { rulesEndpoints } from './endpoints/rules.ts';
import { syncStatusEndpoint } from './endpoints/sync-status.ts';
import { cors, createWatch, noStore, requestLog, securityHeaders } from './http/context.ts';
import { webhookEndpoints } from './webhooks/admin.ts';
import { createWebhookDoor } from './webhooks/door.ts';
import { createReceiver } from './webhooks/receive.ts';
import { undoEndpoints } from './undo/endpoints.ts';
import type { Endpoint } from './http/endpoint.ts';
import { createJsonDoor } from './http/json-door.ts';
import { keyOf, mountEndpoints, nothingHere, problemHandler } from './http/router.ts';
import { createShortWay } from './http/short.ts';
import { together } from './http/together.ts';
import { openApiDocument } from './openapi.ts';

/** What many ask at the same moment. */
const RACED: readonly string[] = ['POST /api/bookings', 'POST /api/holds'];

/** The application, and the endpoints it is made of (the matrix test walks them). */
export interface Api {
  readonly app: Express;
  /** What a server is made with: the application, and before it the short way for webhooks. */
  readonly listener: RequestListener;
  readonly endpoints: readonly Endpoint[];
  /** The OpenAPI 3.1 document. */
  readonly document: unknown;
}

/**
 * Builds the application; it listens on nothing yet.
 *
 * @throws {Error} where the permission table does not fit the routes.
 */
export function createApi(deps: ApiDeps): Api {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'How long requests took, by route template',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });

  const availability = createAvailability(deps.prisma, deps.timeChanges ?? null);
  const changed = (businessId: string) => {
    availability.drop(businessId);
  };
  const { prisma, vault } = deps;
  const sales = {
    prisma,
    vault,
    kept: availability,
    desk: createSalesDesk({ prisma, kept: availability }),
    ...(deps.booksyWait === undefined ? {} : { booksyWait: deps.booksyWait }),
  };

  const receiver = createReceiver(deps, registry);

  let document: unknown = null;
  const endpoints: Endpoint[] = [
    syncStatusEndpoint(deps),
    fullSyncEndpoint(deps),
    operationsEndpoint(deps),
    operationEndpoint(deps),
    operationPlanEndpoint(deps),
    approvePlanEndpoint(deps),
    ...operationControlEndpoints(deps),
    ...businessControlEndpoints(deps),
    mappingsEndpoint(deps),
    mappingEndpoint(deps),
    decideMappingEndpoint(deps),
    ...conflictEndpoints(deps),
    errorsEndpoint(deps),
    errorEndpoint(deps),
    retryErrorEndpoint(deps),
    skipErrorEndpoint(deps),
    releaseErrorEndpoint(deps),
    ...rulesEndpoints(deps),
    ...auditEndpoints(deps),
    ...undoEndpoints(deps),
    availabilityEndpoint({ prisma: deps.prisma, availability }),
    ...bookingEndpoints(sales),
    ...holdEndpoints(sales),
    ...calendarEndpoints(deps),
    ...feedEndpoints(deps),
    ...hoursEndpoints({ prisma, vault, changed }),
    ...holidayEndpoints(deps),
    healthEndpoint(deps),
    healthzEndpoint(),
    readyzEndpoint(deps),
    metricsEndpoint(deps, registry),
    ...receiver.endpoints,
    ...webhookEndpoints(deps),
    ...pageEndpoints(deps, () => document),
  ];
  document = openApiDocument(endpoints, deps.version);

  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.set('trust proxy', deps.api.trustedProxyHops);
  const watch = createWatch(deps.logger, ({ method, route, status, seconds }) =>
    // Methods of no endpoint are counted under one name: callers must not be able to grow the table.
    duration.observe(
      {
        method: /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(method) ? method : 'OTHER',
        route,
        status,
      },
      seconds,
    ),
  );
  app.use(requestLog(watch), securityHeaders, noStore, cors(deps.api.corsOrigins));
  const authenticate = together((token: string) => authenticateToken(deps.prisma, token));
  mountEndpoints(app, endpoints, authenticate);
  app.use(nothingHere);
  app.use(problemHandler(deps.logger));
  const { corsOrigins } = deps.api;
  const shortWay = createShortWay({ watch, logger: deps.logger, corsOrigins });
  const webhookDoor = createWebhookDoor(receiver, shortWay);
  const raced = endpoints.filter((endpoint) => RACED.includes(keyOf(endpoint)));
  const jsonDoor = createJsonDoor(raced, authenticate, shortWay);
  const listener: RequestListener = (request, response) => {
    if (!webhookDoor(request, response) && !jsonDoor(request, response)) app(request, response);
  };
  return { app, listener, endpoints, document };
}
