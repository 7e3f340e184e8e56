import type { OfferFacts } from '../../domain/matching/index.ts';
import type { ApplyScope } from '../apply/scope.ts';

/** In which ways a service is sold at Booksy; empty where nobody read its variants. */
export function offersOf(scope: ApplyScope, serviceExternalId: string): readonly OfferFacts[] {
  return (scope.soldAs?.get(serviceExternalId) ?? []).map((variant) => ({
    durationMinutes: variant.durationMinutes,
    priceMinor: variant.price.minor,
    priceType: variant.price.type,
    label: variant.label,
  }));
}
