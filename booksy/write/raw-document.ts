/**
 * What Booksy returned for one record, whole: fields that this product does not know and fields that the edge drops
 * must survive a PUT (R13a, R40). It lives in memory between a read and the write built on it, and can be neither
 * logged nor serialised by accident.
 */
import { inspect } from 'node:util';

const REDACTED = '[remote document]';

export class RawDocument {
  readonly #body: Readonly<Record<string, unknown>>;

  constructor(body: Readonly<Record<string, unknown>>) {
    this.#body = body;
  }

  /** Only for the folder that builds PUT bodies: a deep copy. */
  static copyOf(document: RawDocument): Record<string, unknown> {
    return structuredClone({ ...document.#body });
  }

  toJSON(): string {
    return REDACTED;
  }

  toString(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
