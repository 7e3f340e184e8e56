import { randomUUID } from 'node:crypto';
import {
  WorkflowNotFoundError,
  type Client,
  type Workflow,
  type WorkflowClientInterceptor,
  type WorkflowHandle,
  type WorkflowResultType,
} from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  Worker,
  type NativeConnection,
  type ReplayWorkerOptions,
  type WorkerOptions,
} from '@temporalio/worker';
import { eventually } from './eventually.ts';
import { quietRuntime } from './quiet-runtime.ts';
import { sharedServers } from './shared-servers.ts';

export interface TestWorkerOptions {
  /** What the workflows of the test call: real activities or stand-ins. */
  readonly activities?: object;
  /** Makes the worker itself, as the product does, on what the test has: instead of `activities`. */
  readonly create?: (given: GivenToWorker) => Promise<Worker>;
  /** Workflows of the test itself. Default: the run's shared bundle of workflows/index.ts. */
  readonly workflowsPath?: string;
  /** Further worker settings: interceptors, limits. */
  readonly worker?: Partial<WorkerOptions>;
  /** Temporal server to use, where a test has started one of its own (restart tests). Default: the run's. */
  readonly address?: string;
}

/** What a test gives to a worker. */
export interface GivenToWorker {
  /** Remembers what it starts: it is ended and replayed with the test. */
  readonly client: Client;
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly workflowBundle: { readonly codePath: string };
}

/** A Temporal worker of one test with a task queue of its own. */
export interface TestWorker {
  readonly client: Client;
  readonly taskQueue: string;
  readonly worker: Worker;
  /** Starts a workflow on the test's task queue under a fresh id, waits for it, replays it and returns its result. */
  run<T extends Workflow>(workflow: T | string, ...args: Parameters<T>): Promise<WorkflowResultType<T>>;
  /** Waits for a workflow that the test started itself, replays its history and returns its result. */
  finish<T extends Workflow>(handle: WorkflowHandle<T>): Promise<WorkflowResultType<T>>;
  /**
   * Ends the worker. Workflows still open are terminated; then every workflow that ran on the task queue and was
   * not yet replayed is replayed against the code of today, so that no test leaves an unproven history behind.
   */
  stop(): Promise<void>;
}

/** Starts a worker in this process against the run's Temporal server. */
export async function startTestWorker(options: TestWorkerOptions): Promise<TestWorker> {
  quietRuntime();
  const started = new Set<string>();
  const replayed = new Set<string>();
  const environment = await TestWorkflowEnvironment.createFromExistingServer({
    address: options.address ?? sharedServers().temporalAddress,
    namespace: sharedServers().temporalNamespace,
    client: { interceptors: { workflow: [rememberStarts(started)] } },
  });
  const { client } = environment;
  const taskQueue = `test-${randomUUID()}`;
  const code = workflowCode(options.workflowsPath);
  const connected = {
    connection: environment.nativeConnection,
    namespace: sharedServers().temporalNamespace,
    taskQueue,
  };
  const worker =
    options.create === undefined
      ? await Worker.create({
          ...options.worker,
          ...code,
          ...connected,
          activities: options.activities ?? {},
          shutdownGraceTime: '5 seconds',
          // An activity that never ends must fail the test, not hang it.
          shutdownForceTime: '15 seconds',
        })
      : await options.create({ client, ...connected, ...sharedBundle() });
  const running = worker.run();
  // Seen by `stop`; without this line a worker that dies early would be an unhandled rejection first.
  running.catch(() => undefined);

  async function finish<T extends Workflow>(handle: WorkflowHandle<T>): Promise<WorkflowResultType<T>> {
    try {
      return await handle.result();
    } finally {
      await replayAll([handle.workflowId]);
    }
  }

  /** Replays every run of the named workflows that was not replayed before. */
  async function replayAll(workflowIds: readonly string[]): Promise<void> {
    const histories = [];
    for (const { workflowId, runId } of await runsOf(client, taskQueue, new Set(workflowIds))) {
      if (replayed.has(runId)) continue;
      replayed.add(runId);
      histories.push({
        workflowId,
        history: await client.workflow.getHandle(workflowId, runId).fetchHistory(),
      });
    }
    if (histories.length > 0) await expectReplays(code, histories);
  }

  return {
    client,
    taskQueue,
    worker,
    finish,
    async run<T extends Workflow>(workflow: T | string, ...args: Parameters<T>) {
      const workflowId = `test/${randomUUID()}`;
      const handle = await client.workflow.start<Workflow>(workflow, { taskQueue, workflowId, args });
      return finish(handle as WorkflowHandle<T>);
    },
    async stop() {
      try {
        // By id and not by the server's list, which does not know yet what was started a moment ago. Their children
        // end with them.
        for (const workflowId of started) await terminateIfOpen(client, workflowId);
        if (worker.getState() === 'RUNNING') worker.shutdown();
        await running;
        // What an activity started while it was ending.
        for (const workflowId of started) await terminateIfOpen(client, workflowId);
        await replayAll([...started]);
      } finally {
        await environment.teardown();
      }
    },
  };
}

/**
 * Replays histories against workflow code.
 *
 * @throws Error that names every workflow whose code and history no longer agree.
 */
export async function expectReplays(
  code: Pick<ReplayWorkerOptions, 'workflowBundle' | 'workflowsPath'>,
  histories: readonly { readonly workflowId: string; readonly history: object }[],
): Promise<void> {
  quietRuntime();
  const failures: string[] = [];
  let seen = 0;
  for await (const result of Worker.runReplayHistories(code, histories)) {
    seen += 1;
    if (result.error !== undefined) failures.push(`${result.workflowId}: ${result.error.message}`);
  }
  if (seen !== histories.length) {
    failures.push(`${String(histories.length)} histories were given, ${String(seen)} were replayed`);
  }
  if (failures.length > 0) {
    throw new Error(`The workflow code does not agree with its history.\n${failures.join('\n')}`);
  }
}

/** The run's shared bundle of all workflows. */
export function sharedBundle(): { workflowBundle: { codePath: string } } {
  return { workflowBundle: { codePath: sharedServers().workflowBundlePath } };
}

function workflowCode(
  workflowsPath: string | undefined,
): Pick<ReplayWorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  return workflowsPath === undefined ? sharedBundle() : { workflowsPath };
}

/** The runs on a task queue, once the server's list (which lags a moment) has all workflows that must be in it. */
async function runsOf(
  client: Client,
  taskQueue: string,
  expected: ReadonlySet<string>,
): Promise<{ workflowId: string; runId: string }[]> {
  return eventually(
    async () => {
      const runs = [];
      for await (const { workflowId, runId, status } of client.workflow.list({
        query: `TaskQueue = '${taskQueue}'`,
      })) {
        if (status.name !== 'RUNNING') runs.push({ workflowId, runId });
      }
      const listed = new Set(runs.map(({ workflowId }) => workflowId));
      return [...expected].every((id) => listed.has(id)) ? runs : null;
    },
    { timeoutMs: 20_000, what: 'the list of closed workflows holding all of this test' },
  );
}

/** Notes the id of every workflow that the test starts, by whatever call. */
function rememberStarts(started: Set<string>): WorkflowClientInterceptor {
  return {
    startWithDetails(input, next) {
      started.add(input.options.workflowId);
      return next(input);
    },
    signalWithStart(input, next) {
      started.add(input.options.workflowId);
      return next(input);
    },
  };
}

async function terminateIfOpen(client: Client, workflowId: string): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    if ((await handle.describe()).status.name === 'RUNNING') await handle.terminate('The test has ended.');
  } catch (error) {
    // Refused at its start, or closed just now.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
