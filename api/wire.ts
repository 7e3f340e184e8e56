/** Pieces that several answers share. */
import { z } from 'zod';
import { SYNC_MODES } from '../domain/progress.ts';
import type { TokenGrant } from '../infra/tokens.ts';

export const instant = z.iso
  .datetime()
  .meta({ description: 'Instant, UTC', example: '2026-03-01T10:00:00.000Z' });

export const businessId = z
  .guid('must be a business id (uuid)')
  .transform((id) => id.toLowerCase())
  .meta({ description: 'Business', example: '0199c0de-0000-7000-8000-000000000001' });

/** Path of everything about one operation. */
export const operationParams = z.object({
  id: z
    .guid('must be an operation id (uuid)')
    .transform((id) => id.toLowerCase())
    .meta({ description: 'Id of the operation', example: '0199c0de-0000-7000-8000-0000000000aa' }),
});

/** Path of everything about one error. */
export const errorParams = z.object({
  id: z
    .string()
    .max(60, 'is not an error id')
    .regex(
      /^(quarantine|run|open|record|circuit|calendar):[\da-fA-F-]{36}$/,
      'must be an error id, such as quarantine:<uuid>',
    )
    .transform((id) => id.toLowerCase())
    .meta({ description: 'Id of the error', example: 'quarantine:0199c0de-0000-7000-8000-0000000000cc' }),
});

/** Of an answer to something that may have been so before. */
export const changed = z.boolean().meta({ description: 'False where it was so already' });

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
    mode: z.enum(SYNC_MODES).meta({ description: '`dry_run` plans and writes nothing' }),
    paused: z.boolean().meta({ description: 'Held by a person: the run itself or its business' }),
    etaSeconds: z.int().nullable().meta({ description: 'Seconds still to go by the pace so far' }),
  })
  .meta({ id: 'Progress' });

export const syncMode = z
  .enum(SYNC_MODES, `must be one of ${SYNC_MODES.join(', ')}`)
  .meta({ description: '`apply`, or `dry_run`: everything is read and planned, nothing is written' });

/** Held by a person since when (R30). */
export const pause = z
  .object({ at: instant, by: z.string().meta({ description: 'Who holds it', example: 'api:0199c0de-…' }) })
  .meta({ id: 'Pause' });

/** A pause as it is stored; null where nothing is held. */
export function pauseOf(row: { readonly pausedAt: Date | null; readonly pausedBy: string | null }) {
  return row.pausedAt === null ? null : { at: iso(row.pausedAt), by: row.pausedBy ?? 'unknown' };
}

/** Name under which a token's deeds stand in ledger and audit trail. */
export function actorOf(grant: TokenGrant): string {
  return `api:${grant.tokenId}`;
}

/** Address of an operation. */
export function operationPath(id: string): string {
  return `/api/admin/booksy/operations/${id}`;
}

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
