import { once } from 'node:events';
import { connect } from 'node:net';
import { createServer } from 'node:tls';
import { LOOPBACK } from '../../infra/local/ports.ts';

/** Puts TLS in front of a server on loopback that speaks none. */
export async function startTlsFront(
  targetPort: number,
  certificate: { readonly key: string; readonly cert: string },
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer(certificate, (near) => {
    const far = connect({ port: targetPort, host: LOOPBACK });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}
