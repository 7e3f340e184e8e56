import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createTestDatabase, databaseOfThisTest, type TestDatabase } from '../../support/database.ts';
import { expectReplays, startTestWorker, type TestWorker } from '../../support/temporal.ts';
import { greeting, waiting } from './fixtures/workflows.ts';

const workflowsPath = fileURLToPath(new URL('./fixtures/workflows.ts', import.meta.url));

describe('a test database', () => {
  it('is a copy of the template, is its own, and goes away', async () => {
    const kept: TestDatabase = await databaseOfThisTest();
    const dropped = await createTestDatabase();
    await dropped.pool.query('CREATE TABLE only_here (id int)');
    const inKept = await kept.pool.query("SELECT to_regclass('only_here') IS NULL AS absent");
    expect(inKept.rows).toEqual([{ absent: true }]);
    await dropped.drop();
    const name = new URL(dropped.url).pathname.slice(1);
    const left = await kept.pool.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    expect(left.rowCount).toBe(0);
  });

  it('closes what it was given before it goes', async () => {
    const database = await createTestDatabase();
    const order: string[] = [];
    for (const name of ['first', 'second']) {
      database.closing({
        async close() {
          await database.pool.query('SELECT 1');
          order.push(name);
        },
      });
    }
    await database.drop();
    expect(order).toEqual(['second', 'first']);
  });
});

describe('a test worker', () => {
  let worker: TestWorker;
  beforeAll(async () => {
    worker = await startTestWorker({
      workflowsPath,
      activities: { greet: (name: string) => Promise.resolve(`Dzień dobry, ${name}`) },
    });
  });
  afterAll(() => worker.stop());

  it('runs a workflow, replays it and gives its result', async () => {
    expect(await worker.run(greeting, 'Ala')).toBe('Dzień dobry, Ala');
  });

  it('says which workflow no longer agrees with its history', async () => {
    const handle = await worker.client.workflow.start(greeting, {
      taskQueue: worker.taskQueue,
      workflowId: `greeting-${worker.taskQueue}`,
      args: ['Ola'],
    });
    await worker.finish(handle);
    const history = await handle.fetchHistory();
    for (const event of history.events ?? []) {
      // The same history, told of a workflow that does something else.
      const type = event.workflowExecutionStartedEventAttributes?.workflowType;
      if (type) type.name = 'waiting';
    }
    await expect(
      expectReplays({ workflowsPath }, [{ workflowId: 'told-otherwise', history }]),
    ).rejects.toThrow(/told-otherwise: .*nondeterminism/iu);
  });

  it('ends what a test leaves open', async () => {
    const own = await startTestWorker({ workflowsPath, activities: {} });
    const handle = await own.client.workflow.start(waiting, {
      taskQueue: own.taskQueue,
      workflowId: `waiting-${own.taskQueue}`,
    });
    await own.stop();
    const { status } = await worker.client.workflow.getHandle(handle.workflowId).describe();
    expect(status.name).toBe('TERMINATED');
  });

  it('is told where the server is', () => {
    expect(inject('temporalAddress')).toMatch(/:\d+$/u);
  });
});
