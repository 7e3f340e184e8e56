import { serviceBinding, variantBinding } from '../../apply/catalog-bindings.ts';
import type { ServiceInput, VariantInput } from '../../../booksy/index.ts';
import type { GroupStates } from '../../../domain/merge.ts';
import {
  PRICE_TYPES,
  type Interval,
  type ObservedService,
  type ObservedVariant,
  type PriceType,
} from '../../../domain/observed.ts';
import { seenService, seenVariant } from '../../../domain/states/catalog.ts';
import { serviceThere, variantThere } from '../../../domain/states/others-there.ts';
import { part, partText } from '../../../domain/states/there.ts';
import {
  bodyText,
  numberOr,
  numberOrNull,
  textOrNull,
  wordOf,
  type AdapterIo,
  type ReadRecord,
  type WriteAdapter,
} from './adapter.ts';

/** Services and variants: written only where a rule has opened the way out (R8); a create carries our import uid (R15). */

export const serviceAdapter: WriteAdapter = {
  entity: 'service',
  table: 'services',
  mirror: serviceBinding.mirror,
  binding: () => serviceBinding,
  there: (ours, { links, base }) => serviceThere(ours, links, base),

  async read(io, externalId) {
    const answer = await io.booksy.readServiceForWrite(io.business, { externalId }, io.call);
    return { ...serviceOf(io, answer), raw: answer.raw };
  },

  async find(io, view, importUid) {
    const list = await io.booksy.listServices(io.business, io.call);
    const records = list.rows
      .filter((row) => carries(row.importUid, view.ref.recordId, importUid))
      .filter((row) => row.externalId !== view.externalId)
      .map((value) => serviceOf(io, { value, interval: list.interval }));
    return { records, conclusive: list.rejected.length === 0 };
  },

  async send(io, { intent, read }) {
    const { booksy, business, call } = io;
    const externalId = intent.externalId ?? '';
    const input = serviceInput(intent.body, intent.groups);
    switch (intent.operation) {
      case 'create': {
        const params = { importUid: bodyText(intent.importUid), service: serviceInput(intent.body, null) };
        return serviceOf(io, await booksy.createService(business, params, call));
      }
      case 'change':
        if (read?.raw == null) throw new RangeError('No PUT without a read (R13a).');
        return serviceOf(
          io,
          await booksy.putService(business, { externalId, raw: read.raw, change: input }, call),
        );
      case 'status':
      case 'remove':
        throw new RangeError('A service is switched off there, never removed by us.');
    }
  },
};

export const variantAdapter: WriteAdapter = {
  entity: 'variant',
  table: 'service_variants',
  mirror: variantBinding.mirror,
  binding: () => variantBinding,
  there: (ours, { links, base }) => variantThere(ours, links, base),

  async read(io, externalId, remote) {
    const serviceExternalId = bodyText(remote?.service);
    const answer = await io.booksy.readVariantForWrite(
      io.business,
      { externalId, serviceExternalId },
      io.call,
    );
    return { ...variantOf(io, answer), raw: answer.raw };
  },

  async find(io, view, importUid, intent) {
    const serviceExternalId = textOrNull((intent?.body ?? view.oursThere).service);
    if (serviceExternalId === null) return { records: [], conclusive: false };
    const list = await io.booksy.listVariants(io.business, { serviceExternalId }, io.call);
    const records = list.rows
      .filter((row) => carries(row.importUid, view.ref.recordId, importUid))
      .filter((row) => row.externalId !== view.externalId)
      .map((value) => variantOf(io, { value, interval: list.interval }));
    return { records, conclusive: list.rejected.length === 0 };
  },

  async send(io, { intent, read, remote }) {
    const { booksy, business, call } = io;
    const externalId = intent.externalId ?? '';
    switch (intent.operation) {
      case 'create': {
        const params = {
          importUid: bodyText(intent.importUid),
          serviceExternalId: bodyText(intent.body.service),
          variant: variantInput(intent.body, null),
        };
        return variantOf(io, await booksy.createVariant(business, params, call));
      }
      case 'change': {
        if (read?.raw == null) throw new RangeError('No PUT without a read (R13a).');
        const change = variantInput(intent.body, intent.groups);
        const params = { externalId, serviceExternalId: bodyText(remote?.service), raw: read.raw, change };
        return variantOf(io, await booksy.putVariant(business, params, call));
      }
      case 'status':
      case 'remove':
        throw new RangeError('A variant is never removed by us.');
    }
  },
};

