import type { ServerResponse } from 'node:http';

/** A listener that takes nothing any more is let go of before it fills the process. */
const MOST_UNREAD_BYTES = 16 * 1024 * 1024;

/** Tells whoever listens of each visit that was written, at once and in order: a line of JSON each. */
export class Changes {
  private readonly listeners = new Set<ServerResponse>();

  /** Keeps the connection until the other side, or the sandbox, ends it. The first line is empty: it says that all from now on is told. */
  listen(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    response.write('\n');
    this.listeners.add(response);
    response.on('close', () => this.listeners.delete(response));
  }

  /** `visit` is asked for only where somebody listens; null = it was deleted. */
  tell(salon: number, id: number, visit: () => object | null): void {
    if (this.listeners.size === 0) return;
    const line = `${JSON.stringify({ salon, id, visit: visit() })}\n`;
    for (const response of this.listeners) {
      if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
      else response.write(line);
    }
  }

  stop(): void {
    for (const response of this.listeners) response.end();
    this.listeners.clear();
  }
}
