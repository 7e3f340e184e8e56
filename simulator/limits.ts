import type { Clock } from './clock.ts';
import type { Limits } from './settings.ts';

interface Window {
  /** Fixed window: when it began and how many went through. */
  start: number;
  count: number;
  /** Sliding window: when the last ones went through. */
  times: number[];
  /** Bucket: what is in it, and when that was so. */
  level: number;
  at: number;
}

/** The limit on calls, as Booksy might implement it. A refused call does not count against it. */
export class Limiter {
  private windows = new Map<string, Window>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  clear(): void {
    this.windows = new Map();
  }

  /** Lets a call of that key through (0), or says in how many milliseconds one would be. */
  take(key: string, limits: Limits): number {
    return this.takeFrom(key, limits.algorithm, limits.limit, limits.windowMs, limits.burst ?? limits.limit);
  }

  /** The same for calls for tokens, which always have a sliding window. */
  takeToken(limits: Limits): number {
    const algorithm = limits.algorithm === 'none' ? 'none' : 'sliding';
    return this.takeFrom('token', algorithm, limits.tokenLimit, limits.tokenWindowMs, limits.tokenLimit);
  }

  private takeFrom(
    key: string,
    algorithm: Limits['algorithm'],
    limit: number,
    windowMs: number,
    burst: number,
  ): number {
    if (algorithm === 'none') return 0;
    const now = this.clock.now();
    let window = this.windows.get(key);
    if (window === undefined) {
      window = { start: now, count: 0, times: [], level: burst, at: now };
      this.windows.set(key, window);
    }
    if (algorithm === 'fixed') return takeFixed(window, now, limit, windowMs);
    if (algorithm === 'sliding') return takeSliding(window, now, limit, windowMs);
    return takeBucket(window, now, limit / windowMs, burst);
  }
}

function takeFixed(window: Window, now: number, limit: number, windowMs: number): number {
  if (now - window.start >= windowMs) {
    window.start = now - ((now - window.start) % windowMs);
    window.count = 0;
  }
  if (window.count >= limit) return window.start + windowMs - now;
  window.count += 1;
  return 0;
}

function takeSliding(window: Window, now: number, limit: number, windowMs: number): number {
  while (window.times.length > 0 && (window.times[0] ?? now) <= now - windowMs) window.times.shift();
  const oldest = window.times[0];
  if (oldest !== undefined && window.times.length >= limit) return Math.max(1, oldest + windowMs - now);
  window.times.push(now);
  return 0;
}

function takeBucket(window: Window, now: number, perMs: number, burst: number): number {
  window.level = Math.min(burst, window.level + (now - window.at) * perMs);
  window.at = now;
  if (window.level < 1) return Math.max(1, Math.ceil((1 - window.level) / perMs));
  window.level -= 1;
  return 0;
}
