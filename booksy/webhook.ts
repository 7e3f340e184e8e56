/**
 * The envelope of Booksy's webhook: action, appointment, business. Whoever takes a webhook in looks at these three only; the
 * rest of the body is evidence (R4a) and is read elsewhere.
 */
import { z } from 'zod';

/** What happened to the appointment, as Booksy says it. */
export const WEBHOOK_ACTIONS = ['CREATED', 'MODIFIED', 'CANCELLED'] as const;
export type WebhookAction = (typeof WEBHOOK_ACTIONS)[number];

export interface WebhookEnvelope {
  readonly action: WebhookAction;
  /** Booksy's id of the appointment. */
  readonly appointmentId: string;
  /** Booksy's id of the business. */
  readonly externalBusinessId: string;
}

const id = z.int().positive();

const shape = z.looseObject({
  action: z.enum(WEBHOOK_ACTIONS),
  appointment: z.looseObject({ id, business_id: id }),
});

/**
 * The one thing that may be read before anything is proven (R43): which business the sender speaks of. Null where the body
 * does not say. A name from an object's prototype is never taken for a field.
 */
export function readClaimedBusiness(body: unknown): string | null {
  const found = id.safeParse(own(own(body, 'appointment'), 'business_id'));
  return found.success ? String(found.data) : null;
}

/** Reads the envelope of a body that was proven to be Booksy's; null where it is none. */
export function readWebhookEnvelope(body: unknown): WebhookEnvelope | null {
  const parsed = shape.safeParse(body);
  if (!parsed.success) return null;
  const { action, appointment } = parsed.data;
  return {
    action,
    appointmentId: String(appointment.id),
    externalBusinessId: String(appointment.business_id),
  };
}

function own(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return undefined;
  const found: unknown = Reflect.get(value, field);
  return found;
}
