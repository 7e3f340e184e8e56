import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly action: string;
  readonly appointment: number;
}

/** A server that takes webhooks down and answers what it is told. */
export class Receiver {
  readonly received: Received[] = [];
  status = 200;
  private readonly server: Server;
  private waiting: { readonly count: number; readonly done: () => void }[] = [];

  private constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const body = JSON.parse(text) as { action: string; appointment: { id: number } };
        this.received.push({
          path: request.url ?? '',
          headers: request.headers,
          text,
          action: body.action,
          appointment: body.appointment.id,
        });
        response.writeHead(this.status).end();
        for (const { count, done } of this.waiting) if (this.received.length >= count) done();
      });
    });
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    const address = this.server.address();
    return `http://127.0.0.1:${String(typeof address === 'object' && address !== null ? address.port : 0)}/hook`;
  }

  /** Resolves once that many have come in all. */
  async until(count: number): Promise<void> {
    if (this.received.length >= count) return;
    await new Promise<void>((done) => this.waiting.push({ count, done }));
  }

  clear(): void {
    this.received.length = 0;
    this.waiting = [];
    this.status = 200;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
