import type { ServerResponse } from 'node:http';
import type { Sandbox } from '../sandbox.ts';

/** Changes that come together are told together. */
const GATHER_MS = 40;
const ALIVE_MS = 25_000;

/** Tells open pages that something changed (server-sent events); they ask again for what they show. */
export class Live {
  private readonly listeners = new Map<ServerResponse, number>();
  private readonly due = new Set<number | null>();
  private timer: NodeJS.Timeout | null = null;
  private readonly alive: NodeJS.Timeout;

  constructor(sandbox: Sandbox) {
    sandbox.store.onChange = (salon) => this.note(salon);
    sandbox.webhooks.deliveries.onChange = (salon) => this.note(salon);
    this.alive = setInterval(() => {
      for (const response of this.listeners.keys()) response.write(': alive\n\n');
    }, ALIVE_MS);
    this.alive.unref();
  }

  /** Keeps the connection and tells it of changes of that salon. */
  listen(response: ServerResponse, salon: number): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.write('retry: 1000\n\n');
    this.listeners.set(response, salon);
    response.on('close', () => this.listeners.delete(response));
  }

  stop(): void {
    clearInterval(this.alive);
    if (this.timer !== null) clearTimeout(this.timer);
    for (const response of this.listeners.keys()) response.end();
    this.listeners.clear();
  }

  private note(salon: number | null): void {
    if (this.listeners.size === 0) return;
    this.due.add(salon);
    this.timer ??= setTimeout(() => this.tell(), GATHER_MS);
  }

  private tell(): void {
    this.timer = null;
    for (const [response, salon] of this.listeners) {
      if (this.due.has(null) || this.due.has(salon)) response.write('event: change\ndata: {}\n\n');
    }
    this.due.clear();
  }
}
