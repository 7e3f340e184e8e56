import { afterAll, beforeAll, expect, it } from 'vitest';
import { layConflict } from './support/lay.ts';
import { startConflictRig, type ConflictRig } from './support/rig.ts';

/** The inbox: pages, filters and counts (`GET …/conflicts`). Its rows are laid down: how they come about is tried elsewhere. */

const KINDS = ['outcome_unknown', 'overwritten_at_booksy', 'refused_by_booksy', 'double', 'unmapped'];

let rig: ConflictRig;
let visit: string;
let ids: readonly string[];

beforeAll(async () => {
  rig = await startConflictRig();
  visit = (await rig.bookedOnBoth()).id;
  const laid: string[] = [];
  for (const kind of KINDS) laid.push((await layConflict(rig, { kind, recordId: visit })).id);
  ids = laid;
  // One transaction found them all: only their ids tell them apart.
  await rig.sql(
    `UPDATE booksy_sync_conflicts SET opened_at = '2026-01-05T10:00:00.123Z' WHERE id = ANY($1)`,
    [ids],
  );
  await rig.sql(
    `UPDATE booksy_sync_conflicts SET status = 'resolved', resolution = 'ignore', resolved_at = now(),
            opened_at = '2026-01-05T11:00:00Z' WHERE id = $1`,
    [ids[0]],
  );
}, 240_000);

afterAll(() => rig.stop());

const ofVisit = (query = '') => rig.list(`?recordId=${visit}${query}`);
const idsOf = ({ conflicts }: Awaited<ReturnType<typeof ofVisit>>) => conflicts.map(({ id }) => id);

it('comes by pages, newest first, without a gap or a double, though all were opened at one moment', async () => {
  const seen: string[] = [];
  let cursor: string | null = null;
  let pages = 0;
  do {
    const page = await ofVisit(`&limit=2${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
    expect(page.conflicts.length).toBeLessThanOrEqual(2);
    seen.push(...idsOf(page));
    cursor = page.nextCursor;
    pages += 1;
  } while (cursor !== null && pages < 10);
  expect(pages).toBe(3);
  const [resolved, ...open] = ids;
  expect(seen).toEqual([resolved, ...open.sort().reverse()]);
});

it('counts all that the other filters let through, whatever kind and status were asked for', async () => {
  const { conflicts, counts } = await ofVisit('&status=open&kind=double&limit=1');
  expect(conflicts.map(({ kind }) => kind)).toEqual(['double']);
  expect(counts).toEqual({
    status: { open: 4, resolved: 1, closed: 0 },
    openByKind: { overwritten_at_booksy: 1, refused_by_booksy: 1, double: 1, unmapped: 1 },
    escalated: 0,
  });
});

it.each([
  ['&status=resolved', [0]],
  ['&status=open&kind=unmapped', [4]],
  ['&from=2026-01-05T11:00:00Z', [0]],
  ['&till=2026-01-05T10:00:00.123Z', []],
  ['&from=2026-01-05T10:00:00.123Z&till=2026-01-05T10:00:00.124Z', [1, 2, 3, 4]],
  ['&entity=time_off', []],
  ['&entity=booking&status=resolved', [0]],
])('is narrowed by %s', async (query, wanted) => {
  expect(idsOf(await ofVisit(query)).sort()).toEqual(wanted.map((n) => ids[n]).sort());
});

it('refuses a filter that it does not know', async () => {
  const { status } = await rig.engine.api.send('GET', '/api/admin/booksy/conflicts?kinds=double');
  expect(status).toBe(400);
});
