import { Prisma, type Tx } from '../../infra/database/index.ts';
import type { Vault } from '../../infra/crypto.ts';
import type { ObservedVariant } from '../../domain/observed.ts';
import type { Links } from '../../domain/states/links.ts';
import type { PlanCollector } from './plan-collector.ts';
import type { AuditEntry } from './record.ts';

/** One transaction's worth of applying to one business: everything that every write needs to know. */
export interface ApplyScope {
  readonly tx: Tx;
  readonly vault: Vault;
  readonly businessId: string;
  readonly zone: string;
  readonly currency: string;
  readonly runId: string;
  /** ISO instant by the database's clock at the transaction's start. */
  readonly now: string;
  readonly links: Links;
  /** In which ways services are sold at Booksy, by their id there, where that was read: they are matched by it (SPEC 3.7). */
  readonly soldAs?: ReadonlyMap<string, readonly ObservedVariant[]>;
  /** Of a dry run: what it would do is collected here and nothing is written. Null in a real run. */
  readonly plan: PlanCollector | null;
  /** Records are only looked at: nothing is locked. */
  readonly readOnly?: boolean;
  /** What was done in this transaction; written as one statement before it commits. */
  readonly audit: AuditEntry[];
}

/** Locks the rows of a load until the transaction ends, unless they are only looked at. */
export function rowLock(scope: ApplyScope, alias?: 'b'): Prisma.Sql {
  if (scope.readOnly === true) return Prisma.empty;
  return alias === undefined ? Prisma.sql`FOR UPDATE` : Prisma.sql`FOR UPDATE OF ${Prisma.raw(alias)}`;
}
