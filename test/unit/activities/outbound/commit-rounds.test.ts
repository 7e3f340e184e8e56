/** Commits of many businesses go together; what holds one business up holds up nobody else (R13, R29, I12). */
import { describe, expect, it } from 'vitest';
import type { Db } from '../../../../infra/database/index.ts';
import { inTurn } from '../../../../infra/database/turns.ts';
import type { CommitOutcome } from '../../../../activities/outbound/commit.ts';
import { CommitRounds, type WriteCommits } from '../../../../activities/outbound/commit-rounds.ts';
import type { CommitWanted } from '../../../../activities/outbound/together.ts';

const ONE_BY_ONE = () => ({ all: 1, forMs: 0 });

function newDb(): Db {
  return {} as Db;
}

/** A commit as the rounds see it: whose it is. */
function of(businessId: string, recordId: string): CommitWanted {
  return {
    input: { context: { business: { id: businessId }, ref: { entity: 'booking', recordId } } },
  } as CommitWanted;
}

function nameOf({ input }: CommitWanted): string {
  return `${input.context.business.id}${input.context.ref.recordId}`;
}

const COMMITTED: CommitOutcome = { committed: true, intent: null, committedAtMs: 1 };

interface Round {
  readonly names: readonly string[];
  readonly patient: boolean;
}

/** Writes nothing and remembers what it was asked for. */
function recording(
  outcome: (round: Round) => Promise<readonly (CommitOutcome | null)[]> | undefined = () => undefined,
): { readonly rounds: Round[]; readonly write: WriteCommits } {
  const rounds: Round[] = [];
  return {
    rounds,
    write(wanted, patient) {
      const round = { names: wanted.map(nameOf), patient };
      rounds.push(round);
      return outcome(round) ?? Promise.resolve(wanted.map(() => COMMITTED));
    },
  };
}

function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('commits of many businesses', () => {
  it('are one transaction', async () => {
    const { rounds, write } = recording();
    const commits = new CommitRounds(newDb(), write, ONE_BY_ONE);
    await Promise.all(
      [of('a', '1'), of('b', '1'), of('a', '2'), of('c', '1')].map((each) => commits.ask(each)),
    );
    expect(rounds).toEqual([{ names: ['a1', 'a2', 'b1', 'c1'], patient: false }]);
  });

  it('take with them who asks until their round begins, and begin as soon as all have asked', async () => {
    const { rounds, write } = recording();
    const commits = new CommitRounds(newDb(), write, () => ({ all: 3, forMs: 60_000 }));
    const early = [of('a', '1'), of('b', '1')].map((each) => commits.ask(each));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(rounds).toEqual([]);
    await Promise.all([...early, commits.ask(of('a', '2'))]);
    expect(rounds.map(({ names }) => names)).toEqual([['a1', 'a2', 'b1']]);
  });

  it('do not wait for a business whose turn somebody else has', async () => {
    const { rounds, write } = recording();
    const db = newDb();
    const commits = new CommitRounds(db, write, ONE_BY_ONE);
    const pass = gate();
    const longPass = inTurn(db, 'a', () => pass.opened);
    const waiting = commits.ask(of('a', '1'));
    await commits.ask(of('b', '1'));
    expect(rounds.map(({ names }) => names)).toEqual([['b1']]);
    // What is asked for until its turn comes goes with it.
    const also = commits.ask(of('a', '2'));
    pass.open();
    await Promise.all([longPass, waiting, also]);
    expect(rounds.map(({ names }) => names)).toEqual([['b1'], ['a1', 'a2']]);
  });

  it('hold the turn of each business until its own are settled, and no longer', async () => {
    const slow = gate();
    const { rounds, write } = recording(({ names, patient }) => {
      if (!patient) return Promise.resolve(names.map((name) => (name.startsWith('a') ? null : COMMITTED)));
      return slow.opened.then(() => names.map(() => COMMITTED));
    });
    const db = newDb();
    const commits = new CommitRounds(db, write, ONE_BY_ONE);
    const locked = commits.ask(of('a', '1'));
    await commits.ask(of('b', '1'));
    // The lock of `a` is another process's: its commit waits for it by itself, and `b` goes on meanwhile.
    await commits.ask(of('b', '2'));
    const told: string[] = [];
    const pass = inTurn(db, 'a', async () => {
      told.push('pass');
      return Promise.resolve();
    });
    await inTurn(db, 'b', () => Promise.resolve());
    expect(told).toEqual([]);
    slow.open();
    expect(await locked).toBe(COMMITTED);
    await pass;
    expect(rounds).toEqual([
      { names: ['a1', 'b1'], patient: false },
      { names: ['a1'], patient: true },
      { names: ['b2'], patient: false },
    ]);
  });

  it('are done again business by business, and then one by one, where a round is refused: only the bad one fails', async () => {
    const { rounds, write } = recording(({ names }) =>
      names.includes('a2') ? Promise.reject(new Error('refused')) : undefined,
    );
    const commits = new CommitRounds(newDb(), write, ONE_BY_ONE);
    const outcomes = await Promise.allSettled(
      [of('a', '1'), of('a', '2'), of('b', '1'), of('b', '2')].map((each) => commits.ask(each)),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(rounds).toEqual([
      { names: ['a1', 'a2', 'b1', 'b2'], patient: false },
      { names: ['a1', 'a2'], patient: true },
      { names: ['b1', 'b2'], patient: true },
      { names: ['a1'], patient: true },
      { names: ['a2'], patient: true },
    ]);
  });

  it('all fail where the database is away, and are not tried one by one', async () => {
    let away = true;
    const { rounds, write } = recording(() =>
      away ? Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })) : undefined,
    );
    const commits = new CommitRounds(newDb(), write, ONE_BY_ONE);
    const outcomes = await Promise.allSettled([of('a', '1'), of('b', '1')].map((each) => commits.ask(each)));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(rounds).toHaveLength(1);
    away = false;
    expect(await commits.ask(of('a', '1'))).toBe(COMMITTED);
  });
});
