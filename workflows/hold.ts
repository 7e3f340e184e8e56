import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { PAUSE_SIGNAL, RESUME_SIGNAL, WAKE_SIGNAL } from '../infra/temporal/names.ts';

/** For people in the Temporal Web UI, without arguments: they are written to PostgreSQL before they count. */
export const pauseSignal = defineSignal(PAUSE_SIGNAL);
export const resumeSignal = defineSignal(RESUME_SIGNAL);
/** A pause changed in PostgreSQL: look again. */
export const wakeSignal = defineSignal(WAKE_SIGNAL);

const FIRST_LOOK_MS = 60_000;
/** A week of waiting is some 500 events. */
const LAST_LOOK_MS = 4 * 3_600_000;

/** A run's pause, as the workflow sees it. The truth is in PostgreSQL (R28). */
export interface Hold {
  /** Waits while the run or its business is held; returns at once where nobody holds it and nobody asked to. */
  released(): Promise<void>;
  /** An activity found that the run is held. */
  found(): void;
}

/**
 * Sets the handlers of a run's pause.
 *
 * @param read writes a wish down and tells whether the run is held
 * @param onChange told when the run begins and ends to wait
 */
export function createHold(
  read: (wish: 'pause' | 'resume' | null) => Promise<{ readonly paused: boolean }>,
  onChange: (paused: boolean) => void,
): Hold {
  let wish: 'pause' | 'resume' | null = null;
  let news = false;
  let held = false;
  setHandler(pauseSignal, () => {
    wish = 'pause';
    news = true;
  });
  setHandler(resumeSignal, () => {
    wish = 'resume';
    news = true;
  });
  setHandler(wakeSignal, () => {
    news = true;
  });

  const look = async () => {
    news = false;
    const asked = wish;
    wish = null;
    held = (await read(asked)).paused;
  };
  return {
    found: () => {
      held = true;
    },
    released: async () => {
      if (news) await look();
      if (!held) return;
      onChange(true);
      // A signal may be lost while Temporal is away: the database is looked at now and then besides.
      for (let waitMs = FIRST_LOOK_MS; held; waitMs = Math.min(waitMs * 2, LAST_LOOK_MS)) {
        await condition(() => news, waitMs);
        await look();
      }
      onChange(false);
    },
  };
}
