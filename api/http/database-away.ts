/** Is an error that of a database which is away, starting, stopping or out of connections, however it was wrapped? */

/** Node's and Prisma's codes, and kinds of Prisma's driver adapter. */
const AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
]);

/** SQLSTATE: connection exceptions, shutdown and start of the server, no connection left, database closed to all. */
const AWAY_STATE = /^(08\d{3}|57P0[1-3]|53300|55000)$/;

const NAMES = ['code', 'kind', 'originalCode'] as const;
const INSIDE = ['cause', 'meta', 'driverAdapterError'] as const;

export function isDatabaseAway(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 6) return false;
  for (const name of NAMES) {
    const value: unknown = Reflect.get(error, name);
    if (typeof value === 'string' && (AWAY.has(value) || AWAY_STATE.test(value))) return true;
  }
  return INSIDE.some((name) => isDatabaseAway(Reflect.get(error, name), depth + 1));
}
