/** The catalog's links are asked for once for all that a look brings, and are never old. */
import { describe, expect, it } from 'vitest';
import { sharedCatalog } from '../../../../activities/drain/catalog.ts';
import { NO_LINKS } from '../../../../activities/apply/links.ts';

describe('a shared catalog', () => {
  it('is loaded once for those who begin at the same time, and anew a second later', async () => {
    let at = 0;
    let loads = 0;
    const catalog = sharedCatalog(
      () => {
        loads += 1;
        return Promise.resolve({ ...NO_LINKS });
      },
      () => at,
    );
    const [first, second] = await Promise.all([catalog(), catalog()]);
    expect(second).toBe(first);
    at = 999;
    expect(await catalog()).toBe(first);
    expect(loads).toBe(1);
    at = 1_000;
    expect(await catalog()).not.toBe(first);
    expect(loads).toBe(2);
  });

  it('is asked for again after a load that failed', async () => {
    let broken = true;
    const catalog = sharedCatalog(
      () => (broken ? Promise.reject(new Error('away')) : Promise.resolve(NO_LINKS)),
      () => 0,
    );
    await expect(catalog()).rejects.toThrow('away');
    broken = false;
    expect(await catalog()).toBe(NO_LINKS);
  });
});
