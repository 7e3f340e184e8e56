import { describe, expect, it } from 'vitest';
import type { Db } from '../../../infra/database/index.ts';
import { inTurn } from '../../../infra/database/turns.ts';

/** Only which object it is counts. */
const database = () => Object.create(null) as Db;

describe('turns', () => {
  it('does work of one name one after the other, in the order in which it was asked for', async () => {
    const db = database();
    const seen: string[] = [];
    const work = (name: string) => async () => {
      seen.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`${name} ends`);
    };
    await Promise.all(['a', 'b', 'c'].map((name) => inTurn(db, 'salon', work(name))));
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('hands a failure to its caller and lets the next one begin', async () => {
    const db = database();
    const failed = inTurn(db, 'salon', () => Promise.reject(new Error('refused')));
    const next = inTurn(db, 'salon', () => Promise.resolve('done'));
    await expect(failed).rejects.toThrow('refused');
    expect(await next).toBe('done');
  });

  it('lets other names and other databases pass', async () => {
    const db = database();
    let open: () => void = () => undefined;
    const stuck = inTurn(db, 'salon', () => new Promise<void>((resolve) => (open = resolve)));
    expect(await inTurn(db, 'another', () => Promise.resolve(1))).toBe(1);
    expect(await inTurn(database(), 'salon', () => Promise.resolve(2))).toBe(2);
    open();
    await stuck;
  });
});
