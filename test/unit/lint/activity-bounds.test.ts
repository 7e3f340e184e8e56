import { activityBounds } from '../../../lint/rules/activity-bounds.ts';
import { tester } from './rule-tester.ts';

const from = "import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';\n";

tester.run('activity-bounds', activityBounds, {
  valid: [
    `${from}proxyActivities<A>({ startToCloseTimeout: '1m', scheduleToCloseTimeout: '1h' });`,
    `${from}const common = { scheduleToCloseTimeout: '1h' } as const;
     proxyActivities({ ...common, startToCloseTimeout: '1m' });`,
    `${from}const options = { startToCloseTimeout: '1m', scheduleToCloseTimeout: '1h' } satisfies O;
     proxyLocalActivities(options);`,
    // Not Temporal's.
    "import { proxyActivities } from './mine.ts';\nproxyActivities({});",
    'function proxyActivities(o) {}\nproxyActivities({});',
  ],
  invalid: [
    {
      code: `${from}proxyActivities<A>({ startToCloseTimeout: '1m' });`,
      errors: [
        { messageId: 'missing', data: { call: 'proxyActivities', missing: 'scheduleToCloseTimeout' } },
      ],
    },
    {
      code: `${from}proxyLocalActivities({ scheduleToCloseTimeout: '1m' });`,
      errors: [
        { messageId: 'missing', data: { call: 'proxyLocalActivities', missing: 'startToCloseTimeout' } },
      ],
    },
    {
      code: `${from}proxyActivities();`,
      errors: [
        {
          messageId: 'missing',
          data: { call: 'proxyActivities', missing: 'startToCloseTimeout and scheduleToCloseTimeout' },
        },
      ],
    },
    {
      code: "import { proxyActivities as p } from '@temporalio/workflow';\np({ startToCloseTimeout: 1 });",
      errors: [{ messageId: 'missing' }],
    },
    {
      code: "import * as wf from '@temporalio/workflow';\nwf.proxyActivities({ startToCloseTimeout: 1 });",
      errors: [{ messageId: 'missing' }],
    },
    {
      code: `${from}const both = { startToCloseTimeout: 1, scheduleToCloseTimeout: 2 };
        proxyActivities({ ...both, scheduleToCloseTimeout: undefined });`,
      errors: [{ messageId: 'missing' }],
    },
    {
      code: `${from}import { both } from './elsewhere.ts';\nproxyActivities(both);`,
      errors: [{ messageId: 'unseen' }],
    },
    {
      code: `${from}let both = { startToCloseTimeout: 1, scheduleToCloseTimeout: 2 };\nproxyActivities(both);`,
      errors: [{ messageId: 'unseen' }],
    },
  ],
});
