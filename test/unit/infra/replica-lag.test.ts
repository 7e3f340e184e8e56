import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LagGauge, parseLsn } from '../../../infra/database/replica-lag.ts';

describe('parseLsn', () => {
  it('orders positions as PostgreSQL does', () => {
    expect(parseLsn('0/0')).toBe(0n);
    expect(parseLsn('16/B374D848')).toBe(0x16_b374_d848n);
    expect(parseLsn('1/0') > parseLsn('0/FFFFFFFF')).toBe(true);
  });

  it.each(['', '16', '16/', '0x1/0', '1/0/0', '123456789/0'])('refuses %s', (text) => {
    expect(() => parseLsn(text)).toThrow(RangeError);
  });
});

describe('LagGauge', () => {
  it('knows nothing before the replica has replayed a noted position', () => {
    const gauge = new LagGauge();
    expect(gauge.lagMs(0)).toBeNull();
    gauge.primaryAt(10n, 0);
    expect(gauge.lagMs(5)).toBeNull();
    gauge.replicaAt(9n);
    expect(gauge.lagMs(5)).toBeNull();
  });

  it('does not take an idle primary for a lagging replica', () => {
    const gauge = new LagGauge();
    for (let second = 0; second < 100; second += 1) {
      gauge.primaryAt(10n, second * 1000);
      gauge.replicaAt(10n);
      expect(gauge.lagMs(second * 1000 + 30)).toBe(30);
    }
  });

  it('grows for a replica that stands still while the primary goes on', () => {
    const gauge = new LagGauge();
    for (let second = 0; second < 60; second += 1) {
      gauge.primaryAt(BigInt(second), second * 1000);
      gauge.replicaAt(3n);
    }
    expect(gauge.lagMs(60_000)).toBe(57_000);
    gauge.replicaAt(58n);
    expect(gauge.lagMs(60_000)).toBe(2_000);
    gauge.reset();
    expect(gauge.lagMs(60_000)).toBeNull();
  });

  it('never tells less than the truth, however far behind and however rarely it is asked', () => {
    const steps = fc.array(
      fc.record({ written: fc.nat(5), replayedShare: fc.double({ min: 0, max: 1, noNaN: true }) }),
      { minLength: 1, maxLength: 80 },
    );
    fc.assert(
      fc.property(steps, (history) => {
        const gauge = new LagGauge();
        // When each position was written: the replica lacks everything from the first it has not replayed.
        const writtenAt: number[] = [0];
        let replayed = 0;
        history.forEach(({ written, replayedShare }, second) => {
          for (let n = 0; n < written; n += 1) writtenAt.push(second * 1000);
          const end = writtenAt.length - 1;
          gauge.primaryAt(BigInt(end), second * 1000 + 500);
          replayed = Math.max(replayed, Math.floor(end * replayedShare));
          gauge.replicaAt(BigInt(replayed));
          const nowMs = second * 1000 + 900;
          const firstMissing = writtenAt[replayed + 1];
          const truth = firstMissing === undefined ? 0 : nowMs - firstMissing;
          const told = gauge.lagMs(nowMs);
          if (told !== null) expect(told).toBeGreaterThanOrEqual(truth);
        });
      }),
    );
  });
});
