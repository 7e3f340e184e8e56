import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  matchServices,
  matchVariants,
  type OfferFacts,
  type ServiceFacts,
  type VariantFacts,
} from '../../../../domain/matching/index.ts';
import { inShort } from './people.ts';

/** `60/10000`: minutes and price; `60/from:10000`, `60/hidden:` for other kinds of price; `60/10000 long hair` with a label. */
function offer(text: string): OfferFacts {
  const [terms = '', ...label] = text.split(' ');
  const [minutes = '', price = ''] = terms.split('/');
  const [type, amount] = price.includes(':') ? price.split(':') : ['fixed', price];
  return {
    durationMinutes: Number(minutes),
    priceMinor: amount === undefined || amount === '' ? null : Number(amount),
    priceType: type ?? 'fixed',
    label: label.length === 0 ? null : label.join(' '),
  };
}

function service(id: string, name: string, ...offers: readonly string[]): ServiceFacts {
  return { id, name, variants: offers.map(offer), linked: false };
}

function variant(id: string, text: string, more: Partial<VariantFacts> = {}): VariantFacts {
  return { id, serviceId: 's1', ...offer(text), linked: false, ...more };
}

describe('matchServices', () => {
  it.each<[string, readonly ServiceFacts[], readonly ServiceFacts[], string]>([
    [
      'the same',
      [service('t1', 'Manicure', '60/10000')],
      [service('o1', 'Manicure', '60/10000')],
      'link o1 (sure_offer)',
    ],
    [
      'written otherwise',
      [service('t1', 'STRZYŻENIE – damskie', '60/10000')],
      [service('o1', 'damskie strzyzenie', '60/10000')],
      'link o1 (sure_offer)',
    ],
    [
      'more is sold here',
      [service('t1', 'Manicure', '60/10000')],
      [service('o1', 'Manicure', '60/10000', '90/15000')],
      'link o1 (sure_offer)',
    ],
    [
      'more is sold there',
      [service('t1', 'Manicure', '60/10000', '90/15000')],
      [service('o1', 'Manicure', '60/10000')],
      'link o1 (sure_offer)',
    ],
    [
      'two by one name, told apart by what is sold',
      [service('t1', 'Manicure', '30/5000')],
      [service('o1', 'Manicure', '60/10000'), service('o2', 'Manicure', '30/5000')],
      'link o2 (sure_offer)',
    ],
    [
      'another price',
      [service('t1', 'Manicure', '60/12000')],
      [service('o1', 'Manicure', '60/10000')],
      'unsure (offer_differs)',
    ],
    [
      'from is not fixed',
      [service('t1', 'Manicure', '60/from:10000')],
      [service('o1', 'Manicure', '60/10000')],
      'unsure (offer_differs)',
    ],
    [
      'another duration',
      [service('t1', 'Manicure', '45/10000')],
      [service('o1', 'Manicure', '60/10000')],
      'unsure (offer_differs)',
    ],
    [
      'one price of two differs',
      [service('t1', 'Manicure', '60/10000', '90/16000')],
      [service('o1', 'Manicure', '60/10000', '90/15000')],
      'unsure (offer_differs)',
    ],
    [
      'nothing to compare with',
      [service('t1', 'Manicure')],
      [service('o1', 'Manicure', '60/10000')],
      'unsure (weak_evidence)',
    ],
    [
      'a mistyped name',
      [service('t1', 'Manicrue', '60/10000')],
      [service('o1', 'Manicure', '60/10000')],
      'unsure (weak_evidence)',
    ],
    [
      'a longer name',
      [service('t1', 'Manicure hybrydowy', '60/10000')],
      [service('o1', 'Manicure', '60/10000')],
      'unsure (weak_evidence)',
    ],
    [
      'two of the same',
      [service('t1', 'Manicure', '60/10000')],
      [service('o1', 'Manicure', '60/10000'), service('o2', 'manicure', '60/10000')],
      'unsure (several_candidates)',
    ],
    [
      'two of the same there',
      [service('t1', 'Manicure', '60/10000'), service('t2', 'Manicure', '60/10000')],
      [service('o1', 'Manicure', '60/10000')],
      'unsure (several_cards)',
    ],
    [
      'a longer name, another price',
      [service('t1', 'Manicure hybrydowy', '60/12000')],
      [service('o1', 'Manicure', '60/10000')],
      'none (no_candidate)',
    ],
    [
      'the same offer of something else',
      [service('t1', 'Pedicure', '60/10000')],
      [service('o1', 'Strzyżenie', '60/10000')],
      'none (no_candidate)',
    ],
    ['no name', [service('t1', '!', '60/10000')], [service('o1', '?', '60/10000')], 'none (no_candidate)'],
    [
      'linked already',
      [service('t1', 'Manicure', '60/10000')],
      [{ ...service('o1', 'Manicure', '60/10000'), linked: true }],
      'none (possible_double)',
    ],
  ])('%s', (_, theirs, ours, comesTo) => {
    const made = matchServices(theirs, ours);
    expect(made[0] === undefined ? '' : inShort(made[0])).toBe(comesTo);
  });

  it('says what differs', () => {
    const [made] = matchServices(
      [service('t1', 'Manicure', '60/12000')],
      [service('o1', 'Manicure', '60/10000')],
    );
    expect(made?.candidates[0]?.reasons).toEqual(['name_same', 'offers_price_differs']);
  });
});

