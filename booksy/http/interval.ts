import type { Interval } from '../../domain/observed.ts';
import type { Grant } from '../pacer/index.ts';
import type { Answer } from './transport.ts';

/**
 * When an exchange happened by the database's clock, without asking it again (R1). The grant told the database's
 * time at some moment between `askedAtMs` and `answeredAtMs` of our monotonic clock. Counting from its answer gives
 * a lower bound of the departure, counting from its question an upper bound of the arrival.
 */
export function intervalOf(grant: Grant, answer: Pick<Answer, 'sentAtMs' | 'receivedAtMs'>): Interval {
  const sentAtMs = grant.databaseNowMs + (answer.sentAtMs - grant.answeredAtMs);
  const receivedAtMs = grant.databaseNowMs + (answer.receivedAtMs - grant.askedAtMs);
  return {
    sentAt: new Date(Math.floor(sentAtMs)).toISOString(),
    receivedAt: new Date(Math.ceil(receivedAtMs)).toISOString(),
  };
}
