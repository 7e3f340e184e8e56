import { startSimulator } from '../../../simulator/index.ts';
import type { Simulator, SimulatorOptions } from '../../../simulator/index.ts';
import { Contract } from './contract.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Bodies are looked into by hand: each test knows what it asked for.
  readonly body: Body;
}

/** A body one may look into without knowing its type. */
export interface Body {
  readonly [name: string]: Body;
  readonly [index: number]: Body;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Not held against the contract: for faults that break it on purpose. */
  readonly unchecked?: boolean;
}

/** A tester's hand on a running sandbox: every answer of the partner API is held against the contract. */
export class Tester {
  readonly contract = new Contract();
  readonly simulator: Simulator;
  private token = '';

  private constructor(simulator: Simulator) {
    this.simulator = simulator;
  }

  static async start(options: SimulatorOptions = {}): Promise<Tester> {
    const small = { visits: 300, clients: 60, today: '2026-11-22', limits: { algorithm: 'none' as const } };
    const tester = new Tester(await startSimulator({ ...small, ...options }));
    await tester.signIn();
    return tester;
  }

  async signIn(): Promise<Reply> {
    const reply = await this.raw('POST', '/oauth/token', {
      body: {
        grant_type: 'client_credentials',
        client_id: 'simulator-key',
        client_secret: 'simulator-secret',
      },
    });
    if (reply.status === 200) this.token = show(reply.body['access_token']);
    return reply;
  }

  useToken(token: string): void {
    this.token = token;
  }

  /** What every call of the partner API carries. */
  headers(): Record<string, string> {
    return { accept: 'application/json; version=0.3', authorization: `Bearer ${this.token}` };
  }

  /** A call under the base path, with the right headers. */
  api(method: string, path: string, options: CallOptions = {}): Promise<Reply> {
    const headers = { ...this.headers(), ...options.headers };
    return this.raw(method, `/public-api/pl${path}`, { ...options, headers });
  }

  /** A call of a salon's path: the first salon's. */
  salon(method: string, path: string, body?: unknown): Promise<Reply> {
    return this.api(method, `/business/1001/${path}`, { body });
  }

  async control(method: string, path: string, body?: unknown): Promise<Reply> {
    return this.raw(method, `/_control/${path}`, { body, unchecked: true });
  }

  /** The same as the salon itself. */
  asSalon(method: string, path: string, body?: unknown): Promise<Reply> {
    return this.control(method, `as-salon/business/1001/${path}`, body);
  }

  fault(fault: object): Promise<Reply> {
    return this.control('POST', 'faults', fault);
  }

  async hits(kind: string): Promise<number> {
    return Number((await this.control('GET', 'faults')).body['hits']?.[kind] ?? 0);
  }

  async raw(method: string, path: string, options: CallOptions = {}): Promise<Reply> {
    const response = await fetch(this.simulator.url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined
        ? {}
        : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
    });
    const text = await response.text();
    const body: unknown = parseOr(text);
    if (options.unchecked !== true) {
      const problems = this.contract.problems(method, path.split('?')[0] ?? '', response.status, body);
      if (problems.length > 0) throw new Error(`Against the contract: ${problems.join('; ')}`);
    }
    return { status: response.status, headers: response.headers, text, body: body as Body };
  }

  stop(): Promise<void> {
    return this.simulator.stop();
  }
}

function parseOr(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

/** A value as text, for a path or a header. */
export function show(value: unknown): string {
  return String(value);
}

/** Ids of the rows of a list's answer. */
export function idsOf(reply: Reply): number[] {
  const list: unknown = Array.isArray(reply.body) ? reply.body : reply.body['results'];
  return Array.isArray(list) ? list.map((row: Body) => Number(row['id'])) : [];
}

/** A body for a new visit in the far future, where nobody is busy. */
export function visitBody(staffer: number, from: string, till: string, more: object = {}): object {
  return {
    customer_name: 'Testowa Osoba',
    subbookings: [{ booked_from: from, booked_till: till, staffer_id: staffer }],
    ...more,
  };
}
