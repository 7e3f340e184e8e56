/** Pieces that several answers share. */
import { z } from 'zod';

export const instant = z.iso
  .datetime()
  .meta({ description: 'Instant, UTC', example: '2026-03-01T10:00:00.000Z' });

export const businessId = z
  .guid('must be a business id (uuid)')
  .transform((id) => id.toLowerCase())
  .meta({ description: 'Business', example: '0199c0de-0000-7000-8000-000000000001' });

/** Something the reader should know beside an answer that still holds. */
export const note = z.object({ code: z.string(), message: z.string(), nextStep: z.string() }).meta({
  id: 'Note',
  description: 'Something to know about this answer: it is less than it could be, and why',
});
export type Note = z.output<typeof note>;

export const progress = z
  .object({
    phase: z.string().meta({ description: 'What is being read now', example: 'visits' }),
    windowKey: z.string().nullable(),
    rowsDone: z.int(),
    rowsTotal: z.int().meta({ description: 'Rows of all lists as far as their lengths are known' }),
    totalIsKnown: z.boolean().meta({
      description: 'False while a list of unknown length is still to be opened: the total will grow',
    }),
    startedAt: instant,
    etaSeconds: z.int().nullable().meta({ description: 'Seconds still to go by the pace so far' }),
  })
  .meta({ id: 'Progress' });

export const TEMPORAL_SILENT: Note = {
  code: 'temporal_unavailable',
  message: 'Temporal does not answer, so what is open now is told by the ledger only.',
  nextStep: 'Look at GET /api/admin/booksy/health; nothing is lost while it is away.',
};

export function iso(date: Date): string {
  return date.toISOString();
}

export function isoOrNull(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}

/** Gives up waiting after `timeoutMs`; what was waited for goes on alone. */
export async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer in ${timeoutMs} ms.`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
