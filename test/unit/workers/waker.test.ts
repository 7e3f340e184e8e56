/** Waking sparingly (R28): held back, sent again, never lost. */
import { describe, expect, it, vi } from 'vitest';
import { createWaker } from '../../../workers/relay/waker.ts';

function withTimers(work: () => Promise<void>): () => Promise<void> {
  return async () => {
    vi.useFakeTimers();
    try {
      await work();
    } finally {
      vi.useRealTimers();
    }
  };
}

const idle = () => vi.advanceTimersByTimeAsync(0);

describe('the waker', () => {
  it(
    'sends one signal for a burst that no drain has read yet, and one more after two seconds',
    withTimers(async () => {
      const signal = vi.fn(() => Promise.resolve());
      const waker = createWaker({ signal, onTrouble: () => undefined });
      for (let n = 0; n < 1000; n += 1) waker.wake('a');
      await idle();
      expect(signal).toHaveBeenCalledTimes(1);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(signal).toHaveBeenCalledTimes(2);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(signal).toHaveBeenCalledTimes(2);
      waker.wake('a');
      await idle();
      expect(signal).toHaveBeenCalledTimes(3);
    }),
  );

  it(
    'sends no second signal where a drain of this process sat down meanwhile: it reads them anyway',
    withTimers(async () => {
      const signal = vi.fn(() => Promise.resolve());
      const waker = createWaker({ signal, onTrouble: () => undefined });
      waker.wake('a');
      waker.wake('a');
      await idle();
      waker.entered('a');
      await vi.advanceTimersByTimeAsync(10_000);
      expect(signal).toHaveBeenCalledTimes(1);
      // It has left again: what comes now is news for nobody else.
      waker.wake('a');
      await idle();
      expect(signal).toHaveBeenCalledTimes(2);
    }),
  );

  it(
    'sends again what came while the signal was on its way and after the drain sat down',
    withTimers(async () => {
      let arrive: () => void = () => undefined;
      const signal = vi.fn(() => new Promise<void>((resolve) => (arrive = resolve)));
      const waker = createWaker({ signal, onTrouble: () => undefined });
      waker.wake('a');
      waker.entered('a');
      waker.wake('a');
      arrive();
      await vi.advanceTimersByTimeAsync(2_000);
      expect(signal).toHaveBeenCalledTimes(2);
    }),
  );

  it(
    'tries until Temporal is back, tells of it once, and forgets nobody',
    withTimers(async () => {
      let away = true;
      const trouble = vi.fn();
      const signal = vi.fn(() => (away ? Promise.reject(new Error('14 UNAVAILABLE')) : Promise.resolve()));
      const waker = createWaker({ signal, onTrouble: trouble });
      waker.wake('a');
      waker.wake('b');
      await vi.advanceTimersByTimeAsync(60_000);
      expect(trouble.mock.calls.map((call: unknown[]) => call[1])).toEqual(['a', 'b']);
      expect(signal.mock.calls.length).toBeLessThan(40);
      away = false;
      signal.mockClear();
      await vi.advanceTimersByTimeAsync(10_000);
      expect(signal).toHaveBeenCalledTimes(2);
    }),
  );

  it(
    'a drain that sits down while signals fail does not end the tries: nobody knows whose news it read',
    withTimers(async () => {
      const signal = vi.fn(() => Promise.reject(new Error('14 UNAVAILABLE')));
      const waker = createWaker({ signal, onTrouble: () => undefined });
      waker.wake('a');
      await idle();
      waker.entered('a');
      waker.wake('a');
      await vi.advanceTimersByTimeAsync(1_000);
      expect(signal.mock.calls.length).toBeGreaterThan(1);
      waker.stop();
    }),
  );
});
