import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';

/** How often an activity tells that it lives, also while it waits for the allowance. */
const HEARTBEAT_EVERY_MS = 5_000;

export type Work<T> = (beat: (cursor?: unknown) => void) => Promise<T>;

/**
 * Runs work with a heartbeat that carries the work's latest cursor. `beat` also stops the work between two calls once the
 * activity is cancelled or its worker shuts down: what was applied stays, the next attempt goes on from there.
 */
export async function beating<T>(work: Work<T>): Promise<T> {
  let cursor: unknown = activityInfo().heartbeatDetails;
  const timer = setInterval(() => {
    heartbeat(cursor);
  }, HEARTBEAT_EVERY_MS);
  try {
    return await work((latest) => {
      cancellationSignal().throwIfAborted();
      if (latest === undefined) return;
      cursor = latest;
      heartbeat(cursor);
    });
  } finally {
    clearInterval(timer);
  }
}
