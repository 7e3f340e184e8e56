import type { Db } from '../../infra/database/index.ts';
import type { Links } from '../../domain/states/links.ts';
import type { Commit } from '../../domain/protocol/port.ts';
import { loadCatalogLinks, loadClientLinks } from '../apply/links.ts';
import type { WriteAdapter } from './adapters/adapter.ts';
import { writeCommits, type CommitInput } from './commit.ts';
import { CommitRounds } from './commit-rounds.ts';
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
  /** Notes that a process is under way, until the function that comes back is called. */
  begin(): () => void;
  readonly takes: Rounds<ProcessContext, boolean>;
  readonly releases: Rounds<ProcessContext, void>;
  /** By kind of record. */
  readonly views: Rounds<ViewWanted, LoadedView>;
  /** By business. */
  readonly catalogs: Rounds<null, Links>;
  /** By business: the profiles of cards. */
  readonly cards: Rounds<readonly string[], ReadonlyMap<string, string>>;
  readonly commits: CommitRounds;
}

const known = new WeakMap<Db, Together>();

/** One for each database of this worker. */
export function togetherOf(db: Db): Together {
  const before = known.get(db);
  if (before !== undefined) return before;
  let all = 0;
  const gather = () => ({ all, forMs: Math.min(GATHER_MOST_MS, GATHER_MS * (all - 1)) });
  const together: Together = {
    begin() {
      all += 1;
      return () => {
        all -= 1;
      };
    },
    takes: new Rounds((_key, holders) => takeLeases(db, holders)),
    releases: new Rounds((_key, holders) => releaseLeases(db, holders), { gather }),
    views: new Rounds((_key, wanted) => loadViews(db, wanted), { gather }),
    catalogs: new Rounds(async (businessId, asked) => {
      const links = await loadCatalogLinks(db, businessId);
      return asked.map(() => done(links));
    }),
    cards: new Rounds(async (businessId, asked) => {
      const links = await loadClientLinks(db, businessId, [...new Set(asked.flat())]);
      return asked.map(() => done(links));
    }),
    commits: new CommitRounds(db, (wanted, patient) => writeCommits(db, wanted, patient), gather),
  };
  known.set(db, together);
  return together;
}
