import type { Db } from '../../infra/database/index.ts';
import { inTurn } from '../../infra/database/turns.ts';
import type { Links } from '../../domain/states/links.ts';
import type { Commit } from '../../domain/protocol/port.ts';
import { loadCatalogLinks, loadClientLinks } from '../apply/links.ts';
import type { WriteAdapter } from './adapters/adapter.ts';
import { writeCommits, type CommitInput, type CommitOutcome } from './commit.ts';
import type { ProcessContext } from './context.ts';
import { releaseLeases, takeLeases } from './lease.ts';
import { loadViews, type LoadedView } from './load.ts';
import { done, Rounds } from './rounds.ts';

/** A process that wants its view. */
export interface ViewWanted {
  readonly context: ProcessContext;
  readonly adapter: WriteAdapter;
}

/** A process that wants to commit. */
export interface CommitWanted {
  readonly input: CommitInput;
  readonly commit: Commit;
}

/**
 * How long a round waits for one that is under way, in milliseconds, and for all of them at most. Under load it saves more than
 * it takes; a record that is alone does not wait.
 */
const GATHER_MS = 4;
const GATHER_MOST_MS = 32;

/** What the processes of this worker do together: the same statement for all that wait for it. */
export interface Together {
  /** Notes that a process of a business is under way, until the function that comes back is called. */
  begin(businessId: string): () => void;
  readonly takes: Rounds<ProcessContext, boolean>;
  readonly releases: Rounds<ProcessContext, void>;
  /** By kind of record. */
  readonly views: Rounds<ViewWanted, LoadedView>;
  /** By business. */
  readonly catalogs: Rounds<null, Links>;
  /** By business: the profiles of cards. */
  readonly cards: Rounds<readonly string[], ReadonlyMap<string, string>>;
  /** By {@link commitKey}. */
  readonly commits: Rounds<CommitWanted, CommitOutcome>;
}

const known = new WeakMap<Db, Together>();

/** One for each database of this worker. */
export function togetherOf(db: Db): Together {
  const before = known.get(db);
  if (before !== undefined) return before;
  const underWay = new Map<string, number>();
  let all = 0;
  const count = (businessId: string, by: 1 | -1) => {
    const now = (underWay.get(businessId) ?? 0) + by;
    if (now === 0) underWay.delete(businessId);
    else underWay.set(businessId, now);
    all += by;
  };
  const gathered = (others: number) => ({
    all: others,
    forMs: Math.min(GATHER_MOST_MS, GATHER_MS * (others - 1)),
  });
  const forAll = { gather: () => gathered(all) };
  const together: Together = {
    begin(businessId) {
      count(businessId, 1);
      return () => count(businessId, -1);
    },
    takes: new Rounds((_key, holders) => takeLeases(db, holders)),
    releases: new Rounds((_key, holders) => releaseLeases(db, holders), forAll),
    views: new Rounds((_key, wanted) => loadViews(db, wanted), forAll),
    catalogs: new Rounds(async (businessId, asked) => {
      const links = await loadCatalogLinks(db, businessId);
      return asked.map(() => done(links));
    }),
    cards: new Rounds(async (businessId, asked) => {
      const links = await loadClientLinks(db, businessId, [...new Set(asked.flat())]);
      return asked.map(() => done(links));
    }),
    // One apply of a business at a time (R13): who waits for it in this process holds no connection meanwhile.
    commits: new Rounds((_key, wanted) => writeCommits(db, wanted), {
      enter: (key, work) => inTurn(db, businessOfKey(key), work),
      gather: (key) => gathered(underWay.get(businessOfKey(key)) ?? 0),
    }),
  };
  known.set(db, together);
  return together;
}

/** Commits of one business, one kind of record and one run may go together. */
export function commitKey({ business, ref, run }: ProcessContext): string {
  return `${business.id} ${ref.entity} ${run.runId} ${run.actor}`;
}

function businessOfKey(key: string): string {
  return key.slice(0, key.indexOf(' '));
}
