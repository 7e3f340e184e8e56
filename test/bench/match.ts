import { matchClients, type ClientFacts, type MatchDecision } from '../../domain/matching/index.ts';
import { MADE_UP_PHONES, ROLE_EMAILS } from '../support/population-dirt.ts';
import { generatePopulation, withCounts, type Population } from '../support/population.ts';

export interface MeasureInput {
  readonly people: number;
  readonly seed: number;
  /** Multiplies what goes wrong in the population; 1 unless told. */
  readonly dirt?: number;
  /**
   * Cards a call gets, as an import does page by page: counts know only the cards seen so far, and what was linked stays
   * linked. All at once unless told.
   */
  readonly pageSize?: number;
}

/** A card counts in each of its kinds. `pairs`: cards whose person has a profile. */
export interface KindCounts {
  readonly cards: number;
  readonly pairs: number;
  readonly linked: number;
  readonly unsure: number;
  readonly missed: number;
  /** Linked to somebody else's profile, with or without a profile of their own. */
  readonly wrong: number;
}

export interface MatchMeasure {
  /** Right links of all links. */
  readonly precision: number;
  /**
   * Right links of `linkablePairs`: what evidence that may link at all (R38, SPEC 3.7: never a name alone) could have
   * linked.
   */
  readonly recall: number;
  /** Right links of `truePairs`: of all people, those too who left no contact that agrees. */
  readonly recallOfAll: number;
  readonly links: number;
  readonly wrongLinks: number;
  /** People with a card and a profile. Of somebody's two cards one may be linked by itself: the person counts once. */
  readonly truePairs: number;
  /** Of those, the ones of whom a card and a profile agree in an e-mail or phone that is no role address or made-up number. */
  readonly linkablePairs: number;
  /** Cards that wait for a person, */
  readonly unsure: number;
  /** … and of those the ones of people without a profile, for which the wait is in vain. */
  readonly unsureInVain: number;
  /** Cards of people with a profile for which a new record would be made, */
  readonly missed: number;
  /** … and of those the ones shown as a possible double of the right profile. */
  readonly missedButShown: number;
  readonly cards: number;
  readonly profiles: number;
  /** Of matching alone; of use on a quiet machine only. */
  readonly milliseconds: number;
  readonly byKind: Readonly<Record<string, KindCounts>>;
}

/** Matches a generated population and compares with what is known of it. Prints nothing. */
export function measureMatching(input: MeasureInput): MatchMeasure {
  const population = generatePopulation(input);
  const started = performance.now();
  const decisions =
    input.pageSize === undefined
      ? matchClients(population.cards, population.profiles)
      : matchByPage(population, input.pageSize);
  const milliseconds = performance.now() - started;
  return { ...countDecisions(population, decisions), milliseconds };
}

/** As an import does: what is linked stays linked, and a card that is nobody's becomes a profile of its own. */
function matchByPage({ cards, profiles }: Population, pageSize: number): readonly MatchDecision[] {
  const decisions: MatchDecision[] = [];
  let ours = profiles;
  for (let from = 0; from < cards.length; from += pageSize) {
    const page = withCounts(cards.slice(0, from + pageSize)).slice(from);
    const made = matchClients(page, ours);
    const linked = new Set(made.map(({ recordId }) => recordId));
    const isNew = new Set(
      made.filter(({ verdict }) => verdict === 'none').map(({ externalId }) => externalId),
    );
    ours = withCounts([
      ...ours.map((own) => (linked.has(own.id) ? { ...own, linked: true } : own)),
      ...page
        .filter(({ id }) => isNew.has(id))
        .map((card) => ({ ...card, id: `of-${card.id}`, linked: true })),
    ]);
    decisions.push(...made);
  }
  return decisions;
}

function countDecisions(
  population: Population,
  decisions: readonly MatchDecision[],
): Omit<MatchMeasure, 'milliseconds'> {
  const { truth, accepted, kinds } = population;
  const byKind = new Map<string, { -readonly [key in keyof KindCounts]: number }>();
  const total = { links: 0, wrongLinks: 0, unsure: 0, unsureInVain: 0, missed: 0, missedButShown: 0 };
  const people = new Set<string>();
  for (const { externalId, verdict, recordId, candidates } of decisions) {
    const person = truth.get(externalId) ?? null;
    if (person !== null) people.add(person);
    const own = accepted.get(externalId) ?? new Set();
    const isPair = person !== null;
    const isLink = verdict === 'link' && recordId !== null;
    const isWrong = isLink && !own.has(recordId);
    const isMissed = isPair && verdict === 'none';
    total.links += Number(isLink);
    total.wrongLinks += Number(isWrong);
    total.unsure += Number(verdict === 'unsure');
    total.unsureInVain += Number(verdict === 'unsure' && !isPair);
    total.missed += Number(isMissed);
    total.missedButShown += Number(isMissed && candidates.some((candidate) => own.has(candidate.recordId)));
    for (const kind of kinds.get(externalId) ?? []) {
      const counts = byKind.get(kind) ?? { cards: 0, pairs: 0, linked: 0, unsure: 0, missed: 0, wrong: 0 };
      counts.cards += 1;
      counts.pairs += Number(isPair);
      counts.linked += Number(isLink && !isWrong);
      counts.unsure += Number(verdict === 'unsure');
      counts.missed += Number(isMissed);
      counts.wrong += Number(isWrong);
      byKind.set(kind, counts);
    }
  }
  const right = total.links - total.wrongLinks;
  const linkablePairs = countLinkable(population);
  return {
    ...total,
    precision: share(right, total.links),
    recall: share(right, linkablePairs),
    recallOfAll: share(right, people.size),
    truePairs: people.size,
    linkablePairs,
    cards: population.cards.length,
    profiles: population.profiles.length,
    byKind: Object.fromEntries([...byKind].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}

/** By what the generator knows, not by the matcher's own reading of addresses and numbers. */
function countLinkable({ cards, profiles, accepted, truth }: Population): number {
  const byId = new Map(profiles.map((profile): [string, ClientFacts] => [profile.id, profile]));
  const agree = (one: string | null, other: string | null | undefined, nobodys: readonly string[]) =>
    one !== null && one === other && !nobodys.includes(one);
  const linkable = new Set<string | null>();
  for (const card of cards) {
    for (const id of accepted.get(card.id) ?? []) {
      const profile = byId.get(id);
      if (
        agree(card.email, profile?.email, ROLE_EMAILS) ||
        agree(card.phone, profile?.phone, MADE_UP_PHONES)
      ) {
        linkable.add(truth.get(card.id) ?? null);
      }
    }
  }
  return linkable.size;
}
