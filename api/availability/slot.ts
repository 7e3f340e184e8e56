import { z } from 'zod';

const local = z.string().meta({ description: 'Local time of the salon', example: '2026-12-01T10:00' });
const instant = z.string().meta({ description: 'Instant, UTC', example: '2026-12-01T09:00:00.000Z' });

/** A free start, as it is offered. */
export const slotSchema = z
  .object({
    startsLocal: local,
    endsLocal: local,
    startsAt: instant,
    endsAt: instant,
    items: z.array(
      z.object({
        variantId: z.string().nullable(),
        staffId: z.string().meta({ description: 'Who would serve it: the least loaded of those who can' }),
        roomId: z.string().nullable().meta({ description: 'Null where it needs none' }),
        startsLocal: local,
        endsLocal: local,
        startsAt: instant,
        endsAt: instant,
        seatsLeft: z
          .int()
          .nullable()
          .meta({ description: 'Seats of the session after this one; null where there are no sessions' }),
      }),
    ),
  })
  .meta({ id: 'Slot' });
