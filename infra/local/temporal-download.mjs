// Lets the Temporal SDK download the dev server that belongs to it into the folder given as the only argument. It is a
// program of its own because the SDK's download has no time limit: whoever starts this can end it.
// The SDK downloads only as part of a start, so the server is started on a free port and stopped at once.
import { createRequire } from 'node:module';
import { Runtime } from '@temporalio/worker';

const { version } = createRequire(import.meta.url)('@temporalio/worker/package.json');
const [downloadDir] = process.argv.slice(2);

try {
  const runtime = Runtime.instance();
  const server = await runtime.createEphemeralServer({
    type: 'dev-server',
    exe: {
      type: 'cached-download',
      downloadDir,
      version: 'default',
      ttl: 86_400_000,
      sdkName: 'sdk-typescript',
      sdkVersion: version,
    },
    ip: '127.0.0.1',
    port: null,
    ui: false,
    uiPort: null,
    namespace: 'default',
    dbFilename: null,
    log: { format: 'pretty', level: 'error' },
    extraArgs: [],
  });
  await runtime.shutdownEphemeralServer(server);
  process.exit(0);
} catch (error) {
  console.error(String(error instanceof Error ? error.message : error).replaceAll('\n', ' '));
  process.exit(1);
}
