import fc from 'fast-check';
import { expect, it } from 'vitest';
import { intervalOf } from '../../../booksy/http/interval.ts';

const ms = (max: number) => fc.double({ min: 0, max, noNaN: true });

it('the true moments of sending and receiving lie inside the interval, wherever the database looked at its clock (R1)', () => {
  fc.assert(
    fc.property(
      ms(2000),
      fc.double({ min: 0, max: 1, noNaN: true }),
      ms(500),
      ms(15_000),
      fc.integer({ min: -86_400_000, max: 86_400_000 }),
      (questionMs, looked, pauseMs, exchangeMs, offsetMs) => {
        const epoch = Date.UTC(2026, 11, 7) + offsetMs;
        const askedAtMs = 5000;
        const answeredAtMs = askedAtMs + questionMs;
        const sentAtMs = answeredAtMs + pauseMs;
        const receivedAtMs = sentAtMs + exchangeMs;
        const databaseAt = (monotonicMs: number) => epoch + monotonicMs;
        const databaseNowMs = databaseAt(askedAtMs + looked * questionMs);
        const interval = intervalOf(
          { databaseNowMs, askedAtMs, answeredAtMs, usableUntilMs: 0 },
          { sentAtMs, receivedAtMs },
        );
        expect(Date.parse(interval.sentAt)).toBeLessThanOrEqual(databaseAt(sentAtMs) + 0.01);
        expect(Date.parse(interval.receivedAt)).toBeGreaterThanOrEqual(databaseAt(receivedAtMs) - 0.01);
      },
    ),
  );
});
