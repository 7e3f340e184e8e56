/**
 * What this folder needs of the database: parameterised raw statements (Prisma's `$queryRaw`).
 * Pacer and token statements carry a comment (`pacer`, `token`) so that statement counters can leave them out.
 */
import { z } from 'zod';

export interface SqlRunner {
  $queryRaw(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<unknown>;
}

/** Rows of a raw answer, checked. A row of another shape is a defect of ours, not of the caller. */
export function rowsOf<T>(schema: z.ZodType<T>, answer: unknown): T[] {
  return z.array(schema).parse(answer);
}
