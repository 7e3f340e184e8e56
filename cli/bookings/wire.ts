import { z } from 'zod';
import { shown } from '../wire.ts';

/** Answers of the API about free time and visits. See ../wire.ts for the manners. */

export const availabilityAnswer = z.looseObject({
  zone: shown,
  slots: z.array(
    z.looseObject({
      startsLocal: shown,
      endsLocal: shown,
      items: z.array(z.looseObject({ staffId: z.string() })),
    }),
  ),
  explanation: z
    .looseObject({ startsLocal: shown, free: z.boolean(), code: shown.nullable(), message: shown.nullable() })
    .nullable(),
});

const visit = z.looseObject({
  id: z.string(),
  status: shown,
  awaitsBooksy: z.boolean(),
  atBooksy: z.boolean(),
  zone: shown,
  startsLocal: shown,
  endsLocal: shown,
  items: z.array(
    z.looseObject({ startsLocal: shown, serviceName: shown.nullable(), staffId: z.string().nullable() }),
  ),
});
export type Visit = z.output<typeof visit>;
export const bookingAnswer = z.looseObject({ booking: visit });
