import { checkParameters } from '../generate/index.ts';
import type { SeedParameters } from '../generate/index.ts';
import { parseBody } from '../http/body.ts';
import { HttpProblem, invalid, notFound } from '../http/problem.ts';
import type { Answer } from '../http/problem.ts';
import { Router } from '../http/router.ts';
import { FAULT_DEFAULTS } from '../faults.ts';
import type { FaultSpec } from '../faults.ts';
import { salonRoutes } from '../routes/index.ts';
import type { Sandbox } from '../sandbox.ts';
import { merge, patchSettings } from '../settings.ts';
import type { Settings } from '../settings.ts';
import { factsOf, leastCalls } from '../state/facts.ts';
import { controlDocument } from './document.ts';
import {
  clockSchema,
  credentialsSchema,
  faultSchema,
  faultsSchema,
  resetSchema,
  settingsSchema,
} from './schemas.ts';
import type { z } from 'zod';
import { addVisit, listVisits, oneVisit, patchVisit, removeVisit } from './visits.ts';

export const CONTROL_PREFIX = '/_control';
const AS_SALON = '/as-salon';

/** A call of the control surface. */
export interface ControlCall {
  readonly method: string;
  /** Behind the prefix, without a slash at its end. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** What a tester may do to the sandbox; not part of Booksy's API, neither limited nor counted. */
export class Control {
  private readonly salonRouter = new Router(salonRoutes);
  private readonly sandbox: Sandbox;
  /** What the sandbox was started with: a reset that says nothing else goes back to it. */
  private readonly initial: Settings;

  constructor(sandbox: Sandbox, initial: Settings) {
    this.sandbox = sandbox;
    this.initial = initial;
  }

  async serve(call: ControlCall): Promise<Answer> {
    try {
      return await this.route(call);
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      return error.answer;
    }
  }

  private async route({ method, path, query, body }: ControlCall): Promise<Answer> {
    const { sandbox } = this;
    if (path.startsWith(`${AS_SALON}/`))
      return this.asSalon(method, path.slice(AS_SALON.length), query, body);
    const visit = /^\/visits\/(\d+)$/.exec(path)?.[1];
    const fault = /^\/faults\/(\d+)$/.exec(path)?.[1];
    switch (
      `${method} ${visit === undefined ? (fault === undefined ? path : '/faults/:id') : '/visits/:id'}`
    ) {
      case 'GET /openapi.json':
        return { status: 200, body: controlDocument() };
      case 'POST /reset':
        return this.reset(body ?? {});
      case 'GET /settings':
        return { status: 200, body: sandbox.store.settings };
      case 'POST /settings':
        sandbox.store.configure(parseBody(settingsSchema, body));
        return { status: 200, body: sandbox.store.settings };
      case 'POST /faults':
        return { status: 201, body: { ids: this.addFaults(body) } };
      case 'GET /faults':
        return { status: 200, body: { hits: sandbox.faults.hits(), faults: sandbox.faults.list() } };
      case 'DELETE /faults':
        sandbox.faults.remove(null);
        return { status: 204 };
      case 'DELETE /faults/:id':
        sandbox.faults.remove(Number(fault));
        return { status: 204 };
      case 'POST /clock':
        return this.clock(body);
      case 'GET /clock':
        return this.tellTime();
      case 'GET /counters':
        return { status: 200, body: this.counters() };
      case 'POST /counters/reset':
        sandbox.counters.clear();
        return { status: 204 };
      case 'GET /state':
        return { status: 200, body: this.state() };
      case 'GET /webhooks':
        return { status: 200, body: { waiting: sandbox.clock.waiting(), log: sandbox.webhooks.entries() } };
      case 'POST /credentials':
        return this.credentials(body);
      case 'GET /visits':
        return listVisits(sandbox, query);
      case 'POST /visits':
        return addVisit(sandbox, body);
      case 'GET /visits/:id':
        return oneVisit(sandbox, visit ?? '');
      case 'PATCH /visits/:id':
        return patchVisit(sandbox, visit ?? '', body);
      case 'DELETE /visits/:id':
        return removeVisit(sandbox, visit ?? '');
      default:
        throw notFound();
    }
  }