describe('matchVariants', () => {
  it.each<[string, readonly VariantFacts[], readonly VariantFacts[], string]>([
    ['the same', [variant('t1', '60/10000 long')], [variant('o1', '60/10000 Long')], 'link o1 (sure_offer)'],
    [
      'without labels',
      [variant('t1', '60/10000')],
      [variant('o1', '60/10000'), variant('o2', '90/15000')],
      'link o1 (sure_offer)',
    ],
    [
      'a label on one side',
      [variant('t1', '60/10000')],
      [variant('o1', '60/10000 long')],
      'link o1 (sure_offer)',
    ],
    [
      'told apart by the label',
      [variant('t1', '60/10000 short')],
      [variant('o1', '60/10000 long'), variant('o2', '60/10000 short')],
      'link o2 (sure_offer)',
    ],
    [
      'told apart by the label, one has none',
      [variant('t1', '60/10000 short')],
      [variant('o1', '60/10000'), variant('o2', '60/10000 short')],
      'link o2 (sure_offer)',
    ],
    [
      'prices not stated',
      [variant('t1', '60/varies:')],
      [variant('o1', '60/varies:')],
      'link o1 (sure_offer)',
    ],
    [
      'labels that tell nobody which',
      [variant('t1', '60/10000')],
      [variant('o1', '60/10000 long'), variant('o2', '60/10000 short')],
      'unsure (several_candidates)',
    ],
    ['another price', [variant('t1', '60/12000')], [variant('o1', '60/10000')], 'unsure (offer_differs)'],
    [
      'another duration',
      [variant('t1', '45/10000 long')],
      [variant('o1', '60/10000 long')],
      'unsure (offer_differs)',
    ],
    [
      'another label',
      [variant('t1', '60/10000 hair to the hips')],
      [variant('o1', '60/10000 long')],
      'unsure (offer_differs)',
    ],
    [
      'another label and price',
      [variant('t1', '60/12000 short')],
      [variant('o1', '60/10000 long')],
      'none (no_candidate)',
    ],
    [
      'of another service',
      [variant('t1', '60/10000', { serviceId: 's2' })],
      [variant('o1', '60/10000')],
      'none (no_candidate)',
    ],
    [
      'linked already',
      [variant('t1', '60/10000')],
      [variant('o1', '60/10000', { linked: true })],
      'none (possible_double)',
    ],
  ])('%s', (_, theirs, ours, comesTo) => {
    const made = matchVariants(theirs, ours);
    expect(made[0] === undefined ? '' : inShort(made[0])).toBe(comesTo);
  });
});

describe('whatever is sold', () => {
  const anyOffer = fc.record({
    durationMinutes: fc.constantFrom(30, 60),
    priceMinor: fc.constantFrom(null, 5000, 10000),
    priceType: fc.constantFrom('fixed', 'from'),
    label: fc.constantFrom(null, 'long', 'short'),
  });
  const services = (letter: string) =>
    fc
      .array(
        fc.record({
          name: fc.constantFrom('Manicure', 'manicure', 'Manicure hybrydowy', 'Pedicure', ''),
          variants: fc.array(anyOffer, { maxLength: 3 }),
          linked: fc.boolean(),
        }),
        { maxLength: 6 },
      )
      .map((list) => list.map((each, at) => ({ id: `${letter}${String(at)}`, ...each })));
  const variants = (letter: string) =>
    services(letter).map((list) =>
      list.flatMap(({ id, variants: own, linked, name }) =>
        own.map((each, at) => ({ id: `${id}.${String(at)}`, serviceId: name, linked, ...each })),
      ),
    );

  it('links one to one, never what is linked, in whatever order', () => {
    const check = <T extends { readonly id: string; readonly linked: boolean }>(
      match: (theirs: readonly T[], ours: readonly T[]) => ReturnType<typeof matchServices>,
      theirs: readonly T[],
      ours: readonly T[],
    ) => {
      const made = match(theirs, ours);
      const linked = made.flatMap(({ recordId }) => recordId ?? []);
      expect(new Set(linked).size).toBe(linked.length);
      expect(ours.filter((own) => own.linked && linked.includes(own.id))).toEqual([]);
      expect(match([...theirs].reverse(), [...ours].reverse())).toEqual(made);
    };
    fc.assert(
      fc.property(
        services('t'),
        services('o'),
        variants('t'),
        variants('o'),
        (theirs, ours, theirOffers, ourOffers) => {
          check(matchServices, theirs, ours);
          check(matchVariants, theirOffers, ourOffers);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('links no service by its name alone', () => {
    fc.assert(
      fc.property(services('t'), services('o'), (theirs, ours) => {
        for (const { verdict, candidates } of matchServices(theirs, ours)) {
          if (verdict !== 'link') continue;
          const reasons = candidates[0]?.reasons ?? [];
          expect(reasons).toContain('name_same');
          expect(reasons.includes('offers_equal') || reasons.includes('offers_overlap')).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
