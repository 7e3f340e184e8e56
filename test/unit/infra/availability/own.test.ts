/** What this process changes of a salon's time is dropped once, by its commit or by what is told of it, and never not at all. */
import { describe, expect, it } from 'vitest';
import { createOwnChanges, type OwnChange } from '../../../../infra/availability/own.ts';

const SALON = 'salon';
const OTHER = 'other';

/** What is kept, with how often it was dropped; a database that tells what a transaction notified once it is committed. */
function bench(listens = true) {
  const drops: string[] = [];
  const drop = (businessId: string) => void drops.push(businessId);
  const own = createOwnChanges(() => listens, drop);
  const hear = (told: string | null) => {
    if (!own.knows(told)) drop(told ?? 'all');
  };
  return {
    drops,
    hear,
    begin: () => own.begin(),
    /** Runs a transaction that changes these salons; returns what is told of it, in its order, each payload once. */
    async commit(change: OwnChange, salons: readonly string[]): Promise<readonly string[]> {
      const notified = new Set<string>();
      const tx = {
        $executeRaw: async (_sql: unknown, ...values: unknown[]) => {
          notified.add(String(values[1]));
          return 1;
        },
      };
      await change.within(tx, async () => {
        for (const each of salons) notified.add(each);
      });
      return [...notified];
    },
  };
}

describe('a change of our own', () => {
  it('is dropped by its commit, and not again by what is told of it', async () => {
    const { drops, hear, begin, commit } = bench();
    const change = begin();
    const told = await commit(change, [SALON]);
    change.over(SALON);
    expect(drops).toEqual([SALON]);
    told.forEach(hear);
    expect(drops).toEqual([SALON]);
    // What others change afterwards counts.
    hear(SALON);
    expect(drops).toEqual([SALON, SALON]);
  });

  it('is dropped by what is told of it where that comes first, and not again by its commit', async () => {
    const { drops, hear, begin, commit } = bench();
    const change = begin();
    (await commit(change, [SALON])).forEach(hear);
    expect(drops).toEqual([SALON]);
    change.over(SALON);
    expect(drops).toEqual([SALON]);
  });

  it('that tells nothing is dropped by its commit', async () => {
    const { drops, hear, begin, commit } = bench();
    const change = begin();
    (await commit(change, [])).forEach(hear);
    change.over(SALON);
    expect(drops).toEqual([SALON]);
  });

  it('hides nothing of others: before, between, after, nor of another salon', async () => {
    const { drops, hear, begin, commit } = bench();
    const change = begin();
    const told = await commit(change, [SALON, OTHER]);
    hear(SALON);
    change.over(SALON);
    expect(drops).toEqual([SALON, SALON]);
    told.forEach(hear);
    // The other one was changed by the same transaction, and nobody has dropped it yet.
    expect(drops).toEqual([SALON, SALON, OTHER]);
    hear(OTHER);
    expect(drops).toEqual([SALON, SALON, OTHER, OTHER]);
  });

  it('whose end nobody knows is dropped by what is told of it', async () => {
    const { drops, hear, begin, commit } = bench();
    const change = begin();
    const told = await commit(change, [SALON]);
    change.over(null);
    expect(drops).toEqual([]);
    told.forEach(hear);
    expect(drops).toEqual([SALON]);
  });

  it('of another process is dropped: its marks are not ours', async () => {
    const there = bench();
    const { drops, hear } = bench();
    const change = there.begin();
    (await there.commit(change, [SALON])).forEach(hear);
    expect(drops).toEqual([SALON]);
  });

  it('is forgotten when the connection was lost: all is dropped then, and all that is told afterwards', async () => {
    const { drops, hear, begin, commit } = bench();
    const change = begin();
    const [mark = '', ...rest] = await commit(change, [SALON]);
    change.over(SALON);
    hear(mark);
    hear(null);
    rest.forEach(hear);
    expect(drops).toEqual([SALON, 'all', SALON]);
  });

  it('is not marked while nobody listens', async () => {
    const { drops, begin, commit } = bench(false);
    const change = begin();
    expect(await commit(change, [SALON])).toEqual([SALON]);
    change.over(SALON);
    expect(drops).toEqual([SALON]);
  });
});
