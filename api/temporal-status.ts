/** How Temporal and its workers are, asked of the server itself. */
import type { ConnectionLike } from '@temporalio/client';
// A CommonJS package: Node gives its names through the default export only.
import proto from '@temporalio/proto';
import type { TemporalStatus } from './deps.ts';

const TIMEOUT_MS = 2000;
/** A worker's long poll lasts a minute; one that was not seen for longer has gone. */
const POLLER_SEEN_MS = 90_000;

const { TaskQueueType } = proto.temporal.api.enums.v1;

export function createTemporalStatus(
  connection: ConnectionLike,
  { namespace, taskQueue }: { readonly namespace: string; readonly taskQueue: string },
): TemporalStatus {
  const soon = <T>(work: () => Promise<T>) => connection.withDeadline(Date.now() + TIMEOUT_MS, work);
  return {
    async serverVersion() {
      const info = await soon(() => connection.workflowService.getSystemInfo({}));
      return info.serverVersion;
    },
    async pollers() {
      const { pollers } = await soon(() =>
        connection.workflowService.describeTaskQueue({
          namespace,
          taskQueue: { name: taskQueue },
          taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        }),
      );
      const since = Date.now() - POLLER_SEEN_MS;
      return (pollers ?? []).filter(
        ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 >= since,
      ).length;
    },
  };
}
