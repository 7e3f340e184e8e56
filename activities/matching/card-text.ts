import type { MappedEntity } from '../../infra/mappings.ts';
import type { Json } from '../../domain/canonical.ts';
import { labelOf } from '../../domain/states/label.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import { partOf } from '../apply/flat-binding.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { offersOf } from './sold-as.ts';

/** What Booksy shows of a record, for the person who decides about it. Personal: sealed wherever it is stored. */
export interface CardText {
  readonly label: string;
  readonly lines: readonly string[];
}

/** A record in the words of a salon. */
export function cardText(scope: ApplyScope, entity: MappedEntity, seen: SeenRecord): CardText {
  return { label: labelOf(entity, seen.theirs), lines: linesOf(scope, entity, seen) };
}

function linesOf(scope: ApplyScope, entity: MappedEntity, seen: SeenRecord): readonly string[] {
  switch (entity) {
    case 'profile':
      return texts([seen.theirs.email, seen.theirs.phone]);
    case 'staff':
      return texts([seen.theirs.email]);
    case 'service':
      return offersOf(scope, seen.externalId).map((offer) =>
        offerLine(offer.label, offer.durationMinutes, offer.priceMinor, scope.currency),
      );
    case 'variant': {
      const price = seen.theirs.price;
      return [
        offerLine(
          null,
          Number(seen.theirs.durationMinutes ?? 0),
          numberOf(partOf(price, 'minor')),
          texts([partOf(price, 'currency')])[0] ?? scope.currency,
        ),
      ];
    }
    case 'room':
    case 'category':
      return [];
  }
}

function offerLine(
  label: string | null,
  durationMinutes: number,
  priceMinor: number | null,
  currency: string,
): string {
  const price = priceMinor === null ? null : money(priceMinor, currency);
  return texts([label, `${String(durationMinutes)} min`, price]).join(' · ');
}

/** `12000, 'PLN'` → `120.00 PLN`; how many digits the currency has is its own affair. */
function money(minor: number, currency: string): string {
  const digits =
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  return `${(minor / 10 ** digits).toFixed(digits)} ${currency}`;
}

function texts(values: readonly (Json | undefined)[]): readonly string[] {
  return values.filter((value): value is string => typeof value === 'string' && value !== '');
}

function numberOf(value: Json): number | null {
  return typeof value === 'number' ? value : null;
}
