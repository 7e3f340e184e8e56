import { z } from 'zod';

/** What the sync status says of sweeps and engine. */

export const schedule = z.looseObject({
  id: z.string(),
  everySeconds: z.number(),
  nextAt: z.string().nullable(),
  lastAt: z.string().nullable(),
  paused: z.boolean(),
  note: z.string().nullable(),
  exists: z.boolean(),
});

export const freshWindow = z.looseObject({
  windowKey: z.string(),
  provenAt: z.string().nullable(),
  complete: z.boolean(),
  intervalSeconds: z.number().nullable().default(null),
  dueAt: z.string().nullable().default(null),
});

const box = z.looseObject({ undrained: z.number(), oldestSeconds: z.number().nullable() });

export const engine = z.looseObject({
  webhooks: box,
  outbox: box,
  intents: z.looseObject({ open: z.number(), unknown: z.number(), remembered: z.number() }),
  failures: z.looseObject({ open: z.number(), skipped: z.number() }),
  circuit: z.looseObject({ openedAt: z.string(), code: z.string().nullable() }).nullable(),
});

/** Of an API that does not tell. */
export const IDLE_ENGINE: z.output<typeof engine> = {
  webhooks: { undrained: 0, oldestSeconds: null },
  outbox: { undrained: 0, oldestSeconds: null },
  intents: { open: 0, unknown: 0, remembered: 0 },
  failures: { open: 0, skipped: 0 },
  circuit: null,
};
