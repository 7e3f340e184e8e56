import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processRecord } from '../../../domain/protocol/process.ts';
import { startRig, type OutboundRig } from './support/rig.ts';
import { underFaultsOf } from './support/under-faults.ts';

/** Leases, and processes that die or fall behind between their steps (R13, R13b, R14). */

let rig: OutboundRig;

beforeAll(async () => {
  rig = await startRig();
}, 300_000);

afterAll(() => rig.stop());

const { intents, age, carrying, portOf } = underFaultsOf(() => rig);

describe('who may write', () => {
  it('two workers on one record: one holds the lease, one leaves it; one create (R13)', async () => {
    const at = rig.freeHour();
    const id = await rig.book(at);
    const both = await Promise.all([rig.process('booking', id), rig.process('booking', id)]);
    expect(both.map(({ outcome }) => outcome).sort()).toEqual(['leased', 'written']);
    expect(await carrying(id, at)).toHaveLength(1);
  });

  it('a worker that dies between commit and send: nobody sends blindly, one visit in the end (R13b, R14, R28a)', async () => {
    const at = rig.freeHour();
    const id = await rig.book(at);
    const dead = await portOf(id);
    const died = new Error('the process died');
    dead.send = () => Promise.reject(died);
    dead.releaseLease = () => Promise.resolve();
    await expect(processRecord(dead)).rejects.toBe(died);
    expect(await intents(id)).toMatchObject([{ operation: 'create', state: 'open' }]);
    // Its lease stands: nobody may write.
    expect(await rig.process('booking', id)).toMatchObject({ outcome: 'leased' });
    await rig.sql(`UPDATE sync_leases SET expires_at = now() - interval '1 second' WHERE record_id = $1`, [
      id,
    ]);
    await rig.process('booking', id);
    expect(await intents(id)).toMatchObject([{ state: 'unknown' }]);
    await age(id, 31);
    await rig.process('booking', id);
    expect(await carrying(id, at)).toHaveLength(1);
    expect(await rig.linkOf(id)).not.toBeNull();
  });

  it('a worker that was paused past its time does not send (R13b)', async () => {
    const at = rig.freeHour();
    const id = await rig.book(at);
    const slow = await portOf(id);
    const send = slow.send.bind(slow);
    slow.send = async (...given) => {
      const real = performance.now.bind(performance);
      performance.now = () => real() + 4_000;
      try {
        return await send(...given);
      } finally {
        performance.now = real;
      }
    };
    expect(await processRecord(slow)).toMatchObject({ outcome: 'waiting', writes: 0 });
    expect(await intents(id)).toMatchObject([{ state: 'unsent' }]);
    expect(await carrying(id, at)).toEqual([]);
    await age(id, 6);
    expect(await rig.process('booking', id)).toMatchObject({ writes: 1 });
  });

  it('whoever lost the lease while calling writes nothing down (R13)', async () => {
    const id = await rig.book(rig.freeHour());
    const late = await portOf(id);
    const send = late.send.bind(late);
    late.send = async (...given) => {
      const answer = await send(...given);
      await rig.sql(`UPDATE sync_leases SET owner = 'somebody else' WHERE record_id = $1`, [id]);
      return answer;
    };
    late.releaseLease = () => Promise.resolve();
    await processRecord(late);
    expect(await rig.linkOf(id)).toBeNull();
    await rig.sql('DELETE FROM sync_leases WHERE record_id = $1', [id]);
    await rig.process('booking', id);
    expect(await rig.linkOf(id)).not.toBeNull();
  });
});
