/** What a top-level folder may import. Entries are folders, or single files where a folder would be too much. */
export interface Arrow {
  /** Folders whose values may be imported, beside its own. */
  readonly values: readonly string[];
  /** Folders of which only types may be imported. */
  readonly types?: readonly string[];
  /** The only packages and `node:` builtins allowed; without the list all are. */
  readonly packages?: readonly string[];
}

const EVERYTHING = [
  'domain',
  'booksy',
  'infra',
  'activities',
  'workflows',
  'workers',
  'api',
  'cli',
  'simulator',
  'lint',
  'scripts',
  'test',
];

/**
 * Which way dependencies point. The keys are folders; a deeper key such as `infra/temporal` wins over `infra`.
 * CONTRIBUTING.md explains the arrows; this table is what the linter holds.
 */
export const ARROWS: Readonly<Record<string, Arrow>> = {
  // Pure rules: nothing that reads a clock, a file, a network or a database.
  // node:crypto is there for digests only; the rule `pure` holds that, and workflows may not reach it at all.
  domain: {
    values: [],
    packages: ['temporal-polyfill', 'libphonenumber-js', 'node:crypto', 'ical.js', 'date-holidays'],
  },
  booksy: { values: ['domain', 'infra'] },
  infra: { values: ['domain'] },
  // The launcher names the workflows it starts by their types and never loads their code.
  'infra/temporal': { values: ['domain', 'infra'], types: ['workflows'] },
  activities: { values: ['domain', 'booksy', 'infra'] },
  // infra/temporal holds the words that workflows share with whoever starts them (messages, failures, search
  // attributes). Its files that talk to a server stay out of reach: the rule `workflow-reach` knows their packages.
  workflows: {
    values: ['domain', 'infra/temporal'],
    types: ['activities', 'infra'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
  },
  workers: { values: ['domain', 'booksy', 'infra', 'activities'], types: ['workflows'] },
  // Of Booksy only the envelope of its webhooks, which the API takes in: its field names stay in booksy/.
  api: { values: ['domain', 'infra', 'booksy/webhook.ts'] },
  // `up` and `seed` ask the Booksy account once, outside of any workflow; that composition root is the workers' own.
  cli: { values: ['domain', 'infra', 'workers/account.ts'] },
  // The stand-in for the other side must not share our understanding of it, or both would be wrong together.
  simulator: { values: [] },
  prisma: { values: ['domain', 'infra'] },
  lint: { values: [] },
  scripts: { values: EVERYTHING },
  test: { values: EVERYTHING },
};

/** Packages a workflow may reach at run time, directly or through domain/. The bundle test holds the same list. */
export const WORKFLOW_PACKAGES = ['@temporalio/workflow', '@temporalio/common'] as const;

/** Folders whose files a workflow may reach at run time. */
export const WORKFLOW_FOLDERS = ['workflows', 'domain', 'infra/temporal'] as const;
