import { startRig } from '../../bench/support/rig.ts';
import type { Scenario } from '../scenario.ts';
import { carryOut, editableVisits, editsOf, lostOf, missing, untilQuiet, writesThere } from '../support.ts';

const SIZES = {
  short: { salons: 2, visits: 250, edits: 80 },
  full: { salons: 10, visits: 1_500, edits: 2_000 },
} as const;

/** Many visits in, then edits on both sides at once: each is on both sides in the end, and nothing else moved. */
export const volume: Scenario = {
  name: 'volume',
  about: 'many visits imported, then edited on both sides at once',
  async run({ servers, size, say, expect }) {
    const { salons, visits, edits: wanted } = SIZES[size];
    const rig = await startRig(servers, { salons, visits, clients: Math.round(visits * 0.15), limit: null });
    try {
      await rig.database.query('UPDATE businesses SET push_allowed_at = now()');
      await rig.startWorker();
      const { seconds: importSeconds } = await rig.fullSync();
      await rig.startApi();
      const [held] = await rig.database.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM external_bookings',
      );
      expect(
        (held?.count ?? 0) >= salons * visits * 0.9,
        `Only ${String(held?.count)} visits were imported.`,
      );
      const before = await conflicts(rig);
      const edits = editsOf((await editableVisits(rig)).slice(0, wanted), 'Obciążenie');
      expect(edits.length >= wanted * 0.5, `Only ${String(edits.length)} visits can be edited.`);
      say(`volume: ${String(edits.length)} edits on both sides at once`);
      await rig.salon.clearCounters();
      const begun = performance.now();
      await carryOut(rig, edits, 12);
      await untilQuiet(rig, 300_000);
      const settledMs = performance.now() - begun;
      const lost = await lostOf(rig, edits);
      await untilQuiet(rig, 60_000);
      expect(
        lost.length === 0,
        `${String(lost.length)} edits are not on both sides: ${lost.slice(0, 3).join('; ')}`,
      );
      const here = edits.filter(({ side }) => side === 'here').length;
      const writes = await writesThere(rig);
      expect(writes === here, `${String(writes)} writes at Booksy for ${String(here)} edits here.`);
      expect((await conflicts(rig)) === before, 'Edits of different visits made a conflict.');

      // Both sides are equal: a further pass writes nothing (I4).
      await rig.salon.clearCounters();
      await rig.fullSync();
      await untilQuiet(rig, 60_000);
      expect((await writesThere(rig)) === 0, 'A pass over two equal sides wrote at Booksy.');
      expect((await missing(rig, edits)).length === 0, 'A pass over two equal sides changed one of them.');
      return { visits: held?.count ?? 0, importSeconds, edits: edits.length, writes, settledMs };
    } finally {
      await rig.stop();
    }
  },
};

async function conflicts(rig: Awaited<ReturnType<typeof startRig>>): Promise<number> {
  const [row] = await rig.database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM booksy_sync_conflicts WHERE status = 'open'`,
  );
  return row?.count ?? 0;
}
