/** The catalog's links are asked for once for all that a look brings, and are never old. */
import { describe, expect, it } from 'vitest';
import { sharedCatalog } from '../../../../activities/drain/catalog.ts';
import { NO_LINKS } from '../../../../activities/apply/links.ts';

describe('a shared catalog', () => {
  it('is loaded once for those who begin at the same time, and anew for who begins later', async () => {
    let at = 0;
    let loads = 0;
    const catalog = sharedCatalog(
      () => {
        loads += 1;
        return Promise.resolve({ ...NO_LINKS });
      },
      () => at,
    );
    const [first, second] = await Promise.all([catalog.links(), catalog.links()]);
    expect(second).toBe(first);
    at = 249;
    expect(await catalog.links()).toBe(first);
    expect(loads).toBe(1);
    at = 250;
    const later = await catalog.links();
    expect(later).not.toBe(first);
    expect(loads).toBe(2);
    // A visit may name a service that was linked a moment ago.
    catalog.processed('booking');
    expect(await catalog.links()).toBe(later);
    catalog.processed('service');
    expect(await catalog.links()).not.toBe(later);
  });

  it('is asked for again after a load that failed', async () => {
    let broken = true;
    const catalog = sharedCatalog(
      () => (broken ? Promise.reject(new Error('away')) : Promise.resolve(NO_LINKS)),
      () => 0,
    );
    await expect(catalog.links()).rejects.toThrow('away');
    broken = false;
    expect(await catalog.links()).toBe(NO_LINKS);
  });
});
