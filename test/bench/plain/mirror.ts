import { createHash } from 'node:crypto';
import type { Prisma } from '../../../infra/database/index.ts';

/** The columns that every mirror row of a plain script has: what Booksy said, its hash, when. Bases it does not need. */
export function mirrorColumns(wire: object) {
  const text = JSON.stringify(wire);
  const now = new Date();
  return {
    // What came as JSON is JSON.
    remote: wire as Prisma.InputJsonObject,
    remoteHash: hashOf(text),
    baseTheirs: {},
    baseOurs: {},
    observedSentAt: now,
    observedReceivedAt: now,
  };
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
