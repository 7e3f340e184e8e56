import type { OfferFacts } from '../../domain/matching/index.ts';
import type { ObservedVariant } from '../../domain/observed.ts';
import type { ApplyScope } from '../apply/scope.ts';

/** A scope in which it is known how services are sold at Booksy: their variants were read before anything is applied. */
export interface WithSoldAs {
  /** Variants by their service's id there. */
  readonly soldAs?: ReadonlyMap<string, readonly ObservedVariant[]>;
}

/** In which ways a service is sold at Booksy; empty where nobody read its variants. */
export function offersOf(scope: ApplyScope & WithSoldAs, serviceExternalId: string): readonly OfferFacts[] {
  return (scope.soldAs?.get(serviceExternalId) ?? []).map((variant) => ({
    durationMinutes: variant.durationMinutes,
    priceMinor: variant.price.minor,
    priceType: variant.price.type,
    label: variant.label,
  }));
}
