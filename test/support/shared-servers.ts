import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { inject } from 'vitest';
import { prepareNamespace } from '../../infra/local/temporal.ts';
import { SEARCH_ATTRIBUTES } from '../../infra/temporal/search-attributes.ts';
import { WORKFLOWS_PATH } from '../../workers/bundle.ts';
import { createRunFolder, startTestPostgres, startTestTemporal, startWatchdog } from './servers.ts';
import { createTemplate } from './template.ts';

/** What all tests of a run share. */
export interface SharedServers {
  /** URL of a database in which other databases may be created. */
  readonly databaseAdminUrl: string;
  /** Name of a migrated, otherwise empty database to copy. */
  readonly databaseTemplate: string;
  /** host:port of the Temporal server. */
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  /** File with the bundle of all workflows, built once. */
  readonly workflowBundlePath: string;
}

let given: SharedServers | undefined;

/** The servers of this run: those of the test runner's set-up, or those that a script has started itself. */
export function sharedServers(): SharedServers {
  return (
    given ?? {
      databaseAdminUrl: inject('databaseAdminUrl'),
      databaseTemplate: inject('databaseTemplate'),
      temporalAddress: inject('temporalAddress'),
      temporalNamespace: inject('temporalNamespace'),
      workflowBundlePath: inject('workflowBundlePath'),
    }
  );
}

/** For scripts that use the test helpers without a test runner. */
export function useSharedServers(servers: SharedServers): void {
  given = servers;
}

/**
 * Starts one PostgreSQL with a migrated template database, one Temporal server, and builds one workflow bundle.
 * DATABASE_URL and TEMPORAL_ADDRESS, when set, are used instead of starting a server. Whatever happens to this process,
 * what was started is stopped and removed.
 */
export async function startSharedServers(): Promise<{ servers: SharedServers; stop(): Promise<void> }> {
  const temporalNamespace = process.env['TEMPORAL_NAMESPACE'] ?? 'default';
  const watchdog = startWatchdog();
  const undo: (() => Promise<void>)[] = [() => watchdog.release()];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const folder = await createRunFolder(watchdog);
    const [database, temporalAddress, workflowBundlePath] = await Promise.all([
      prepareDatabase(folder),
      prepareTemporal(),
      prepareBundle(folder),
    ]);
    return { servers: { ...database, temporalAddress, temporalNamespace, workflowBundlePath }, stop };
  } catch (error) {
    await stop();
    throw error;
  }

  async function prepareDatabase(folder: string) {
    let databaseAdminUrl = process.env['DATABASE_URL'];
    if (databaseAdminUrl === undefined) {
      const server = await startTestPostgres(folder, watchdog);
      undo.push(() => server.stop());
      databaseAdminUrl = server.address;
    }
    const template = await createTemplate(databaseAdminUrl);
    undo.push(() => template.drop());
    return { databaseAdminUrl, databaseTemplate: template.name };
  }

  async function prepareTemporal(): Promise<string> {
    const address = process.env['TEMPORAL_ADDRESS'];
    if (address !== undefined) {
      await prepareNamespace(address, temporalNamespace, SEARCH_ATTRIBUTES);
      return address;
    }
    const server = await startTestTemporal(watchdog);
    undo.push(() => server.stop());
    return server.address;
  }
}

/** The bundle of the code of this moment. The SDK's runtime must not start here: it would keep the runner from ending. */
async function prepareBundle(folder: string): Promise<string> {
  const logger = new DefaultLogger('WARN');
  const { code } = await bundleWorkflowCode({ workflowsPath: WORKFLOWS_PATH, logger });
  const path = join(folder, 'workflow-bundle.js');
  await writeFile(path, code);
  return path;
}
