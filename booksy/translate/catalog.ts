import type { ObservedCategory, ObservedService, ObservedVariant } from '../../domain/observed.ts';
import type { RowReader } from '../wire/read.ts';
import {
  categoryShape,
  gapShape,
  serviceShape,
  variantShape,
  type WireCategory,
  type WireService,
  type WireVariant,
} from '../wire/shapes.ts';
import { unknownFields } from '../wire/unknown.ts';
import { textOf } from './contact.ts';
import { priceOf, priceTypeOf } from './money.ts';

const PADDING_KINDS = { A: 'after', B: 'before', C: 'both' } as const;
/** Our word → one-letter code. */
export const PADDING_CODES = { after: 'A', before: 'B', both: 'C' } as const;

export const categoryReader: RowReader<WireCategory, ObservedCategory> = {
  shape: categoryShape,
  translate: (wire, row) => ({
    externalId: String(wire.id),
    name: wire.name.trim(),
    position: wire.order,
    importUid: wire.import_uid ?? null,
    unknown: unknownFields(row, categoryShape),
  }),
};

export const serviceReader: RowReader<WireService, ObservedService> = {
  shape: serviceShape,
  translate: (wire, row) => {
    const paddingKind = wire.padding_time_type == null ? null : PADDING_KINDS[wire.padding_time_type];
    return {
      externalId: String(wire.id),
      name: wire.name.trim(),
      description: textOf(wire.description),
      categoryExternalId: wire.service_category_id == null ? null : String(wire.service_category_id),
      priceType: priceTypeOf(wire.price_type),
      paddingKind,
      paddingMinutes: paddingKind === null ? 0 : Math.max(0, wire.padding_time ?? 0),
      gapAfterMinutes: wire.gap_time?.start_after ?? null,
      gapMinutes: wire.gap_time?.duration ?? null,
      parallelClients: wire.parallel_clients ?? 1,
      active: wire.active,
      position: wire.order,
      importUid: wire.import_uid ?? null,
      unknown: unknownFields(row, serviceShape, { gap_time: gapShape }),
    };
  },
};

/** Variants do not name their service: it is in the path they were read from. */
export function variantReader(
  serviceExternalId: string,
  currency: string,
): RowReader<WireVariant, ObservedVariant> {
  return {
    shape: variantShape,
    translate: (wire, row) => ({
      externalId: String(wire.id),
      serviceExternalId,
      label: textOf(wire.label),
      price: priceOf(wire.type, wire.price, currency),
      durationMinutes: wire.duration,
      slotStepMinutes:
        wire.time_slot_interval == null || wire.time_slot_interval < 1 ? null : wire.time_slot_interval,
      staffExternalIds: (wire.staffers ?? []).map(String),
      importUid: wire.import_uid ?? null,
      unknown: unknownFields(row, variantShape),
    }),
  };
}
