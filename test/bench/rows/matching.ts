import { measureMatching, type MatchMeasure } from '../match.ts';
import { atLeast, type Bench, type RowSpec } from '../row.ts';

/** Cards linked by themselves on first contact, in a generated population whose truth is known (SPEC 3.7). */

const PEOPLE = 10_000;
const SEED = 1;

export function matchingRows(): readonly RowSpec[] {
  return [
    {
      name: 'match.precision',
      unit: 'of the links',
      goal: atLeast(0.999),
      async measure(bench) {
        const found = await matched(bench);
        return { value: found.precision, detail: `${found.wrongLinks} of ${found.links} links wrong` };
      },
    },
    {
      name: 'match.recall',
      unit: 'of the true pairs',
      goal: atLeast(0.95),
      async measure(bench) {
        const found = await matched(bench);
        return {
          value: found.recall,
          detail: `${found.truePairs} pairs among ${found.cards} cards; ${found.unsure} wait for a person, ${found.missed} missed`,
        };
      },
    },
  ];
}

function matched(bench: Bench): Promise<MatchMeasure> {
  return bench.shared('matching', async () => {
    bench.say(`matching a population of ${PEOPLE} people`);
    return measureMatching({ people: PEOPLE, seed: SEED });
  });
}
