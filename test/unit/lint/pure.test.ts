import { pure } from '../../../lint/rules/pure.ts';
import { tester } from './rule-tester.ts';

tester.run('pure', pure, {
  valid: [
    'const later = new Date(nowMs);',
    'const ms = Date.parse(text) + Date.UTC(2025, 0, 1);',
    'const rounded = Math.round(price);',
    // Their own names and properties, not the globals.
    'function wait(setTimeout) { return setTimeout(1); }',
    'const plan = { process: 1, fetch: () => 2 }; plan.fetch(); plan.process;',
    'interface Clock { performance: number }',
    'const Date = { now: () => 1 }; Date.now();',
    "import { createHash } from 'node:crypto';\ncreateHash('sha256');",
    "import { Temporal } from 'temporal-polyfill';\nTemporal.Instant.from(text);",
  ],
  invalid: [
    { code: 'const t = Date.now();', errors: [{ messageId: 'impure', data: { what: 'Date.now' } }] },
    { code: "const t = Date['now']();", errors: [{ messageId: 'impure' }] },
    { code: 'const t = new Date();', errors: [{ messageId: 'impure', data: { what: 'new Date()' } }] },
    { code: 'const t = Date();', errors: [{ messageId: 'impure', data: { what: 'Date()' } }] },
    { code: 'const r = Math.random();', errors: [{ messageId: 'impure', data: { what: 'Math.random' } }] },
    { code: 'setTimeout(f, 1);', errors: [{ messageId: 'impure', data: { what: 'setTimeout' } }] },
    {
      code: 'export const f = () => process.env.X;',
      errors: [{ messageId: 'impure', data: { what: 'process' } }],
    },
    { code: 'const late = { timer: setInterval };', errors: [{ messageId: 'impure' }] },
    { code: 'globalThis.x = 1;', errors: [{ messageId: 'impure' }] },
    { code: 'const id = crypto.randomUUID();', errors: [{ messageId: 'impure', data: { what: 'crypto' } }] },
    {
      code: "import { randomUUID } from 'node:crypto';",
      errors: [{ messageId: 'impure', data: { what: "node:crypto's randomUUID" } }],
    },
    { code: "import * as c from 'node:crypto';", errors: [{ messageId: 'impure' }] },
    {
      code: "import { Temporal } from 'temporal-polyfill';\nTemporal.Now.instant();",
      errors: [{ messageId: 'impure', data: { what: 'Temporal.Now' } }],
    },
  ],
});
