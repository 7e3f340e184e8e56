import { describe, expect, it } from 'vitest';
import { createReader, PAGES_PER_APPLY } from '../../../activities/inbound/pages.ts';
import type { ListPage } from '../../../domain/observed.ts';
import { WALK_START } from '../../../domain/walk.ts';

/** A list of numbered rows, page by page, with one row of overlap asked for by the walk. */
const TOTAL = 2_500;

function listOf(total: number) {
  const calls: number[] = [];
  const fetchPage = async (offset: number, limit: number): Promise<ListPage<{ externalId: string }>> => {
    calls.push(offset);
    const externalIds = Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, row) =>
      String(offset + row),
    );
    return Promise.resolve({
      rows: externalIds.map((externalId) => ({ externalId })),
      externalIds,
      rejected: [],
      total,
      interval: { sentAt: '', receivedAt: '' },
    });
  };
  return { calls, fetchPage };
}

const quiet = () => undefined;

describe('a reader of a list', () => {
  it('gives the same batches with and without reading ahead, and asks for each page once', async () => {
    const plain = listOf(TOTAL);
    const eager = listOf(TOTAL);
    const one = createReader(plain.fetchPage, quiet);
    const other = createReader(eager.fetchPage, quiet);
    let cursor = WALK_START;
    while (!cursor.done) {
      const [left, right] = [await one.read(cursor), await other.read(cursor)];
      other.readAhead(right.cursor);
      expect(right).toEqual(left);
      // The reader knows its batch by the cursor itself.
      cursor = right.cursor;
    }
    expect(eager.calls).toEqual(plain.calls);
    expect(new Set(eager.calls).size).toBe(eager.calls.length);
  });

  it('reads again where the walk stands elsewhere than what was read ahead', async () => {
    const { calls, fetchPage } = listOf(TOTAL);
    const reader = createReader(fetchPage, quiet);
    reader.readAhead(WALK_START);
    const elsewhere = { ...WALK_START, offset: 2_000 };
    const batch = await reader.read(elsewhere);
    expect(batch.pages[0]?.page.externalIds[0]).toBe('2000');
    expect(calls).toContain(0);
  });

  it('stops after the page in flight once nobody waits for it', async () => {
    const { calls, fetchPage } = listOf(TOTAL);
    const reader = createReader(fetchPage, quiet);
    reader.readAhead(WALK_START);
    await reader.stop();
    expect(calls.length).toBeLessThan(PAGES_PER_APPLY);
  });

  it('shows the trouble of reading ahead when it is asked for, and not before', async () => {
    const reader = createReader(() => Promise.reject(new Error('away')), quiet);
    reader.readAhead(WALK_START);
    await new Promise((resolve) => setImmediate(resolve));
    await expect(reader.read(WALK_START)).rejects.toThrow('away');
  });

  it('reads nothing ahead of the end', async () => {
    const { calls, fetchPage } = listOf(10);
    const reader = createReader(fetchPage, quiet);
    const { cursor } = await reader.read(WALK_START);
    reader.readAhead(cursor);
    await reader.stop();
    expect(calls).toEqual([0]);
  });
});
