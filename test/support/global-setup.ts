import type { TestProject } from 'vitest/node';
import { startSharedServers, type SharedServers } from './shared-servers.ts';

declare module 'vitest' {
  // Merging into Vitest's own interface takes an interface, and it has nothing to add.
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type
  export interface ProvidedContext extends SharedServers {}
}

/** Starts what the integration tests share, tells them where it is, and stops it when they are done. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { servers, stop } = await startSharedServers();
  project.provide('databaseAdminUrl', servers.databaseAdminUrl);
  project.provide('databaseTemplate', servers.databaseTemplate);
  project.provide('temporalAddress', servers.temporalAddress);
  project.provide('temporalNamespace', servers.temporalNamespace);
  project.provide('workflowBundlePath', servers.workflowBundlePath);
  return stop;
}
