import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { TestProject } from 'vitest/node';
import { prepareNamespace } from '../../infra/local/temporal.ts';
import { SEARCH_ATTRIBUTES } from '../../infra/temporal/search-attributes.ts';
import { WORKFLOWS_PATH } from '../../workers/bundle.ts';
import { createTemplate } from './template.ts';
import { createRunFolder, startTestPostgres, startTestTemporal, startWatchdog } from './servers.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of a database in which other databases may be created. */
    databaseAdminUrl: string;
    /** Name of a migrated, otherwise empty database to copy. */
    databaseTemplate: string;
    /** host:port of the Temporal server. */
    temporalAddress: string;
    temporalNamespace: string;
    /** File with the bundle of all workflows, built once per run. */
    workflowBundlePath: string;
  }
}

/**
 * Starts what the integration tests share: one PostgreSQL with a migrated template database, one Temporal server and
 * one workflow bundle. DATABASE_URL and TEMPORAL_ADDRESS, when set, are used instead of starting a server.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const namespace = process.env['TEMPORAL_NAMESPACE'] ?? 'default';
  const watchdog = startWatchdog();
  const undo: (() => Promise<void>)[] = [() => watchdog.release()];
  const teardown = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const folder = await createRunFolder(watchdog);
    const [database, temporalAddress, bundlePath] = await Promise.all([
      prepareDatabase(folder),
      prepareTemporal(),
      prepareBundle(folder),
    ]);
    project.provide('databaseAdminUrl', database.adminUrl);
    project.provide('databaseTemplate', database.template);
    project.provide('temporalAddress', temporalAddress);
    project.provide('temporalNamespace', namespace);
    project.provide('workflowBundlePath', bundlePath);
    return teardown;
  } catch (error) {
    await teardown();
    throw error;
  }

  async function prepareDatabase(folder: string): Promise<{ adminUrl: string; template: string }> {
    let adminUrl = process.env['DATABASE_URL'];
    if (adminUrl === undefined) {
      const server = await startTestPostgres(folder, watchdog);
      undo.push(() => server.stop());
      adminUrl = server.address;
    }
    const template = await createTemplate(adminUrl);
    undo.push(() => template.drop());
    return { adminUrl, template: template.name };
  }

  async function prepareTemporal(): Promise<string> {
    const given = process.env['TEMPORAL_ADDRESS'];
    if (given !== undefined) {
      await prepareNamespace(given, namespace, SEARCH_ATTRIBUTES);
      return given;
    }
    const server = await startTestTemporal(watchdog);
    undo.push(() => server.stop());
    return server.address;
  }
}

/** The bundle of the code of this moment. No SDK runtime may start in this process: it would keep it from ending. */
async function prepareBundle(folder: string): Promise<string> {
  const logger = new DefaultLogger('WARN');
  const { code } = await bundleWorkflowCode({ workflowsPath: WORKFLOWS_PATH, logger });
  const path = join(folder, 'workflow-bundle.js');
  await writeFile(path, code);
  return path;
}
