/** What a handler answers. `body` undefined = none. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** A body that is no JSON, ready to go; wins over `body`. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that is thrown: the API's own way of saying no. */
export class HttpProblem extends Error {
  readonly answer: Answer;

  constructor(answer: Answer, message: string) {
    super(message);
    this.answer = answer;
  }
}

/** The short form of an error: `{detail}`. */
export function detail(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): HttpProblem {
  return new HttpProblem({ status, body: { detail: text }, headers }, text);
}

/** The long form of an error: `{status_code, code, description}`. */
export function problem(status: number, code: string, description: string, field?: string): HttpProblem {
  const body = { status_code: status, code, description, ...(field === undefined ? {} : { field }) };
  return new HttpProblem({ status, body }, description);
}

export const notFound = (): HttpProblem => problem(404, 'not_found', 'Not found');
export const invalid = (field: string, description: string): HttpProblem =>
  problem(400, 'invalid', description, field);
