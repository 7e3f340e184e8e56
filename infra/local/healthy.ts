/**
 * Is a part of the product well? For the health check of a container or a service manager; ends with 0 or 1 and one line.
 *
 *   node infra/local/healthy.js http http://127.0.0.1:8080/readyz   the page answers 200
 *   node infra/local/healthy.js worker                              Temporal saw the worker of this machine polling lately
 */
import { Connection } from '@temporalio/client';
// A CommonJS package: Node gives its names through the default export only.
import proto from '@temporalio/proto';
import { hostname } from 'node:os';
import { loadConfig } from '../config.ts';
import { messageOf } from './errors.ts';

const TIMEOUT_MS = 4_000;
/** A worker's long poll lasts a minute; one that was not seen for longer has gone. */
const POLLER_SEEN_MS = 90_000;

async function pageAnswers(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return `${url} answered ${response.status}`;
}

/** A process that runs may still have lost its server: what counts is whether the server sees it. */
async function workerPolls(): Promise<string> {
  const { address, namespace, taskQueue } = loadConfig(process.env).temporal;
  const connection = await Connection.connect({ address, connectTimeout: TIMEOUT_MS });
  try {
    const { pollers } = await connection.withDeadline(Date.now() + TIMEOUT_MS, () =>
      connection.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: taskQueue },
        taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
      }),
    );
    const since = Date.now() - POLLER_SEEN_MS;
    // The SDK names a worker `<pid>@<host>`.
    const ours = (pollers ?? []).filter(
      ({ identity, lastAccessTime }) =>
        identity?.endsWith(`@${hostname()}`) === true && Number(lastAccessTime?.seconds ?? 0) * 1000 >= since,
    );
    if (ours.length === 0) throw new Error(`no worker of ${hostname()} polls ${taskQueue} at ${address}`);
    return `${ours.length} poll ${taskQueue}`;
  } finally {
    await connection.close();
  }
}

async function check([what, url]: readonly string[]): Promise<string> {
  if (what === 'http' && url !== undefined) return pageAnswers(url);
  if (what === 'worker') return workerPolls();
  throw new Error('say what to check: http <url>, or worker');
}

check(process.argv.slice(2)).then(
  (line) => {
    process.stdout.write(`${line}\n`);
    process.exit(0);
  },
  (error: unknown) => {
    process.stderr.write(`not well: ${messageOf(error)}\n`);
    process.exit(1);
  },
);
