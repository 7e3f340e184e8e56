import type { IncomingMessage, ServerResponse } from 'node:http';
import { CLOCK_SKEW, HTTP_FAULTS } from '../faults.ts';
import type { ArmedFault, FaultKind } from '../faults.ts';
import { apiRoutes } from '../routes/index.ts';
import type { Sandbox } from '../sandbox.ts';
import { faultAnswer, spoilAnswer, spoilWire, toWire } from './effects.ts';
import { readBody, send } from './io.ts';
import { detail, HttpProblem, notFound } from './problem.ts';
import type { Answer } from './problem.ts';
import type { ApiRequest } from './request.ts';
import { Router } from './router.ts';
import type { Match } from './router.ts';
import { shiftedCount, shiftedQuery, shiftReally } from './shifting.ts';

export const BASE_PATH = '/public-api/pl';
const TOKEN_ROUTES: Readonly<Record<string, 'oauth' | 'partner' | 'refresh'>> = {
  '/oauth/token': 'oauth',
  [`${BASE_PATH}/token/`]: 'partner',
  [`${BASE_PATH}/refresh/`]: 'refresh',
};
const ACCEPT = /application\/json\s*;\s*version\s*=\s*0\.3/;

/** The partner API and the token endpoints: limits, sign-in, faults, then the route. */
export class Api {
  private readonly router = new Router(apiRoutes);
  private readonly sandbox: Sandbox;

  constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
  }

  async serve(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { sandbox } = this;
    const method = request.method ?? 'GET';
    const token = TOKEN_ROUTES[url.pathname];
    const match = token === undefined ? this.match(method, url.pathname) : null;
    const template = token === undefined ? (match?.template ?? 'unknown') : url.pathname;
    const salonId = match?.params['business_id'] === undefined ? null : Number(match.params['business_id']);
    this.count(method, template, token !== undefined, salonId);
    if (sandbox.clock.skewMs() !== 0) sandbox.faults.note(CLOCK_SKEW);
    const { faults, release } = sandbox.faults.arm(HTTP_FAULTS, {
      method,
      template,
      salon: salonId,
      query: url.searchParams,
    });
    try {
      const act = async (body: unknown): Promise<Answer> => {
        try {
          if (token !== undefined) return await this.token(token, request, body);
          return await this.call(request, url, match, method, body, faults);
        } catch (error) {
          if (error instanceof HttpProblem) return error.answer;
          throw error;
        }
      };
      await this.perform(request, response, faults, act, token !== undefined);
    } finally {
      release();
    }
  }

  /** Runs the request with the faults that hit it. */
  private async perform(
    request: IncomingMessage,
    response: ServerResponse,
    faults: readonly ArmedFault[],
    act: (body: unknown) => Promise<Answer>,
    isToken: boolean,
  ): Promise<void> {
    const { clock, counters, store } = this.sandbox;
    const of = (kind: FaultKind): ArmedFault | undefined => faults.find(({ spec }) => spec.kind === kind);
    const body = await readBody(request).catch((error: unknown) => error);
    const run = (): Promise<Answer> =>
      body instanceof HttpProblem
        ? Promise.resolve(body.answer)
        : body instanceof Error
          ? Promise.reject(body)
          : act(body);
    const latency = store.settings.latencyMs;
    if (latency > 0) await wait(latency);

    const dropped = of('drop_request');
    if (dropped !== undefined) {
      dropped.hit();
      cut(response);
      return;
    }
    const late = of('act_late');
    if (late !== undefined) {
      late.hit();
      clock.at(clock.now() + late.spec.ms, async () => {
        await run();
      });
      await wait(late.spec.holdMs);
      cut(response);
      return;
    }
    const slow = of('slow');
    if (slow !== undefined) {
      slow.hit();
      await wait(slow.spec.ms);
    }
    const replaced = of('status') ?? of('error_200');
    if (replaced !== undefined) {
      if (replaced.spec.acted) await run();
      replaced.hit();
      const answer = faultAnswer(replaced.spec);
      counters.answer(answer.status, isToken);
      send(response, toWire(answer), clock.told());
      return;
    }
    const answer = spoilAnswer(await run(), faults);
    counters.answer(answer.status, isToken);
    const lost = of('lose_answer');
    if (lost !== undefined) {
      lost.hit();
      cut(response);
      return;
    }
    send(response, spoilWire(toWire(answer), faults), clock.told());
  }

  private async token(
    which: 'oauth' | 'partner' | 'refresh',
    request: IncomingMessage,
    body: unknown,
  ): Promise<Answer> {
    const { limiter, store, auth } = this.sandbox;
    if (request.method !== 'POST') throw detail(405, 'Method not allowed.');
    if (which !== 'oauth') assertAccept(request);
    this.refuseAbove(limiter.takeToken(store.settings.limits));
    if (which === 'oauth') return auth.clientCredentials(body);
    return which === 'partner' ? await auth.partnerJwt(body) : auth.refreshPartner(body);
  }

  private async call(
    request: IncomingMessage,
    url: URL,
    match: Match | null,
    method: string,
    body: unknown,
    faults: readonly ArmedFault[],
  ): Promise<Answer> {
    const { sandbox } = this;
    const { flags, limits } = sandbox.store.settings;
    assertAccept(request);
    this.spoilTokens(request, faults);
    sandbox.auth.check(request.headers.authorization);
    const key = flags.limitScope === 'business' ? (match?.params['business_id'] ?? 'partner') : 'partner';
    this.refuseAbove(sandbox.limiter.take(key, limits));
    if (match === null) throw notFound();
    if (match.route === undefined) throw detail(405, `Method "${method}" not allowed.`);
    const salon = sandbox.store.salon(Number(match.params['business_id']));
    if (salon !== undefined) shiftReally(sandbox, salon, match.template, faults);
    const api: ApiRequest = {
      sandbox,
      actor: 'api',
      method,
      params: match.params,
      query: shiftedQuery(url.searchParams, faults),
      body,
      address: `${url.origin}${url.pathname}`,
    };
    return shiftedCount(await match.route.handle(api), url.searchParams, faults);
  }

  private match(method: string, path: string): Match | null {
    // A path without its slash is another path, and there is nothing there.
    if (!path.startsWith(`${BASE_PATH}/`) || !path.endsWith('/')) return null;
    return this.router.match(method, path.slice(BASE_PATH.length));
  }

  private count(method: string, template: string, isToken: boolean, salon: number | null): void {
    const kind = isToken
      ? 'token'
      : template === 'unknown'
        ? 'unknown'
        : template === '/business/'
          ? 'discovery'
          : 'data';
    const { clock, counters, store } = this.sandbox;
    counters.call(kind, `${method} ${template}`, salon, clock.now(), store.settings.limits.windowMs);
  }

  private refuseAbove(waitMs: number): void {
    if (waitMs === 0) return;
    const seconds = Math.ceil(waitMs / 1000);
    const headers: Record<string, string> = this.sandbox.store.settings.limits.retryAfter
      ? { 'retry-after': String(seconds) }
      : {};
    throw detail(429, 'Request was throttled.', headers);
  }

  private spoilTokens(request: IncomingMessage, faults: readonly ArmedFault[]): void {
    for (const fault of faults) {
      if (fault.spec.kind === 'expire_token') {
        this.sandbox.auth.revoke((request.headers.authorization ?? '').split(' ')[1] ?? '');
        fault.hit();
      } else if (fault.spec.kind === 'revoke_tokens') {
        this.sandbox.auth.revokeAll();
        fault.hit();
      }
    }
  }
}

function assertAccept(request: IncomingMessage): void {
  if (!ACCEPT.test(request.headers.accept ?? '')) {
    throw detail(406, 'Could not satisfy the request Accept header.');
  }
}

function wait(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}

function cut(response: ServerResponse): void {
  response.socket?.destroy();
}
