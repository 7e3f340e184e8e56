/** Which database answers: told by the cluster's own number and the database's number in it. A standby has the same. */
import pg from 'pg';

/** Columns `system` and `database`, for any role. */
export const IDENTITY = `(SELECT system_identifier FROM pg_control_system())::text AS system,
  (SELECT oid FROM pg_database WHERE datname = current_database())::text AS database`;

export interface DatabaseIdentity {
  readonly system: string;
  readonly database: string;
}

const TIMEOUT_MS = 10_000;

/**
 * What is wrong with DATABASE_DIRECT_URL beside DATABASE_URL, for `doctor`: two addresses may look right and lead to
 * two databases, and then migrations go to one and the work to the other.
 *
 * @returns null where nothing is; `standby`: it cannot be written · `another_database`
 * @throws the driver's error where one of them does not answer
 */
export async function checkDirectUrl(config: {
  readonly url: string;
  readonly directUrl: string;
}): Promise<'another_database' | 'standby' | null> {
  if (config.url === config.directUrl) return null;
  const [here, direct] = await Promise.all([identify(config.url), identify(config.directUrl)]);
  if (here.system !== direct.system || here.database !== direct.database) return 'another_database';
  return direct.standby ? 'standby' : null;
}

async function identify(url: string): Promise<DatabaseIdentity & { readonly standby: boolean }> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<DatabaseIdentity & { standby: boolean }>(
      `SELECT pg_is_in_recovery() AS standby, ${IDENTITY}`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error('The database did not say who it is.');
    return row;
  } finally {
    await client.end().catch(() => undefined);
  }
}
