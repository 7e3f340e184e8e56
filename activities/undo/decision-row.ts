import type { Json } from '../../domain/canonical.ts';
import { Prisma } from '../../infra/database/index.ts';
import { readConflicts, type ConflictRow } from '../../infra/conflicts/row.ts';
import type { ApplyScope } from '../apply/scope.ts';

/** The row that holds a decision about a conflict, and what stands in it. */

/** The conflict that a run decided (its id is the decision's, R31); null where the run is another one. Its row is locked. */
export async function decidedBy(scope: ApplyScope, runId: string | null): Promise<ConflictRow | null> {
  if (runId === null) return null;
  const [row] = await readConflicts(
    scope.tx,
    Prisma.sql`c.business_id = ${scope.businessId}::uuid AND c.resolution_id = ${runId}::uuid AND c.status = 'resolved'
      FOR UPDATE`,
  );
  return row ?? null;
}

/** A value of what a decision's row keeps; undefined where it has none. */
export function valueIn(stored: Json | undefined, name: string): Json | undefined {
  return isObject(stored) ? stored[name] : undefined;
}

/** A text of it. */
export function textIn(stored: Json | undefined, name: string): string | null {
  const value = valueIn(stored, name);
  return typeof value === 'string' ? value : null;
}

/** Whether the decision made a record again that was deleted here. */
export function madeAgain({ resolutionChoice }: ConflictRow): boolean {
  return textIn(resolutionChoice, 'effect') === 'take_back';
}

/** Whether the appointment that was given up is the one that was linked. */
export function givenWasLinked({ resolutionChoice, detail }: ConflictRow): boolean {
  const given = textIn(resolutionChoice, 'discarded');
  return given !== null && given !== detail.otherExternalId;
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
