import { createServer } from 'node:net';
import { codeOf, LocalError } from './errors.ts';

/** Everything local listens here and nowhere else. */
export const LOOPBACK = '127.0.0.1';

/** Ports handed out by this process lately: two parts started side by side must not be given the same one. */
const handedOut = new Set<number>();

/** A TCP port that is free on loopback now. Another process may still take it first: callers retry. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = await listenBriefly(0);
    if (port === null || handedOut.has(port)) continue;
    handedOut.add(port);
    setTimeout(() => handedOut.delete(port), 30_000).unref();
    return port;
  }
  throw new LocalError(
    'no_free_port',
    'No free TCP port was found on 127.0.0.1.',
    'Close programs that listen on many ports and start again.',
  );
}

/** Can a server listen on this loopback port now? */
export async function isPortFree(port: number): Promise<boolean> {
  return (await listenBriefly(port)) !== null;
}

/**
 * The port to use for a part: the wanted one if it is free, else an error that names it; without a wish a free one.
 * @param what the part, as the operator calls it ("API")
 * @param how how to choose another ("--api-port or API_PORT")
 * @throws LocalError `port_taken`
 */
export async function choosePort(wanted: number | undefined, what: string, how: string): Promise<number> {
  if (wanted === undefined || wanted === 0) return freePort();
  if (await isPortFree(wanted)) return wanted;
  throw portTaken(wanted, what, how);
}

/** The error for a wanted port that somebody else has. */
export function portTaken(port: number, what: string, how: string): LocalError {
  return new LocalError(
    'port_taken',
    `Port ${port} for ${what} is taken by another program.`,
    `Stop that program, or choose another port with ${how} (0 takes any free one).`,
  );
}

async function listenBriefly(port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      const code = codeOf(error);
      if (code === 'EADDRINUSE' || code === 'EACCES') resolve(null);
      else reject(error);
    });
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : null;
      server.close(() => resolve(bound));
    });
  });
}
