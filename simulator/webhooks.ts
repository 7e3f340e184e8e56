import { createHmac, randomUUID } from 'node:crypto';
import { Agent } from 'undici';
import type { Clock } from './clock.ts';
import type { Counters } from './counters.ts';
import { Deliveries } from './deliveries.ts';
import type { ArmedFault, Faults } from './faults.ts';
import { WEBHOOK_FAULTS } from './faults.ts';
import { post, type Post } from './post.ts';
import type { WebhookSettings, WebhookTarget } from './settings.ts';

/** Waits before each retry; after the last one nothing more is tried (75 minutes in all). */
export const RETRY_MINUTES = [5, 10, 20, 40] as const;
const MINUTE_MS = 60_000;
const LOG_LENGTH = 2000;

export interface WebhookLog {
  readonly id: string;
  readonly salon: number;
  readonly appointment: number;
  readonly action: string;
  readonly url: string;
  readonly attempt: number;
  readonly at: string;
  readonly outcome: string;
}

interface Message {
  readonly id: string;
  readonly salon: number;
  readonly appointment: number;
  readonly action: string;
  readonly body: string;
  readonly badSignature: boolean;
}

/** Sends webhooks, with Booksy's retries by the sandbox's clock. What waits is forgotten when the process ends. */
export class Webhooks {
  /** Each webhook as it stands now. */
  readonly deliveries = new Deliveries();
  private log: WebhookLog[] = [];
  private held: (() => void)[] = [];
  private readonly pending = new Set<Post>();
  private readonly agent = new Agent();
  private stopped = false;
  private readonly clock: Clock;
  private readonly counters: Counters;
  private readonly faults: Faults;
  private readonly settings: () => WebhookSettings;

  constructor(clock: Clock, counters: Counters, faults: Faults, settings: () => WebhookSettings) {
    this.clock = clock;
    this.counters = counters;
    this.faults = faults;
    this.settings = settings;
  }

  /** Tells every target of the salon. Returns at once. */
  send(salon: number, action: string, appointment: { readonly id: number }): void {
    const body = JSON.stringify({ action, appointment });
    for (const target of this.settings().targets) {
      if (target.salon === null || target.salon === salon)
        this.tell(target, salon, action, appointment.id, body);
    }
  }

  entries(): readonly WebhookLog[] {
    return this.log;
  }

  clear(): void {
    this.log = [];
    this.held = [];
    this.deliveries.clear();
  }

  stop(): void {
    this.stopped = true;
    this.held = [];
    for (const sent of this.pending) sent.stop();
    void this.agent.destroy();
  }

  private tell(
    target: WebhookTarget,
    salon: number,
    action: string,
    appointment: number,
    body: string,
  ): void {
    const { faults, release } = this.faults.arm(WEBHOOK_FAULTS, {
      method: 'WEBHOOK',
      template: action,
      salon,
      query: new URLSearchParams(),
    });
    const of = (kind: string): ArmedFault | undefined => faults.find(({ spec }) => spec.kind === kind);
    const bad = of('webhook_bad_signature');
    bad?.hit();
    const message: Message = {
      id: `msg_${randomUUID()}`,
      salon,
      appointment,
      action,
      body,
      badSignature: bad !== undefined,
    };
    const toldMs = this.clock.now();
    this.deliveries.told({ id: message.id, salon, appointment, action, url: target.url, toldMs });
    const dropped = of('webhook_drop');
    const doubled = of('webhook_double');
    const delayed = of('webhook_delay');
    const reordered = of('webhook_reorder');
    if (dropped !== undefined) {
      dropped.hit();
      this.note(message, target, 0, 'dropped');
      release();
      return;
    }
    const copies = 1 + (doubled?.spec.rows ?? 0);
    doubled?.hit();
    const go = (after?: () => void): void => {
      for (let copy = 1; copy <= copies; copy += 1) {
        this.start(this.clock.now(), message, target, 0, copy === copies ? after : undefined);
      }
    };
    if (reordered !== undefined) {
      // Kept back until the next one has gone out, or its time is over.
      reordered.hit();
      const held = (): void => go();
      this.held.push(held);
      this.clock.at(this.clock.now() + reordered.spec.ms, () => this.letGo(held));
    } else if (delayed !== undefined) {
      delayed.hit();
      this.clock.at(this.clock.now() + delayed.spec.ms, () => go());
    } else {
      go(() => {
        for (const waiting of [...this.held]) this.letGo(waiting);
      });
    }
    release();
  }

