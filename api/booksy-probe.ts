/** Is anybody at Booksy's address? One request without credentials: what it answers does not matter, that it does. */
import type { ProbeBooksy } from './deps.ts';

/** Nobody answered, or only to say that nothing works there now. */
export class BooksyUnreachableError extends Error {
  readonly code: 'booksy_unreachable' | 'booksy_unavailable' | 'booksy_rate_limited';

  constructor(code: BooksyUnreachableError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'BooksyUnreachableError';
    this.code = code;
  }
}

/** @param baseUrl full base of the partner API. */
export function createBooksyProbe(baseUrl: string, timeoutMs: number): ProbeBooksy {
  return async () => {
    let response: Response;
    try {
      response = await fetch(baseUrl, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    } catch (error) {
      throw new BooksyUnreachableError('booksy_unreachable', 'Nobody answers at BOOKSY_BASE_URL.', error);
    }
    await response.body?.cancel();
    if (response.status === 429)
      throw new BooksyUnreachableError('booksy_rate_limited', 'Too many calls just now.');
    if (response.status >= 500) {
      throw new BooksyUnreachableError('booksy_unavailable', `Booksy answers ${response.status}.`);
    }
  };
}
