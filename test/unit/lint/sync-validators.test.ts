import { syncValidators } from '../../../lint/rules/sync-validators.ts';
import { tester } from './rule-tester.ts';

const from =
  "import { setHandler, defineUpdate } from '@temporalio/workflow';\nconst u = defineUpdate('u');\n";

tester.run('sync-validators', syncValidators, {
  valid: [
    `${from}setHandler(u, async () => {}, { validator: (x) => { if (!x) throw new E(); } });`,
    `${from}function check(x) {}\nsetHandler(u, async () => {}, { validator: check });`,
    `${from}setHandler(u, async () => {});`,
    `${from}setHandler(u, async () => {}, { description: 'x' });`,
    `${from}setHandler(u, async () => {}, { validator: undefined });`,
    "import { setHandler } from './mine.ts';\nsetHandler(u, f, { validator: async () => {} });",
  ],
  invalid: [
    {
      code: `${from}setHandler(u, () => {}, { validator: async (x) => { await x; } });`,
      errors: [{ messageId: 'async' }],
    },
    {
      code: `${from}setHandler(u, () => {}, { async validator(x) {} });`,
      errors: [{ messageId: 'async' }],
    },
    {
      code: `${from}async function check(x) {}\nsetHandler(u, () => {}, { validator: check });`,
      errors: [{ messageId: 'async' }],
    },
    {
      code: `${from}const check = async (x) => {};\nsetHandler(u, () => {}, { validator: (x) => check(x) });`,
      errors: [{ messageId: 'async' }],
    },
    {
      code: `${from}const options = { validator: async () => {} };\nsetHandler(u, () => {}, { ...options });`,
      errors: [{ messageId: 'async' }],
    },
    {
      code: `${from}import { check } from './checks.ts';\nsetHandler(u, () => {}, { validator: check });`,
      errors: [{ messageId: 'unseen' }],
    },
    {
      code: "import * as wf from '@temporalio/workflow';\nwf.setHandler(u, f, { validator: async () => {} });",
      errors: [{ messageId: 'async' }],
    },
  ],
});