  private letGo(go: () => void): void {
    if (!this.held.includes(go)) return;
    this.held = this.held.filter((other) => other !== go);
    go();
  }

  /** `after` is called once the first try is over. */
  private start(
    dueMs: number,
    message: Message,
    target: WebhookTarget,
    attempt: number,
    after?: () => void,
  ): void {
    this.clock.at(dueMs, async () => {
      if (this.stopped) return;
      const outcome = await this.attempt(message, target);
      const wait = RETRY_MINUTES[attempt];
      const nextMs = outcome === '200' || wait === undefined ? null : dueMs + wait * MINUTE_MS;
      this.note(message, target, attempt, outcome, nextMs);
      after?.();
      if (outcome === '200') return;
      // The next try counts from when this one was due, so a clock that is pushed on reaches them all.
      if (wait === undefined) this.counters.webhook('given_up');
      else this.start(dueMs + wait * MINUTE_MS, message, target, attempt + 1);
    });
  }

  private async attempt(message: Message, target: WebhookTarget): Promise<string> {
    const settings = this.settings();
    const url =
      settings.signing === 'token' ? `${target.url.replace(/\/$/, '')}/${settings.token}` : target.url;
    const sent = post(this.agent, url, {
      body: message.body,
      headers: { 'content-type': 'application/json', ...this.signature(message, settings) },
      timeoutMs: settings.timeoutMs,
    });
    this.pending.add(sent);
    try {
      return String(await sent.status);
    } catch {
      return 'no answer';
    } finally {
      this.pending.delete(sent);
    }
  }

  private signature(message: Message, settings: WebhookSettings): Record<string, string> {
    if (settings.signing !== 'standard') return {};
    // By the real time (and the skew fault): a clock that a tester pushed on must not make every signature look forged.
    const timestamp = String(Math.floor((this.clock.told() - this.clock.offsetMs()) / 1000));
    const signatures = settings.secrets.map((secret) =>
      sign(message.badSignature ? `${secret}-wrong` : secret, message.id, timestamp, message.body),
    );
    return {
      'webhook-id': message.id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatures.join(' '),
    };
  }

  private note(
    message: Message,
    target: WebhookTarget,
    attempt: number,
    outcome: string,
    nextTryMs: number | null = null,
  ): void {
    this.counters.webhook(outcome === '200' ? 'delivered' : outcome === 'dropped' ? 'dropped' : 'failed');
    const { id, salon, appointment, action } = message;
    const ended = outcome === '200' ? 'delivered' : outcome === 'dropped' ? 'dropped' : 'given_up';
    const state = nextTryMs === null ? ended : 'retrying';
    const tries = outcome === 'dropped' ? 0 : attempt + 1;
    this.deliveries.tried(id, target.url, { outcome, state, nextTryMs, tries });
    this.log.push({
      id,
      salon,
      appointment,
      action,
      url: target.url,
      attempt,
      at: new Date(this.clock.now()).toISOString(),
      outcome,
    });
    if (this.log.length > LOG_LENGTH) this.log.splice(0, this.log.length - LOG_LENGTH);
  }
}

/** A Standard Webhooks signature. A secret `whsec_…` is base64, any other is taken as it is. */
export function sign(secret: string, id: string, timestamp: string, body: string): string {
  const key = secret.startsWith('whsec_')
    ? Buffer.from(secret.slice(6), 'base64')
    : Buffer.from(secret, 'utf8');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}
