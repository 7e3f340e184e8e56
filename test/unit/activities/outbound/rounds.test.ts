import { describe, expect, it } from 'vitest';
import { done, Rounds } from '../../../../activities/outbound/rounds.ts';

/** A gate that holds work until it is opened. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

describe('rounds of work', () => {
  it('takes one alone at once, and all that ask meanwhile together', async () => {
    const first = gate();
    const rounds: (readonly number[])[] = [];
    const work = new Rounds<number, number>(async (_key, items) => {
      rounds.push(items);
      if (rounds.length === 1) await first.opened;
      return items.map((item) => done(item * 10));
    });
    const one = work.ask('a', 1);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    const others = [2, 3, 4].map((item) => work.ask('a', item));
    first.open();
    expect(await Promise.all([one, ...others])).toEqual([10, 20, 30, 40]);
    expect(rounds).toEqual([[1], [2, 3, 4]]);
  });

  it('lets no key wait for another', async () => {
    const stuck = gate();
    const work = new Rounds<string, string>(async (key, items) => {
      if (key === 'slow') await stuck.opened;
      return items.map(done);
    });
    const slow = work.ask('slow', 'x');
    expect(await work.ask('fast', 'y')).toBe('y');
    stuck.open();
    expect(await slow).toBe('x');
  });

  it('makes rounds no larger than told', async () => {
    const sizes: number[] = [];
    const work = new Rounds<number, number>(
      (_key, items) => {
        sizes.push(items.length);
        return Promise.resolve(items.map(done));
      },
      { most: 2 },
    );
    await Promise.all([1, 2, 3, 4, 5].map((item) => work.ask('a', item)));
    expect(sizes).toEqual([2, 2, 1]);
  });

  it('does a round that failed again one by one: only the bad one fails', async () => {
    const rounds: (readonly number[])[] = [];
    const work = new Rounds<number, number>((_key, items) => {
      rounds.push(items);
      if (items.includes(2)) throw new Error('two cannot be done');
      return Promise.resolve(items.map(done));
    });
    const outcomes = await Promise.allSettled([1, 2, 3].map((item) => work.ask('a', item)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(rounds).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  it('hands an outcome of one item to that one alone', async () => {
    const work = new Rounds<number, number>((_key, items) =>
      Promise.allSettled(
        items.map((item) => (item === 2 ? Promise.reject(new Error('two')) : Promise.resolve(item))),
      ),
    );
    const outcomes = await Promise.allSettled([1, 2].map((item) => work.ask('a', item)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('tries nothing again where the database is away, and works on once it is back', async () => {
    let tries = 0;
    const work = new Rounds<number, number>((_key, items) => {
      tries += 1;
      if (tries === 1) throw Object.assign(new Error('no connection'), { code: 'ECONNREFUSED' });
      return Promise.resolve(items.map(done));
    });
    const outcomes = await Promise.allSettled([1, 2].map((item) => work.ask('a', item)));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(tries).toBe(1);
    expect(await work.ask('a', 3)).toBe(3);
  });

  it('gathers those that are still to ask, and begins as soon as all have', async () => {
    const rounds: (readonly number[])[] = [];
    const work = new Rounds<number, number>(
      (_key, items) => {
        rounds.push(items);
        return Promise.resolve(items.map(done));
      },
      { gather: () => ({ all: 3, forMs: 60_000 }) },
    );
    const one = work.ask('a', 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(rounds).toEqual([]);
    await Promise.all([one, work.ask('a', 2), work.ask('a', 3)]);
    expect(rounds).toEqual([[1, 2, 3]]);
  });

  it('waits for nobody for longer than told', async () => {
    const rounds: (readonly number[])[] = [];
    const work = new Rounds<number, number>(
      (_key, items) => {
        rounds.push(items);
        return Promise.resolve(items.map(done));
      },
      { gather: () => ({ all: 3, forMs: 10 }) },
    );
    await Promise.all([work.ask('a', 1), work.ask('a', 2)]);
    expect(rounds).toEqual([[1, 2]]);
    expect(await work.ask('a', 3)).toBe(3);
  });
});
