import { z } from 'zod';
import { shown } from '../wire.ts';

/** What a refusal of a time says beside its code: what stands in the way, and when it could be instead. */
const problem = z.looseObject({
  reason: shown.optional(),
  nextFree: z
    .array(
      z.looseObject({
        startsLocal: shown,
        endsLocal: shown,
        items: z.array(z.looseObject({ staffId: shown })),
      }),
    )
    .optional(),
});

/** `reason` and `nextFree` of a problem, for machines; empty where it has none. */
export function refusedTime(answer: unknown): Readonly<Record<string, unknown>> {
  const { reason, nextFree } = problem.safeParse(answer).data ?? {};
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(nextFree === undefined ? {} : { nextFree }),
  };
}

/** The next free times of a problem, a line each for people; none where it tells none. */
export function nextFreeLines(answer: unknown): readonly string[] {
  const { nextFree } = problem.safeParse(answer).data ?? {};
  if (nextFree === undefined) return [];
  if (nextFree.length === 0) return ['  nextFree: none within two weeks'];
  return [
    '  nextFree:',
    ...nextFree.map(
      ({ startsLocal, endsLocal, items }) =>
        `    ${startsLocal} to ${endsLocal} with ${[...new Set(items.map(({ staffId }) => staffId))].join(', ')}`,
    ),
  ];
}
