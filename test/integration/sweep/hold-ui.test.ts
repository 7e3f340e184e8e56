/** A pause that is typed in the Temporal Web UI is kept in PostgreSQL, and its end looks at Booksy before anything is pushed (R28, R30). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { businessSyncId } from '../../../infra/temporal/launch.ts';
import { eventually } from '../../support/eventually.ts';
import { visitsHere } from '../faults/support/here.ts';
import { addVisit, dayFromToday, type Salon } from '../faults/support/salons.ts';
import { startSweeping, type Sweeping } from './support/sweeping.ts';

let sweeping: Sweeping;
let salon: Salon;
let visits: readonly { readonly id: string; readonly bookingId: string }[];

beforeAll(async () => {
  sweeping = await startSweeping({
    api: true,
    relay: true,
    simulator: { salons: 1, visits: 40, clients: 20 },
  });
  salon = await sweeping.imported();
  // Tomorrow: what is looked at first after a pause.
  const made = [];
  for (const hour of ['20', '21'])
    made.push(
      await addVisit(
        sweeping.simulator,
        salon,
        `${dayFromToday(1)}T${hour}:00`,
        `${dayFromToday(1)}T${hour}:30`,
      ),
    );
  await sweeping.engine.fullSync(salon.businessId);
  await db().business.update({ where: { id: salon.businessId }, data: { pushAllowedAt: new Date() } });
  const here = await visitsHere(db(), salon);
  visits = made.map(({ id }) => ({ id: String(id), bookingId: here.get(String(id))?.bookingId ?? '' }));
}, 240_000);

afterAll(() => sweeping.engine.stop());

const db = () => sweeping.engine.deps.db;
const wireVisit = z.looseObject({ customer_note: z.string().nullable() });
const noteThere = async (id: string) =>
  wireVisit.parse(await sweeping.simulator.asSalon('GET', `/business/${String(salon.id)}/appointment/${id}/`))
    .customer_note;
const noteHere = async (id: string) => (await db().booking.findUniqueOrThrow({ where: { id } })).clientNote;

/** As `temporal workflow signal-with-start`, or the signal of the Web UI where the workflow runs. */
async function type(signal: 'pause' | 'resume'): Promise<void> {
  const { client, taskQueue } = sweeping.engine.worker;
  await client.workflow.signalWithStart('businessSync', {
    workflowId: businessSyncId(salon.businessId),
    taskQueue,
    args: [{ version: 1, businessId: salon.businessId, runId: uuidv7() }],
    signal,
    signalArgs: [],
  });
}

describe('a pause typed in the Temporal Web UI', { timeout: 240_000 }, () => {
  it('R30 keeps changes here, and after its end Booksy is looked at first, then they go out', async () => {
    const [ours, theirs] = visits;
    const held = () => db().business.findUniqueOrThrow({ where: { id: salon.businessId } });
    await type('pause');
    await eventually(async () => (await held()).pausedAt !== null, {
      timeoutMs: 30_000,
      what: 'the pause in PostgreSQL',
    });
    expect((await held()).pausedBy).toBe('temporal-ui');
    await db().booking.update({ where: { id: ours!.bookingId }, data: { clientNote: 'Okno, proszę' } });
    await sweeping.simulator.control('PATCH', `/visits/${theirs!.id}`, {
      customer_note: 'Tylko rano',
      silent: true,
    });
    await sweeping.sweep();
    expect([await noteThere(ours!.id), await noteHere(theirs!.bookingId)]).not.toEqual(
      expect.arrayContaining(['Okno, proszę', 'Tylko rano']),
    );

    const since = new Date();
    await type('resume');
    await eventually(async () => (await held()).pausedAt === null, {
      timeoutMs: 30_000,
      what: 'the end of the pause',
    });
    const asked = await db().integrationSyncStatus.findFirstOrThrow({
      where: { businessId: salon.businessId, entity: 'booking', windowKey: 'visits:next' },
    });
    expect(asked.claimedBy).toBe('resume');
    await eventually(
      async () => (await db().syncOutbox.count({ where: { businessId: salon.businessId } })) === 0,
      { timeoutMs: 60_000, what: 'the boxes being judged' },
    );
    expect(await noteThere(ours!.id)).not.toBe('Okno, proszę');

    await sweeping.sweep();
    expect(await noteHere(theirs!.bookingId)).toBe('Tylko rano');
    await eventually(async () => (await noteThere(ours!.id)) === 'Okno, proszę', {
      timeoutMs: 30_000,
      what: 'the newest state at Booksy',
    });
    const first = await db().syncRun.findFirstOrThrow({
      where: { kind: 'sweep', startedAt: { gte: since } },
      orderBy: { startedAt: 'asc' },
    });
    expect(first.phase).toBe('next');
    const sent = await db().syncIntent.findFirstOrThrow({
      where: { recordId: ours!.bookingId, openedAt: { gte: since } },
    });
    expect(sent.openedAt.getTime()).toBeGreaterThan(first.finishedAt!.getTime());
    const trail = await db().booksyAuditLog.findMany({
      where: { businessId: salon.businessId, actor: 'temporal-ui' },
      orderBy: { id: 'asc' },
    });
    expect(trail.map(({ action }) => action)).toEqual(['paused', 'resumed']);
  });
});
