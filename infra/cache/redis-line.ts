import { createClient, ErrorReply } from 'redis';

export interface RedisTimes {
  /** How long connecting may take. Default 1,000. */
  readonly connectTimeoutMs: number;
  /** How long one command may take; after that the connection is given up. Default 1,000. */
  readonly commandTimeoutMs: number;
  /** Longest pause between two tries to connect. Default 2,000. */
  readonly retryMs: number;
}

export interface LineOptions extends RedisTimes {
  readonly url: string;
  /** Certificate authority beside the usual ones, PEM. */
  readonly ca: string | undefined;
  /** The connection works. A rejection gives it up. */
  readonly onUp: () => Promise<void>;
  readonly onDown: (error: unknown) => void;
}

/** Redis cannot be asked now. */
export class LineDown extends Error {
  readonly code = 'cache_away';
}

type Client = ReturnType<typeof openClient>;
/** Commands under way at most: more of them only wait behind each other. */
const MAX_QUEUED = 2_000;
const FIRST_RETRY_MS = 100;

/**
 * One connection to Redis that is given up at the first sign of trouble and made again in the background. Commands
 * never wait for a connection: without one they are refused at once, so nothing piles up.
 */
export class RedisLine {
  readonly #options: LineOptions;
  #client: Client | null = null;
  #run: string | null = null;
  #retry: NodeJS.Timeout | null = null;
  #failures = 0;
  #closed = false;
  /** Resolves once the first try to connect has ended, well or not. */
  readonly first: Promise<void>;

  constructor(options: LineOptions) {
    this.#options = options;
    this.first = this.#connect();
  }

  /** Id of the running server while it can be asked, else null. After a restart or a failover it is another one. */
  get run(): string | null {
    return this.#run;
  }

  /**
   * Sends one command.
   * @throws {ErrorReply} what the server refused · {LineDown} where there is no connection, or no answer in time
   */
  async send(command: readonly string[]): Promise<unknown> {
    const client = this.#client;
    if (client === null) throw new LineDown('Redis is away.');
    try {
      return await within(this.#options.commandTimeoutMs, client.sendCommand([...command]));
    } catch (error) {
      if (error instanceof ErrorReply) throw error;
      this.#lost(client, error);
      throw new LineDown('Redis did not answer.', { cause: error });
    }
  }

  close(): void {
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#run = null;
    if (this.#client !== null) giveUp(this.#client);
    this.#client = null;
  }

  async #connect(): Promise<void> {
    const { connectTimeoutMs, commandTimeoutMs, onUp } = this.#options;
    const client = openClient(this.#options);
    client.on('error', (error: unknown) => {
      this.#lost(client, error);
    });
    this.#client = client;
    try {
      await within(connectTimeoutMs + commandTimeoutMs, client.connect());
      const run = await runOf(client, commandTimeoutMs);
      if (this.#client !== client) return;
      this.#run = run;
      await onUp();
      this.#failures = 0;
    } catch (error) {
      this.#lost(client, error);
    }
  }

  #lost(client: Client, error: unknown): void {
    if (this.#client !== client) return;
    this.#client = null;
    this.#run = null;
    giveUp(client);
    if (this.#closed) return;
    const { retryMs, onDown } = this.#options;
    const pauseMs = Math.min(retryMs, FIRST_RETRY_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.#retry = setTimeout(
      () => {
        this.#retry = null;
        void this.#connect();
      },
      // Not all processes at once.
      pauseMs * (0.75 + Math.random() / 4),
    );
    this.#retry.unref();
    onDown(error);
  }
}

function openClient({ url, ca, connectTimeoutMs }: LineOptions) {
  const tls = url.startsWith('rediss:');
  return createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_QUEUED,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    socket: {
      connectTimeout: connectTimeoutMs,
      // We make a new client instead: what the server holds must be looked at before it is used.
      reconnectStrategy: false,
      ...(tls ? { tls: true, rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) } : {}),
    },
  });
}

/** Where the server does not tell, the connection stands for it: what others keep is not seen, which is safe. */
async function runOf(client: Client, timeoutMs: number): Promise<string> {
  try {
    const info: unknown = await within(timeoutMs, client.sendCommand(['INFO', 'server']));
    const found = /^run_id:(\w{8,})/m.exec(typeof info === 'string' ? info : '');
    if (found?.[1] !== undefined) return found[1].slice(0, 16);
  } catch (error) {
    if (!(error instanceof ErrorReply)) throw error;
  }
  return crypto.randomUUID().slice(0, 8);
}

function giveUp(client: Client): void {
  // What is under way is rejected; its callers know already.
  try {
    client.destroy();
  } catch {
    // It was never open.
  }
}

async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new LineDown(`No answer within ${timeoutMs} ms.`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => undefined);
  }
}
