/** Scenarios of polling calendars of others. */
import { randomUUID } from 'node:crypto';
import { addCalendar } from '../../infra/calendars/store.ts';
import { WORKFLOW_TYPES } from '../../infra/temporal/names.ts';
import type { CalendarPollInput } from '../../infra/temporal/schedules-types.ts';
import type { TestEngine } from '../../test/support/engine.ts';

interface Scenario {
  run(engine: TestEngine): Promise<string>;
}

export const CALENDAR_SCENARIOS: Readonly<Record<string, Scenario>> = {
  'calendarPoll/nothing-due': { run: polled },

  // Two that cannot be read: their addresses lead to this machine.
  'calendarPoll/broken': {
    async run(engine) {
      const [business] = await engine.connect();
      if (business === undefined) throw new Error('The simulator has no salon.');
      const { businessId } = business;
      const { db, vault } = engine.deps;
      for (const address of ['https://127.0.0.1:9/', 'https://127.0.0.1:10/'])
        await db.$transaction((tx) =>
          addCalendar(tx, vault, {
            businessId,
            ownerKind: 'business',
            ownerId: businessId,
            name: 'Calendar',
            url: new URL(address),
            blocksBooksy: true,
            intervalSeconds: 900,
          }),
        );
      return polled(engine);
    },
  },
};

async function polled({ worker, config }: TestEngine): Promise<string> {
  const workflowId = `record/${randomUUID()}`;
  const input: CalendarPollInput = { version: 1, accountKey: config.booksy.accountKey };
  const { client, taskQueue } = worker;
  await client.workflow.execute(WORKFLOW_TYPES.calendarPoll, { workflowId, taskQueue, args: [input] });
  return workflowId;
}
