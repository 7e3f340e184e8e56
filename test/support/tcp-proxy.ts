import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { LOOPBACK } from '../../infra/local/ports.ts';

/** A line between a client and a server that can be held up or cut, while both ends live on. */
export interface TcpProxy {
  readonly port: number;
  /** Takes everything and passes nothing on, as a network does that drops packets. New connections too. */
  freeze(): void;
  thaw(): void;
  /** Breaks all connections; new ones are refused until `thaw`. */
  cut(): void;
  /** Connections that came so far. */
  connections(): number;
  close(): Promise<void>;
}

/** Starts one in front of a port on loopback. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let state: 'open' | 'frozen' | 'cut' = 'open';
  let connections = 0;
  const each = (act: (socket: Socket) => void) => {
    for (const socket of sockets) act(socket);
  };
  const keep = (socket: Socket, other: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
    if (state === 'frozen') socket.pause();
  };
  const server = createServer((near) => {
    connections += 1;
    near.on('error', () => undefined);
    if (state === 'cut') {
      near.destroy();
      return;
    }
    const far = connect({ port: targetPort, host: LOOPBACK });
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => near.write(bytes));
    keep(near, far);
    keep(far, near);
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    freeze() {
      state = 'frozen';
      each((socket) => void socket.pause());
    },
    thaw() {
      state = 'open';
      each((socket) => void socket.resume());
    },
    cut() {
      state = 'cut';
      each((socket) => void socket.destroy());
    },
    connections: () => connections,
    async close() {
      each((socket) => void socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}
