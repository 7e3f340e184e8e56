/** POST /api/webhooks/booksy and …/:token: what Booksy sends when an appointment changes. */
import { Counter, type Registry } from 'prom-client';
import { z } from 'zod';
import { WEBHOOK_ACTIONS } from '../../booksy/webhook.ts';
import { createKeyRing } from '../../infra/webhooks/keys.ts';
import type { Refusal } from '../../infra/webhooks/signature.ts';
import { createWebhookStore } from '../../infra/webhooks/store.ts';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint, type Endpoint, type Reply } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { takeWebhook, type Incoming, type IntakeDeps } from './intake.ts';
import { createRefusalLog } from './refusal-log.ts';

/** To the byte the same for every refusal: it must not help anybody to find out what was wrong. */
export const REFUSED_BODY = JSON.stringify({
  type: 'urn:booksy-sync:problem:webhook_refused',
  title: 'The webhook cannot be verified',
  status: 401,
  code: 'webhook_refused',
});

const TAKEN_BODY = { received: true } as const;

const taken = z.object({ received: z.literal(true) }).meta({ id: 'WebhookTaken' });
const refused = z
  .object({
    type: z.literal('urn:booksy-sync:problem:webhook_refused'),
    title: z.string(),
    status: z.literal(401),
    code: z.literal('webhook_refused'),
  })
  .meta({ id: 'WebhookRefused', description: 'Always the same: it does not say what was wrong' });

const body = z
  .looseObject({
    action: z.enum(WEBHOOK_ACTIONS),
    appointment: z.looseObject({ id: z.int(), business_id: z.int() }),
  })
  .meta({
    id: 'BooksyWebhook',
    description: 'As Booksy writes it; what is not named here is kept sealed',
    example: { action: 'MODIFIED', appointment: { id: 12, business_id: 1001 } },
  });

const signed = z.object({
  'webhook-id': z.string().optional().meta({ description: 'Id of the delivery: once for ever' }),
  'webhook-timestamp': z.string().optional().meta({ description: 'Unix seconds; at most 5 minutes away' }),
  'webhook-signature': z.string().optional().meta({
    description: '`v1,` + base64 of HMAC-SHA256 over `id.timestamp.body`; several apart by a space',
  }),
});

const responses = {
  200: { description: 'Stored, or known already. Sent after it was stored', schema: taken },
  401: { description: '`webhook_refused`: not proven to be of Booksy', schema: refused },
};

const DESCRIPTION =
  'At most 256 kB of JSON, not compressed. Stored and merged with the same news that waits (R4) before it is answered; nothing of it is applied: the record is read at Booksy. Where nothing could be stored it answers 503, and nothing is acknowledged. Without a configured secret or token every webhook is refused.';

type Deps = Pick<ApiDeps, 'prisma' | 'vault' | 'logger' | 'webhooks' | 'now'>;

/** Both forms of the intake. They share one box and one key ring. */
export interface Receiver {
  readonly endpoints: readonly Endpoint[];
  readonly routes: typeof ROUTES;
  /** What an endpoint does with a request whose form is right. @throws {Problem} */
  take(incoming: Incoming): Promise<Reply>;
}

const ROUTES = { signed: '/api/webhooks/booksy', token: '/api/webhooks/booksy/:token' } as const;

export function createReceiver(deps: Deps, registry: Registry): Receiver {
  const counter = new Counter({
    name: 'booksy_webhooks_total',
    help: 'Webhooks by what became of them: stored, merged, known, malformed, unavailable, or why they were refused',
    labelNames: ['outcome'] as const,
    registers: [registry],
  });
  const refusals = createRefusalLog(deps.logger);
  const intake: IntakeDeps = {
    keys: createKeyRing({
      prisma: deps.prisma,
      vault: deps.vault,
      installation: deps.webhooks,
      onUnreadable: (businessId) => refusals.note('unreadable_in_database', businessId),
    }),
    store: createWebhookStore(deps),
    now: deps.now ?? Date.now,
  };

  const take = async (incoming: Incoming): Promise<Reply> => {
    try {
      const result = await takeWebhook(intake, incoming);
      switch (result.kind) {
        case 'taken':
          counter.inc({ outcome: result.as });
          return { status: 200, json: TAKEN_BODY };
        case 'refused':
          return refuse(result.why);
        case 'malformed':
          counter.inc({ outcome: 'malformed' });
          refusals.note('malformed');
          throw malformed();
      }
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500) counter.inc({ outcome: 'unavailable' });
      throw error;
    }
  };

  const refuse = (why: Refusal): Reply => {
    counter.inc({ outcome: why });
    refusals.note(why);
    return {
      status: 401,
      content: REFUSED_BODY,
      contentType: 'application/json',
      headers: { 'WWW-Authenticate': 'Webhook realm="booksy-sync"' },
    };
  };

  const shared = {
    method: 'POST',
    tag: 'Webhooks',
    responses,
    rawBody: body,
    problems: ['webhook_malformed', 'database_unavailable'],
  } as const;
  const endpoints = [
    defineEndpoint({
      ...shared,
      path: ROUTES.signed,
      summary: 'A webhook of Booksy, signed',
      description: `Proven by a signature in the form of Standard Webhooks. ${DESCRIPTION}`,
      headers: signed,
      handler: ({ raw, headers }) =>
        take({
          raw,
          proof: {
            by: 'signature',
            headers: {
              id: headers['webhook-id'],
              timestamp: headers['webhook-timestamp'],
              signature: headers['webhook-signature'],
            },
          },
        }),
    }),
    defineEndpoint({
      ...shared,
      path: ROUTES.token,
      summary: 'A webhook of Booksy, with a token in the address',
      description: `Proven by the last part of the address, which no log and no metric shows. ${DESCRIPTION}`,
      params: z.object({ token: z.string().meta({ description: 'The unguessable word', example: 'token' }) }),
      handler: ({ raw, params }) => take({ raw, proof: { by: 'path_token', token: params.token } }),
    }),
  ];
  return { endpoints, routes: ROUTES, take };
}

function malformed(): Problem {
  return new Problem('webhook_malformed', {
    detail:
      'The body is proven to be of Booksy, but is no JSON with an action, an appointment id and a business id.',
    nextStep: 'Compare it with the contract in booksy/openapi.yaml; sweeps find what webhooks do not bring.',
  });
}