  /** Any path of the partner API, done by the salon itself: no sign-in, no limit, no faults, and more is allowed. */
  private async asSalon(
    method: string,
    path: string,
    query: URLSearchParams,
    body: unknown,
  ): Promise<Answer> {
    const match = this.salonRouter.match(method, path);
    if (match?.route === undefined) throw notFound();
    return match.route.handle({
      sandbox: this.sandbox,
      actor: 'salon',
      method,
      params: match.params,
      query,
      body,
      address: `${CONTROL_PREFIX}${AS_SALON}${path}/`,
    });
  }

  private reset(body: unknown): Answer {
    const { seed, salons, visits, clients, staff, overbooked, today, faults, ...patch } = parseBody(
      resetSchema,
      body,
    );
    const { sandbox } = this;
    const parameters: SeedParameters = merge(sandbox.store.parameters, {
      seed: seed === undefined ? undefined : String(seed),
      salons,
      visits,
      clients,
      staff,
      overbooked,
      today,
    });
    const wrong = checkParameters(parameters);
    if (wrong !== null) throw invalid(wrong.field, wrong.problem);
    sandbox.clock.clear();
    sandbox.clock.setOffset(0);
    sandbox.clock.setSkew(0);
    sandbox.store.reset(parameters, patchSettings(this.initial, patch));
    sandbox.counters.clear();
    sandbox.limiter.clear();
    sandbox.webhooks.clear();
    sandbox.faults.clear();
    sandbox.auth.refused = false;
    for (const fault of faults ?? []) this.addFault(fault);
    return { status: 200, body: this.state() };
  }

  private addFaults(body: unknown): number[] {
    // Which of the two forms is meant is told apart first, so that an error names the field of that form.
    const many = typeof body === 'object' && body !== null && 'faults' in body;
    const parsed = many ? parseBody(faultsSchema.options[1], body).faults : [parseBody(faultSchema, body)];
    return parsed.map((fault) => this.addFault(fault));
  }

  private addFault(fault: z.output<typeof faultSchema>): number {
    const base: FaultSpec = { ...FAULT_DEFAULTS, kind: fault.kind };
    const spec = merge(base, fault);
    if (spec.kind === 'drift' && spec.field === '')
      throw invalid('field', 'A drift needs the field it changes');
    if (spec.kind === 'drift' && spec.change === 'rename' && spec.to === '')
      throw invalid('to', 'The new name is needed');
    return this.sandbox.faults.add(spec, this.sandbox.store.parameters.seed);
  }

  private async clock(body: unknown): Promise<Answer> {
    const { clock, store } = this.sandbox;
    const { advanceMs, skewMs } = parseBody(clockSchema, body);
    if (skewMs !== undefined) {
      clock.setSkew(skewMs);
      this.sandbox.faults.onChange();
    }
    if (advanceMs !== undefined) {
      await clock.advance(advanceMs);
      store.noteClock(clock.offsetMs());
    }
    return this.tellTime();
  }

  private tellTime(): Answer {
    const { clock } = this.sandbox;
    return {
      status: 200,
      body: {
        now: new Date(clock.now()).toISOString(),
        offsetMs: clock.offsetMs(),
        skewMs: clock.skewMs(),
        waiting: clock.waiting(),
      },
    };
  }

  private counters(): object {
    const { store, counters, faults } = this.sandbox;
    const bySalon: Record<string, number> = {};
    let total = 0;
    for (const salon of store.all()) {
      const least = leastCalls(salon, store.settings.flags);
      bySalon[String(salon.business.id)] = least;
      total += least;
    }
    return {
      ...counters.read(),
      leastCalls: { total, bySalon },
      doubledImportUids: store.all().flatMap((salon) => salon.doubledUids()),
      faultHits: faults.hits(),
      seeded: store.seeded,
    };
  }

  private state(): object {
    const { store, clock } = this.sandbox;
    return {
      parameters: store.parameters,
      now: new Date(clock.now()).toISOString(),
      salons: store
        .all()
        .map((salon) => ({ id: salon.business.id, name: salon.business.name, ...factsOf(salon) })),
    };
  }

  private credentials(body: unknown): Answer {
    const { revokeTokens, refused, ...given } = parseBody(credentialsSchema, body);
    const { auth } = this.sandbox;
    auth.credentials = merge(auth.credentials, given);
    if (refused !== undefined) auth.refused = refused;
    if (revokeTokens === true) auth.revokeAll();
    return { status: 204 };
  }
}
