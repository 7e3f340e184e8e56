import { isDatabaseAway, type Db } from '../../infra/database/index.ts';
import { inTurn } from '../../infra/database/turns.ts';
import type { CommitOutcome } from './commit.ts';
import type { CommitWanted } from './together.ts';

/** Commits of one round, unless one business alone has more. */
const MOST = 48;

/** Asked for by one process. */
interface Asked {
  readonly wanted: CommitWanted;
  readonly resolve: (outcome: CommitOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** What one business wants to commit, once it is its turn. */
interface Party {
  readonly key: string;
  /** Gives the business's turn to who is next. */
  readonly leave: () => void;
}

/** Parties whose turn it is, of one kind of record. */
interface Line {
  readonly ready: Party[];
  busy: boolean;
  /** Told of each who asks while a round is gathered. */
  told: (() => void) | null;
}

/**
 * Writes commits of one kind of record by one transaction.
 *
 * @param patient waits for the lock of a business that somebody else holds; else its commits are left out
 * @returns in their order: null where the business is somebody else's now
 */
export type WriteCommits = (
  wanted: readonly CommitWanted[],
  patient: boolean,
) => Promise<readonly (CommitOutcome | null)[]>;

/** How many processes are under way in all, and for how long a round waits for them at most. */
export type Gathering = () => { readonly all: number; readonly forMs: number };

/**
 * Commits of many businesses by one transaction: the busier it is, the fewer statements each costs. Of a business one apply is
 * made at a time (R13): it joins a round once it is its turn in this process, and the round takes its lock only where nobody
 * holds it. So whatever holds one business up — an import, a row that somebody has locked, a commit that is refused — is that
 * business's alone (I12): it leaves the round and goes on by itself.
 */
export class CommitRounds {
  readonly #db: Db;
  readonly #write: WriteCommits;
  readonly #gathering: Gathering;
  /** By kind of record and business. */
  readonly #waiting = new Map<string, Asked[]>();
  /** By kind of record. */
  readonly #lines = new Map<string, Line>();

  constructor(db: Db, write: WriteCommits, gathering: Gathering) {
    this.#db = db;
    this.#write = write;
    this.#gathering = gathering;
  }

  ask(wanted: CommitWanted): Promise<CommitOutcome> {
    const { business, ref } = wanted.input.context;
    return new Promise((resolve, reject) => {
      const asked = { wanted, resolve, reject };
      const key = `${ref.entity} ${business.id}`;
      const line = this.#lineOf(ref.entity);
      const waiting = this.#waiting.get(key);
      if (waiting !== undefined) {
        waiting.push(asked);
        line.told?.();
        return;
      }
      this.#waiting.set(key, [asked]);
      // It has its turn until its commits are settled.
      void inTurn(
        this.#db,
        business.id,
        () => new Promise<void>((leave) => this.#join(line, { key, leave })),
      );
    });
  }

  #lineOf(entity: string): Line {
    const before = this.#lines.get(entity);
    if (before !== undefined) return before;
    const line: Line = { ready: [], busy: false, told: null };
    this.#lines.set(entity, line);
    return line;
  }

  #join(line: Line, party: Party): void {
    line.ready.push(party);
    line.told?.();
    if (!line.busy) void this.#untilNobodyIsReady(line);
  }

  async #untilNobodyIsReady(line: Line): Promise<void> {
    line.busy = true;
    while (line.ready.length > 0) {
      // What the same event brought on is asked for together.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#gather(line);
      const round: { readonly party: Party; readonly asked: readonly Asked[] }[] = [];
      for (let count = 0; count < MOST;) {
        const party = line.ready.shift();
        if (party === undefined) break;
        const asked = this.#waiting.get(party.key) ?? [];
        this.#waiting.delete(party.key);
        count += asked.length;
        round.push({ party, asked });
      }
      const left = await this.#writeTogether(round.flatMap(({ asked }) => asked));
      for (const { party, asked } of round) {
        // Not waited for: the next round is the others'.
        void this.#writeAlone(asked.filter((one) => left.has(one))).then(party.leave);
      }
    }
    line.busy = false;
  }

  /** Waits for processes that may still ask: under load it saves more than it takes. */
  async #gather(line: Line): Promise<void> {
    const { all, forMs } = this.#gathering();
    const enough = () =>
      line.ready.reduce((sum, { key }) => sum + (this.#waiting.get(key)?.length ?? 0), 0) >=
      Math.min(all, MOST);
    if (forMs <= 0 || enough()) return;
    await new Promise<void>((resolve) => {
      const over = () => {
        clearTimeout(timer);
        line.told = null;
        resolve();
      };
      const timer = setTimeout(over, forMs);
      line.told = () => {
        if (enough()) over();
      };
    });
  }

  /** @returns those that have to go on without the others */
  async #writeTogether(asked: readonly Asked[]): Promise<ReadonlySet<Asked>> {
    try {
      const outcomes = await this.#write(
        asked.map(({ wanted }) => wanted),
        false,
      );
      return new Set(
        asked.filter((one, index) => {
          const outcome = outcomes[index] ?? null;
          if (outcome !== null) one.resolve(outcome);
          return outcome === null;
        }),
      );
    } catch (error) {
      if (!isDatabaseAway(error)) return new Set(asked);
      for (const { reject } of asked) reject(error);
      return new Set();
    }
  }

  /** One business's commits; where that fails, each by itself: one that cannot be done harms no other (R29). */
  async #writeAlone(asked: readonly Asked[]): Promise<void> {
    if (asked.length === 0) return;
    try {
      const outcomes = await this.#write(
        asked.map(({ wanted }) => wanted),
        true,
      );
      asked.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index];
        if (outcome == null) reject(new Error('A round left a commit out.'));
        else resolve(outcome);
      });
    } catch (error) {
      if (asked.length === 1 || isDatabaseAway(error)) for (const { reject } of asked) reject(error);
      else for (const one of asked) await this.#writeAlone([one]);
    }
  }
}
