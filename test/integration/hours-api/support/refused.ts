import { expect } from 'vitest';
import { problemSchema } from '../../../../api/http/problem.ts';
import type { Send, TestApi } from '../../api/support/api.ts';
import { tuples } from './salon.ts';

/** What a request that cannot be is answered with. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  /** The value that is named; null: none is. */
  readonly path: string | null;
  /** Part of what is said. */
  readonly says?: string;
}

/** A value of the request that cannot be used. */
export const badValue = (path: string, says?: string): Refusal => ({
  status: 400,
  code: 'bad_request',
  path,
  ...(says === undefined ? {} : { says }),
});
export const NOT_FOUND: Refusal = { status: 404, code: 'not_found', path: null };

/** Sends it, and sees that it is refused so, that the answer says what to do next, and that nothing was written. */
export async function expectRefused(
  api: TestApi,
  path: string,
  request: Send,
  refusal: Refusal,
): Promise<void> {
  const before = await tuples(api);
  const answer = await api.send(path, request);
  const { status, code, says } = refusal;
  expect([answer.status, answer.json], answer.text).toMatchObject([status, { code }]);
  const { errors = [], detail, nextStep } = problemSchema.strict().parse(answer.json);
  const paths = errors.map((each) => each.path);
  if (refusal.path === null) expect(paths).toEqual([]);
  else expect(paths).toContain(refusal.path);
  if (says !== undefined)
    expect([detail, nextStep, ...errors.map(({ message }) => message)].join(' ')).toContain(says);
  expect(nextStep).not.toBe('');
  expect(await tuples(api)).toBe(before);
}
