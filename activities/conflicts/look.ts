import { autoDecide, type AutoDecision } from '../../domain/conflicts/auto.ts';
import {
  conflictDates,
  DEFAULT_HOURS,
  dueOf,
  untilDue,
  TIMELESS,
  type ConflictDates,
  type ConflictHours,
  type DueState,
} from '../../domain/conflicts/dates.ts';
import { NOTIFY_CODE, occasionOf, type NotifyOccasion } from '../../domain/conflicts/notify.ts';
import { policyFor, type SyncRule } from '../../domain/rules/rules.ts';
import { loadRule } from '../../infra/rules/load.ts';
import { loadPicture } from '../../infra/conflicts/picture.ts';
import { readConflict, type ConflictRow } from '../../infra/conflicts/row.ts';
import type { InboundDeps } from '../inbound/run.ts';
import { everyGroup, writeBases } from './bases.ts';
import { beginningOf } from './beginning.ts';
import { closeConflicts } from './close.ts';
import { unlessUndone } from './undone.ts';
import { settle } from './close-settled.ts';
import { auditConflict, onConflict, type ConflictRef, type ConflictScope } from './scope.ts';

/** What a look at a conflict came to. Codes and times only: it stands in the workflow's history. */
export type LookReport =
  | { readonly state: 'closed' }
  | {
      readonly state: 'open';
      readonly kind: string;
      /** When to look again at the latest, milliseconds from now. */
      readonly nextLookMs: number;
      readonly escalated: boolean;
      /** A decision that was stored and not carried out: its signal was lost (R32). */
      readonly pending: string | null;
      /** What the rule decides without a person. */
      readonly decided: (AutoDecision & { readonly ruleId: string; readonly version: number }) | null;
    };

/** Nothing is due: still, what triggers and applies did not see is looked for this often. */
const LONGEST_LOOK_MS = 4 * 3_600_000;

/**
 * Looks at a conflict: closes it where its cause is gone or its visit has begun, keeps its dates right (the visit may have
 * moved), reminds, escalates, and tells what the rule decides. Everything it does is in the row, so that a workflow that
 * was lost goes on where it was (R32). Safe to repeat.
 */
export async function lookAtConflict(deps: InboundDeps, ref: ConflictRef): Promise<LookReport> {
  const { conflicts: hours = DEFAULT_HOURS } = deps;
  let tell: NotifyOccasion | null = null;
  const report = await onConflict(deps, ref, null, async (scope): Promise<LookReport> => {
    if (scope.row.status !== 'open' || (await settle(scope, scope.row))) return { state: 'closed' };
    const dated = await withDates(scope, hours);
    const due = dueOf(dueState(dated));
    if (due.overtaken) {
      await overtake(scope);
      return { state: 'closed' };
    }
    if (due.escalate) await escalate(scope, dated);
    if (due.remind) await remind(scope, hours);
    const row = (await readConflict(scope.tx, [ref.businessId], ref.conflictId)) ?? dated;
    const rule = await loadRule(scope.tx, scope.businessId);
    const decided = await unlessUndone(scope, row, decidedByRule(rule, row));
    const { notifyAdmin: wanted } = rule.actions;
    const { notifyAdmin: noted } = row;
    tell = occasionOf({
      wanted,
      noted,
      reminded: due.remind,
      escalated: due.escalate,
      decided: decided !== null,
    });
    if (noted !== wanted) await noteWish(scope, wanted);
    return {
      state: 'open',
      kind: row.kind,
      nextLookMs: untilDue(dueState(row), LONGEST_LOOK_MS),
      escalated: row.escalatedAt !== null,
      pending: row.resolutionOutcome === 'pending' ? row.resolutionId : null,
      decided,
    };
  });
  if (report?.state === 'open' && tell !== null) {
    deps.logger.warn(
      { code: NOTIFY_CODE, occasion: tell, ...ref, kind: report.kind },
      'an admin is to be told of a conflict',
    );
  }
  if (report?.state === 'open' && report.escalated) {
    deps.logger.warn(
      { businessId: ref.businessId, conflictId: ref.conflictId, kind: report.kind },
      'a conflict is not resolved and its visit is near',
    );
  }
  return report ?? { state: 'closed' };
}