function carries(uid: string | null, recordId: string, wanted: string | null): boolean {
  return uid !== null && (wanted === null ? uid.startsWith(`${recordId}:`) : uid === wanted);
}

function serviceOf(
  io: AdapterIo,
  { value, interval }: { readonly value: ObservedService; readonly interval: Interval },
): ReadRecord {
  const seen = seenService(value, io.links, interval);
  return { seen, raw: null, importUid: value.importUid, ended: false };
}

function variantOf(
  io: AdapterIo,
  { value, interval }: { readonly value: ObservedVariant; readonly interval: Interval },
): ReadRecord {
  const seen = seenVariant(value, io.links, interval);
  return { seen, raw: null, importUid: value.importUid, ended: false };
}

const PADDING_KINDS = ['before', 'after', 'both'] as const;

function serviceInput(body: GroupStates, groups: null): ServiceInput;
function serviceInput(body: GroupStates, groups: readonly string[]): Partial<ServiceInput>;
function serviceInput(body: GroupStates, groups: readonly string[] | null): Partial<ServiceInput> {
  const takes = (group: string) => groups === null || groups.includes(group);
  const paddingKind = part(body.padding, 'kind');
  return {
    ...(takes('name') ? { name: bodyText(body.name) } : {}),
    ...(takes('description') ? { description: textOrNull(body.description) } : {}),
    ...(takes('category') ? { categoryExternalId: textOrNull(body.category) } : {}),
    ...(takes('priceType') ? { priceType: wordOf(PRICE_TYPES, body.priceType ?? 'fixed') } : {}),
    ...(takes('padding')
      ? {
          paddingKind: paddingKind === null ? null : wordOf(PADDING_KINDS, paddingKind),
          paddingMinutes: numberOr(part(body.padding, 'minutes'), 0),
        }
      : {}),
    ...(takes('gap')
      ? {
          gapAfterMinutes: numberOrNull(part(body.gap, 'afterMinutes')),
          gapMinutes: numberOrNull(part(body.gap, 'minutes')),
        }
      : {}),
    ...(takes('parallelClients') ? { parallelClients: numberOr(body.parallelClients, 1) } : {}),
    ...(takes('active') ? { active: body.active !== false } : {}),
    ...(takes('position') ? { position: numberOr(body.position, 0) } : {}),
  };
}

const VARIANT_PRICES = PRICE_TYPES.filter((type): type is Exclude<PriceType, 'combo'> => type !== 'combo');

function variantInput(body: GroupStates, groups: null): VariantInput;
function variantInput(body: GroupStates, groups: readonly string[]): Partial<VariantInput>;
function variantInput(body: GroupStates, groups: readonly string[] | null): Partial<VariantInput> {
  const takes = (group: string) => groups === null || groups.includes(group);
  const staff = body.staff;
  return {
    ...(takes('label') ? { label: textOrNull(body.label) } : {}),
    ...(takes('price')
      ? {
          price: {
            type: wordOf(VARIANT_PRICES, partText(body.price, 'type')),
            minor: numberOrNull(part(body.price, 'minor')),
          },
        }
      : {}),
    ...(takes('durationMinutes') ? { durationMinutes: numberOr(body.durationMinutes, 0) } : {}),
    ...(takes('slotStepMinutes') ? { slotStepMinutes: numberOrNull(body.slotStepMinutes) } : {}),
    ...(takes('staff') ? { staffExternalIds: Array.isArray(staff) ? staff.map(bodyText) : [] } : {}),
  };
}
