/** Bodies of the other writes. Each takes whole inputs for a create, and part of them over a read document for a PUT. */
import { PADDING_CODES } from '../translate/catalog.ts';
import { wireEndOf } from '../translate/hours.ts';
import { amountText, priceCodeOf } from '../translate/money.ts';
import { present, wireId, wireIdOrNull } from './ids.ts';
import type {
  CategoryInput,
  ClientInput,
  ResourceInput,
  ServiceInput,
  TimeOffInput,
  VariantInput,
} from './inputs.ts';
import { RawDocument } from './raw-document.ts';

type Body = Record<string, unknown>;

/** The document that was read, with the changed fields put over it. */
export function over(raw: RawDocument, changed: Body): Body {
  const { id: _id, ...read } = RawDocument.copyOf(raw);
  return { ...read, ...changed };
}

export function clientBody(input: Partial<ClientInput>): Body {
  return present({
    first_name: input.givenName,
    last_name: input.familyName,
    email: input.email,
    cell_phone: input.phone,
  });
}

export function resourceBody(input: Partial<ResourceInput>): Body {
  return present({
    type: input.kind === undefined ? undefined : input.kind === 'room' ? 'R' : 'S',
    name: input.name,
    active: input.active,
    visible: input.visible,
    position: input.position,
    email: input.email,
    services: input.serviceExternalIds?.map(wireId),
  });
}

/** @param reason the mark of our own (R15); undefined leaves the text as it was read */
export function timeOffBody(input: Partial<TimeOffInput>, reason?: string): Body {
  const { startsLocal, endsLocal } = input;
  if ((startsLocal === undefined) !== (endsLocal === undefined)) {
    throw new RangeError('Start and end of time off change together.');
  }
  return present({
    ...(startsLocal === undefined || endsLocal === undefined ? {} : rangeBody(startsLocal, endsLocal)),
    reason_code: input.reasonCode,
    approved: input.approved,
    reason,
  });
}

/** Whole days have no hours on the wire. */
function rangeBody(startsLocal: string, endsLocal: string): Body {
  const end = wireEndOf(endsLocal);
  const wholeDays = startsLocal.endsWith('T00:00') && end.hour === '24:00';
  return {
    date_from: startsLocal.slice(0, 10),
    date_till: end.date,
    hour_from: wholeDays ? null : startsLocal.slice(11),
    hour_till: wholeDays ? null : end.hour,
  };
}

export function categoryBody(input: Partial<CategoryInput>): Body {
  return present({ name: input.name, order: input.position });
}

export function serviceBody(input: Partial<ServiceInput>): Body {
  const { paddingKind, gapAfterMinutes, gapMinutes, categoryExternalId } = input;
  return present({
    name: input.name,
    description: input.description,
    service_category_id: categoryExternalId === undefined ? undefined : wireIdOrNull(categoryExternalId),
    price_type: input.priceType === undefined ? undefined : priceCodeOf(input.priceType),
    padding_time_type: paddingKind == null ? paddingKind : PADDING_CODES[paddingKind],
    padding_time: paddingKind === null ? null : input.paddingMinutes,
    gap_time:
      gapAfterMinutes === undefined || gapMinutes === undefined
        ? undefined
        : gapAfterMinutes === null || gapMinutes === null
          ? null
          : { start_after: gapAfterMinutes, duration: gapMinutes },
    parallel_clients: input.parallelClients,
    active: input.active,
    order: input.position,
  });
}

export function variantBody(input: Partial<VariantInput>, currency: string): Body {
  const { price } = input;
  return present({
    ...(price === undefined
      ? {}
      : {
          type: priceCodeOf(price.type),
          price: price.minor === null ? null : amountText(price.minor, currency),
        }),
    label: input.label,
    duration: input.durationMinutes,
    time_slot_interval: input.slotStepMinutes,
    staffers: input.staffExternalIds?.map(wireId),
  });
}
