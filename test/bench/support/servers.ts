import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../../infra/local/postgres.ts';
import { startTemporal } from '../../../infra/local/temporal.ts';
import { SEARCH_ATTRIBUTES } from '../../../infra/temporal/search-attributes.ts';
import { workflowBundle } from '../../../workers/bundle.ts';
import { startWatchdog } from '../../support/servers.ts';
import { createTemplate } from '../../support/template.ts';
import type { BenchServers } from '../row.ts';

/**
 * Starts PostgreSQL and Temporal as `booksy up` does, with the same durability: commits wait for the disk, Temporal
 * keeps a file. DATABASE_URL and TEMPORAL_ADDRESS are not looked at: numbers of two servers cannot be compared.
 */
export async function startBenchServers(): Promise<{ servers: BenchServers; stop(): Promise<void> }> {
  const watchdog = startWatchdog();
  const undo: (() => Promise<void>)[] = [() => watchdog.release()];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'booksy-sync-bench-'));
    watchdog.removeAtEnd(folder);
    // As root, PostgreSQL runs as another user, who must be able to walk through this folder.
    await chmod(folder, 0o711);
    const postgres = await startPostgres({ dataDir: folder, log: () => undefined });
    watchdog.watch(postgres.pid, 'SIGINT');
    undo.push(() => postgres.stop());
    const template = await createTemplate(postgres.adminUrl);
    undo.push(() => template.drop());
    // The first worker would make the bundle and keep what that takes in its memory; so each one finds it made.
    await workflowBundle(folder);
    const temporal = await startTemporal({
      dbFile: join(folder, 'temporal.db'),
      searchAttributes: SEARCH_ATTRIBUTES,
      log: () => undefined,
    });
    watchdog.watch(temporal.pid, 'SIGTERM');
    undo.push(() => temporal.stop({ hurry: true }));
    const servers: BenchServers = {
      adminUrl: postgres.adminUrl,
      template: template.name,
      temporalAddress: temporal.address,
      folder,
      watch: (pid) => watchdog.watch(pid, 'SIGTERM'),
      forget: (pid) => watchdog.forget(pid),
    };
    return { servers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
