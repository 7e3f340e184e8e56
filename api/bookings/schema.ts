/** Visits and holds on the wire. */
import { z } from 'zod';
import type { ReadBooking } from '../../infra/bookings/read.ts';
import { slotSchema } from '../availability/slot.ts';
import { businessId, instant } from '../wire.ts';
import { localTime, staffChoice, wantedItems } from './wanted.ts';

const record = (what: string) =>
  z.guid(`must be the id of a ${what} (uuid)`).transform((text) => text.toLowerCase());

export const bookingParams = z.object({
  id: record('visit').meta({
    description: 'Id of the visit',
    example: '0199c0de-0000-7000-8000-0000000000b0',
  }),
});
export const holdParams = z.object({
  id: record('hold').meta({ description: 'Id of the hold', example: '0199c0de-0000-7000-8000-0000000000b1' }),
});

const EMAIL = /^[^\s@"(),:;<>[\]\\]+@[^\s@"(),:;<>[\]\\.]+(\.[^\s@"(),:;<>[\]\\.]+)+$/;
const name = z.string().trim().max(100);

const client = z
  .object({
    profileId: record('client')
      .optional()
      .meta({ description: 'An existing client; then nothing else is needed' }),
    givenName: name.optional(),
    familyName: name.optional(),
    email: z.string().trim().toLowerCase().max(254).regex(EMAIL, 'must be an e-mail address').optional(),
    phone: z
      .string()
      .trim()
      .min(1)
      .max(40)
      .optional()
      .meta({ description: 'Read by the salon’s country where it has no country code' }),
  })
  .strict()
  .refine(({ profileId, givenName }) => profileId !== undefined || (givenName ?? '') !== '', {
    message: 'must have a profileId or a givenName',
  })
  .meta({
    id: 'BookingClient',
    description:
      'Who comes. A client of the salon with the same name and e-mail or phone is taken; else one is made. A shared contact alone makes nobody the same',
  });

const note = z
  .string()
  .trim()
  .max(2000)
  .nullable()
  .meta({ description: 'What the client wants the salon to know. Never about health' });

const overbook = z.boolean().optional().meta({
  description:
    'Books although the time is taken or closed; needs the scope `bookings:overbook`, and is audited',
});

export const bookingBody = z
  .object({
    businessId,
    holdId: record('hold').optional().meta({ description: 'In place of `items` and `startsLocal`' }),
    items: wantedItems.optional(),
    startsLocal: localTime.optional(),
    client: client.optional(),
    note: note.optional(),
    overbook,
  })
  .strict()
  .refine(
    ({ holdId, items, startsLocal }) =>
      holdId === undefined
        ? items !== undefined && startsLocal !== undefined
        : items === undefined && startsLocal === undefined,
    { message: 'must have either a holdId, or items and startsLocal' },
  )
  .refine(({ holdId, overbook: forced }) => holdId === undefined || forced !== true, {
    message: 'a hold is not overbooked',
  })
  .meta({
    id: 'NewBooking',
    example: {
      businessId: '0199c0de-0000-7000-8000-000000000001',
      items: [
        {
          variantId: '0199c0de-0000-7000-8000-000000000003',
          staffId: '0199c0de-0000-7000-8000-000000000004',
        },
      ],
      startsLocal: '2026-12-01T10:00',
      client: {
        givenName: 'Zofia',
        familyName: 'Zmyślona',
        email: 'zofia@poczta.example',
        phone: '+48500100200',
      },
      note: 'Proszę o ciszę',
    },
  });
export type BookingBody = z.output<typeof bookingBody>;

export const changeBody = z
  .object({
    startsLocal: localTime
      .optional()
      .meta({ description: 'The new start; the parts keep their order and length' }),
    staffId: staffChoice,
    note: note.optional(),
    version: z
      .int()
      .optional()
      .meta({ description: 'As the visit was shown; refused where it has changed since' }),
    overbook,
  })
  .strict()
  .refine(
    ({ startsLocal, staffId, note: text }) =>
      startsLocal !== undefined || staffId !== undefined || text !== undefined,
    {
      message: 'must change something: startsLocal, staffId or note',
    },
  )
  .meta({
    id: 'BookingChange',
    example: { startsLocal: '2026-12-01T10:00', staffId: '0199c0de-0000-7000-8000-000000000004' },
  });

export const stepBody = z
  .object({
    reason: z
      .string()
      .trim()
      .max(200)
      .optional()
      .meta({ description: 'For the audit trail; say nothing about people' }),
  })
  .strict()
  .meta({ id: 'BookingStep', example: { reason: 'Asked for by phone' } });

export const holdBody = z
  .object({
    businessId,
    items: wantedItems,
    startsLocal: localTime,
    minutes: z.int().min(1).max(30).default(10).meta({ description: 'How long it is kept' }),
  })
  .strict()
  .meta({
    id: 'NewHold',
    example: {
      businessId: '0199c0de-0000-7000-8000-000000000001',
      items: [{ variantId: '0199c0de-0000-7000-8000-000000000003' }],
      startsLocal: '2026-12-01T10:00',
      minutes: 10,
    },
  });

export const holdAnswer = z
  .object({
    hold: z.object({
      id: z.string(),
      businessId: z.string(),
      expiresAt: instant.meta({ description: 'Then the time is free again, unless it was booked' }),
      slot: slotSchema,
    }),
  })
  .meta({ id: 'HoldAnswer' });

export const releaseAnswer = z
  .object({ id: z.string(), released: z.boolean().meta({ description: 'False where it was over already' }) })
  .meta({ id: 'HoldReleased' });

const bookingSchema = z
  .object({
    id: z.string(),
    businessId: z.string(),
    status: z.string().meta({
      description: '`pending`, `confirmed`, `proposed`, `cancelled`, `completed` or `no_show`',
      example: 'confirmed',
    }),
    statusReason: z.string().nullable(),
    awaitsBooksy: z
      .boolean()
      .meta({ description: 'Confirmed only once Booksy has taken it: its time is held meanwhile' }),
    atBooksy: z.boolean().meta({ description: 'Whether Booksy has it too' }),
    source: z.string().meta({ description: '`platform` or `booksy`: where it was made' }),
    overbooked: z.boolean(),
    client: z
      .object({
        profileId: z.string().nullable(),
        name: z.string().nullable(),
        email: z.string().nullable(),
        phone: z.string().nullable(),
      })
      .nullable(),
    note: z.string().nullable(),
    zone: z.string(),
    startsLocal: z.string(),
    endsLocal: z.string(),
    startsAt: instant,
    endsAt: instant,
    items: z.array(
      z.object({
        id: z.string(),
        serviceId: z.string().nullable(),
        variantId: z.string().nullable(),
        serviceName: z.string().nullable(),
        staffId: z.string().nullable(),
        roomId: z.string().nullable(),
        startsLocal: z.string(),
        endsLocal: z.string(),
        startsAt: instant,
        endsAt: instant,
        price: z
          .object({ type: z.string(), minor: z.int().nullable(), currency: z.string().nullable() })
          .nullable()
          .meta({ description: 'As it was when the visit was made, in minor units' }),
      }),
    ),
    version: z.int(),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Booking' });

export const bookingAnswer = z.object({ booking: bookingSchema }).meta({ id: 'BookingAnswer' });
export const changedAnswer = z
  .object({
    booking: bookingSchema,
    changed: z.boolean().meta({ description: 'False where it was so already' }),
  })
  .meta({ id: 'BookingChanged' });

/** A visit as it is answered. */
export function presentBooking(visit: ReadBooking): z.input<typeof bookingSchema> {
  const { profileId, clientName, clientEmail, clientPhone } = visit;
  const nobody = [profileId, clientName, clientEmail, clientPhone].every((value) => value === null);
  return {
    ...visit,
    atBooksy: visit.linked,
    client: nobody ? null : { profileId, name: clientName, email: clientEmail, phone: clientPhone },
    items: visit.items.map((item) => ({
      ...item,
      price:
        item.priceType === null
          ? null
          : { type: item.priceType, minor: item.priceMinor, currency: item.currency },
    })),
  };
}
