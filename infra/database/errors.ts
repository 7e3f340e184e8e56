/** The constraint that refuses time that is held already (R21), and the session that is full (R24). */
export const TIME_HELD_CONSTRAINT = 'occupancy_no_overlap';

/**
 * The SQLSTATE of a database error, through whatever wrapped it: Prisma, its adapter, or `pg` itself.
 * Undefined where the error is not the database's.
 */
export function sqlState(error: unknown): string | undefined {
  for (const layer of layersOf(error)) {
    for (const key of ['originalCode', 'code']) {
      const value: unknown = Reflect.get(layer, key);
      if (typeof value === 'string' && /^[0-9A-Z]{5}$/.test(value) && !/^P[0-9]{4}$/.test(value))
        return value;
    }
  }
  return undefined;
}

/**
 * Whether the database refused a time because it is held (SQLSTATE 23P01 of `occupancy_no_overlap`). It does so at the
 * commit, or at `SET CONSTRAINTS ALL IMMEDIATE`.
 */
export function isTimeHeld(error: unknown): boolean {
  return sqlState(error) === '23P01';
}

/** An error, what it carries as its cause, and Prisma's `meta.driverAdapterError`, outermost first. */
function layersOf(error: unknown): object[] {
  const layers: object[] = [];
  const open: unknown[] = [error];
  while (open.length > 0 && layers.length < 16) {
    const layer = open.shift();
    if (typeof layer !== 'object' || layer === null || layers.includes(layer)) continue;
    layers.push(layer);
    open.push(
      Reflect.get(layer, 'cause'),
      Reflect.get(layer, 'meta'),
      Reflect.get(layer, 'driverAdapterError'),
    );
  }
  return layers;
}

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

/** What the driver says without any code: the line broke under a query, or nobody answered in time. */
const AWAY_MESSAGE =
  /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error)/;

const NAMES = ['code', 'kind', 'originalCode'] as const;
const INSIDE = ['cause', 'meta', 'driverAdapterError'] as const;

/** Is an error that of a database which is away, starting, stopping or out of connections, however it was wrapped? */
export function isDatabaseAway(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 6) return false;
  for (const name of NAMES) {
    const value: unknown = Reflect.get(error, name);
    if (typeof value === 'string' && (AWAY.has(value) || AWAY_STATE.test(value))) return true;
  }
  if (error instanceof Error && AWAY_MESSAGE.test(error.message)) return true;
  return INSIDE.some((name) => isDatabaseAway(Reflect.get(error, name), depth + 1));
}
