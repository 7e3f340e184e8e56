import { workflowIds } from '../../../lint/rules/workflow-ids.ts';
import { tester } from './rule-tester.ts';

const options = [{ kinds: ['full-sync', 'sweep'] }];

tester.run('workflow-ids', workflowIds, {
  valid: [
    { options, code: "router.post('/full-sync', handler);" },
    { options, code: "const kind = 'full-sync';" },
    { options, code: "import { x } from 'sweep/x';" },
    { options, code: 'const id = fullSyncId(businessId);' },
    { options, code: 'server.start(); workflow.describe();' },
  ],
  invalid: [
    { options, code: 'const id = `full-sync/${businessId}`;', errors: [{ messageId: 'id' }] },
    { options, code: "const id = 'sweep/' + businessId;", errors: [{ messageId: 'id' }] },
    { options, code: 'await client.workflow.start(fullSync, {});', errors: [{ messageId: 'start' }] },
    {
      options,
      code: 'await this.temporal.workflow.signalWithStart(x, {});',
      errors: [{ messageId: 'start' }],
    },
    { options, code: 'await workflowClient.execute(x, {});', errors: [{ messageId: 'start' }] },
  ],
});