function dueState(row: ConflictRow): DueState {
  const { now, remindAt, escalateAt, escalatedAt, overtakenAt } = row;
  return { now, remindAt, escalateAt, escalatedAt, overtakenAt };
}

/** The row with the dates that its visit asks for now. A visit that was moved takes its dates along. */
async function withDates(scope: ConflictScope, hours: ConflictHours): Promise<ConflictRow> {
  const { row } = scope;
  const asked = conflictDates(row.openedAt, await beginningOf(scope), hours);
  // What waits in quarantine waits on when its first visit begins: the entry ends it, not the hour.
  const dates: ConflictDates = row.kind === 'quarantine' ? { ...asked, overtakenAt: null } : asked;
  // It was opened with the date of the default.
  const estimated = row.remindAt === conflictDates(row.openedAt, TIMELESS).remindAt;
  const remindAt = row.remindAt === null || estimated ? dates.remindAt : row.remindAt;
  const same =
    remindAt === row.remindAt && dates.escalateAt === row.escalateAt && dates.overtakenAt === row.overtakenAt;
  if (same) return row;
  await scope.tx.$executeRaw`
    UPDATE booksy_sync_conflicts
       SET remind_at = ${remindAt}::timestamptz, escalate_at = ${dates.escalateAt}::timestamptz,
           overtaken_at = ${dates.overtakenAt}::timestamptz
     WHERE id = ${row.id}::uuid`;
  return { ...row, ...dates, remindAt };
}

/** R10: the visit has begun, nothing is left to decide: both sides keep what they have. */
async function overtake(scope: ConflictScope): Promise<void> {
  if (scope.row.groups.length > 0) {
    await writeBases(
      scope,
      await loadPicture(scope.tx, scope.row, true),
      everyGroup(scope.row.groups, 'both'),
    );
  }
  await closeConflicts(scope, [scope.row], 'overtaken');
}

async function escalate(scope: ConflictScope, row: ConflictRow): Promise<void> {
  await scope.tx.$executeRaw`
    UPDATE booksy_sync_conflicts SET escalated_at = now() WHERE id = ${row.id}::uuid`;
  auditConflict(scope, row, { action: 'conflict_escalated', reasonCode: 'visit_is_near' });
}

async function remind(scope: ConflictScope, { remindHours }: ConflictHours): Promise<void> {
  await scope.tx.$executeRaw`
    UPDATE booksy_sync_conflicts
       SET reminded_at = now(), remind_at = now() + make_interval(hours => ${remindHours}::int)
     WHERE id = ${scope.row.id}::uuid`;
  auditConflict(scope, scope.row, { action: 'conflict_reminded', reasonCode: 'waits' });
}

/** The rule's wish, on the conflict. It is no news of it: whoever looks at the card may still decide it. */
async function noteWish({ tx, row }: ConflictScope, wanted: boolean): Promise<void> {
  await tx.$executeRaw`
    UPDATE booksy_sync_conflicts SET notify_admin = ${wanted} WHERE id = ${row.id}::uuid`;
}

function decidedByRule(rule: SyncRule, row: ConflictRow): Extract<LookReport, { state: 'open' }>['decided'] {
  // What a rule may decide is a value; time that two want, and ends, are a person's.
  if (row.kind !== 'field' || row.resolutionOutcome === 'pending') return null;
  if (!rule.actions.autoResolveConflicts) return null;
  const decision = autoDecide(row.groups, (group) => policyFor(rule, row.entity, group));
  return decision === null ? null : { ...decision, ruleId: rule.id, version: row.version };
}
