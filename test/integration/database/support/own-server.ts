import { randomUUID } from 'node:crypto';

import pg from 'pg';

import { onAdminDatabase, withDatabase } from '../../../support/template.ts';
import { createRunFolder, startTestPostgres, startWatchdog } from '../../../support/servers.ts';

/** A PostgreSQL server of one test file: for roles, which all databases of a server share. */
export interface OwnServer {
  /** Runs one statement as superuser on the administrative database. */
  admin(statement: string): Promise<void>;
  /** A fresh database; dropped with the server. */
  database(): Promise<{ url: string; pool: pg.Pool }>;
  stop(): Promise<void>;
}

/** Starts it. */
export async function startOwnServer(): Promise<OwnServer> {
  const watchdog = startWatchdog();
  const server = await startTestPostgres(await createRunFolder(watchdog), watchdog);
  const pools: pg.Pool[] = [];
  return {
    admin: (statement) => onAdminDatabase(server.address, statement),
    async database() {
      const name = `own_${randomUUID().replaceAll('-', '')}`;
      await onAdminDatabase(server.address, `CREATE DATABASE ${name}`);
      const url = withDatabase(server.address, name);
      const pool = new pg.Pool({ connectionString: url, max: 3 });
      pool.on('error', () => undefined);
      pools.push(pool);
      return { url, pool };
    },
    async stop() {
      await Promise.all(pools.map((pool) => pool.end()));
      await server.stop();
      await watchdog.release();
    },
  };
}
