import { DefaultLogger, Runtime } from '@temporalio/worker';

let installed = false;

/** Once per process: the SDK says only what is wrong, not that it started and stopped. */
export function quietRuntime(): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    // Ctrl-C belongs to the test runner.
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
  });
}
