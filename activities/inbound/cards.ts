import { NO_LINKS } from '../apply/links.ts';
import { mergedCards } from '../matching/index.ts';
import { inStep, openRun, type InboundDeps, type RunRef } from './run.ts';

/** Once clients and visits are walked: cards that Booksy merged into others are no deletions (R38). */
export async function settleCards(deps: InboundDeps, run: RunRef): Promise<void> {
  const { business } = await openRun(deps.db, run);
  await inStep(deps, business, run, NO_LINKS, async (scope) => {
    if (scope.plan === null) await mergedCards(scope);
  });
}
