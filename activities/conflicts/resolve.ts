import { fit, type EffectName } from '../../domain/conflicts/choices.ts';
import { misfitRefusal, refusalText, type RefusalCode } from '../../domain/conflicts/refusals.ts';
import { parseSignal, type Resolution, type SignalledResolution } from '../../domain/conflicts/resolution.ts';
import { loadPicture, type ConflictPicture } from '../../infra/conflicts/picture.ts';
import type { ConflictRow } from '../../infra/conflicts/row.ts';
import { conflictWorkflowId } from '../../infra/temporal/launch-conflicts.ts';
import { isTimeHeld } from '../../infra/database/index.ts';
import type { InboundDeps } from '../inbound/run.ts';
import { carryOutEffect, type Done, type FollowUp } from './effects.ts';
import { auditDecision } from './decided.ts';
import { onConflict, RefusedResolution, type ConflictRef, type ConflictScope } from './scope.ts';

/** What became of a resolution. Ids and codes only: it stands in the workflow's history. */
export type ResolutionReport =
  | { readonly state: 'resolved'; readonly followUp: FollowUp | null }
  /** Nothing was changed, and the conflict waits on. */
  | { readonly state: 'refused'; readonly code: RefusalCode }
  /** It was decided or closed before, or is not there. */
  | { readonly state: 'closed' };

export interface ResolveInput extends ConflictRef {
  readonly resolution: SignalledResolution;
}

/** A rule decided, with its reason (SPEC 4.2). */
export interface RuleDecision {
  readonly ruleId: string;
  readonly reason: string;
}

/** Who decides, and on what they looked at. */
interface Asked extends Resolution {
  readonly resolutionId: string;
  readonly actor: string;
  readonly reason: string | null;
  readonly mayOverbook: boolean;
  /** Of the conflict, and the token of the picture, that were shown; null where nobody says. */
  readonly version: number | null;
  readonly shown: string | null;
  readonly rule: RuleDecision | null;
}

/** What typed signals act as: who sent them is not known (R33). */
export const UI_ACTOR = 'temporal-ui';

/** Carries out what the signal brought: what stands in the row where it came through the API, else the signal itself. */
export async function resolveConflict(deps: InboundDeps, input: ResolveInput): Promise<ResolutionReport> {
  const { resolution } = input;
  return decide(deps, input, resolution.resolutionId, (row) => {
    if (resolution.stored) return storedIn(row, resolution.resolutionId);
    return {
      ...resolution,
      actor: UI_ACTOR,
      mayOverbook: false,
      version: null,
      shown: null,
      rule: null,
    };
  });
}

/** Carries out what the rule decides (see `autoDecide`). */
export async function resolveByRule(
  deps: InboundDeps,
  ref: ConflictRef,
  resolutionId: string,
  rule: RuleDecision,
  groups: Resolution['groups'],
  version: number,
): Promise<ResolutionReport> {
  const sides = [...new Set(Object.values(groups))];
  const [side] = sides;
  const choice = sides.length > 1 ? 'groups' : side === 'booksy' ? 'keep-booksy' : 'keep-platform';
  return decide(deps, ref, resolutionId, () => ({
    resolutionId,
    choice,
    groups,
    move: null,
    keep: null,
    actor: `rule:${rule.ruleId}`,
    reason: null,
    mayOverbook: false,
    version,
    shown: null,
    rule,
  }));
}

/** The decision as the API stored it; null where the row holds another one by now. */
function storedIn(row: ConflictRow, resolutionId: string): Asked | null {
  if (row.resolutionId !== resolutionId || row.resolutionOutcome !== 'pending') return null;
  const stored = row.resolutionChoice;
  if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) return null;
  const { version, shown, mayOverbook, ...rest } = stored as { readonly [key: string]: unknown };
  const parsed = parseSignal(rest, resolutionId);
  if ('fault' in parsed) return null;
  return {
    ...parsed.resolution,
    actor: row.resolvedBy ?? 'unknown',
    reason: row.resolutionReason,
    mayOverbook: mayOverbook === true,
    version: typeof version === 'number' ? version : null,
    shown: typeof shown === 'string' ? shown : null,
    rule: null,
  };
}

async function decide(
  deps: InboundDeps,
  ref: ConflictRef,
  resolutionId: string,
  askedOf: (row: ConflictRow) => Asked | null,
): Promise<ResolutionReport> {
  try {
    const report = await onConflict(deps, ref, resolutionId, async (scope): Promise<ResolutionReport> => {
      const { row } = scope;
      if (row.status !== 'open') {
        // The step ran before and its report was lost: what it did stands in the row.
        const mine = row.resolutionId === resolutionId && row.resolutionOutcome === 'applied';
        return mine ? { state: 'resolved', followUp: followUpOf(row) } : { state: 'closed' };
      }
      const asked = askedOf(row);
      if (asked === null) return { state: 'refused', code: 'conflict_changed' };
      return carryOut(scope, asked);
    });
    return report ?? { state: 'closed' };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    await recordRefusal(deps, ref, resolutionId, refusal, askedOf);
    return { state: 'refused', code: refusal.code };
  }
}

/** The constraint on held time speaks at the commit: whoever lost hears it in the same words as from the look before it. */
function refusalOf(error: unknown): RefusedResolution | null {
  if (error instanceof RefusedResolution) return error;
  if (!isTimeHeld(error)) return null;
  return new RefusedResolution(
    'time_taken',
    'That time was taken a moment ago. Choose another time or other staff.',
  );
}

async function carryOut(scope: ConflictScope, asked: Asked): Promise<ResolutionReport> {
  const { row } = scope;
  const picture = await loadPicture(scope.tx, row, true);
  requireUnmoved(picture, asked);
  if (asked.choice === 'keep-both' && !asked.mayOverbook) {
    throw new RefusedResolution(
      'overbooking_refused',
      'Overbooking needs a person with the right to resolve conflicts: use the API, the CLI or the dashboard (R33).',
    );
  }
  const fitted = fit(picture.facts, asked);
  if ('misfit' in fitted) {
    const { code, message } = misfitRefusal(picture.facts, fitted);
    throw new RefusedResolution(code, message);
  }
  const before = picture.ours;
  await ledgerRow(scope, asked);
  const done = await carryOutEffect(scope, picture, fitted.effect);
  await closeAs(scope, asked, fitted.effect.name, done);
  await auditDecision(scope, picture, asked, before, done);
  return { state: 'resolved', followUp: done.followUp };
}

/** Right before it is applied, on locked rows: version and bases must be those that were shown. */
function requireUnmoved(picture: ConflictPicture, { version, shown }: Asked): void {
  if ((version !== null && version !== picture.row.version) || (shown !== null && shown !== picture.token)) {
    throw new RefusedResolution(
      'conflict_changed',
      'One of the two sides has changed since this was shown. Look at it again and decide anew.',
    );
  }
}

/** R31: a resolution is a run of its own in the ledger; what it does can be undone by its id. */
async function ledgerRow(scope: ConflictScope, asked: Asked): Promise<void> {
  await scope.tx.$executeRaw`
    INSERT INTO sync_runs (id, business_id, kind, workflow_id, actor, status, started_at, finished_at)
    VALUES (${asked.resolutionId}::uuid, ${scope.businessId}::uuid, 'conflict', ${conflictWorkflowId(scope.row.id)}, ${asked.actor},
            'completed', now(), now())
    ON CONFLICT (id) DO NOTHING`;
}

/** What was done stands in the row too: by it the decision can be taken back. */
async function closeAs(
  scope: ConflictScope,
  asked: Asked,
  effect: EffectName,
  { followUp, discarded, marked }: Done,
): Promise<void> {
  const { version, shown, mayOverbook, choice, groups, move, keep } = asked;
  const decided = { choice, groups, move, keep, version, shown, mayOverbook };
  const stored = { ...decided, effect, followUp, discarded, marked };
  await scope.tx.$executeRaw`
    UPDATE booksy_sync_conflicts
       SET status = 'resolved', resolution = ${choice}, resolution_id = ${asked.resolutionId}::uuid,
           resolution_choice = ${JSON.stringify(stored)}::jsonb, resolution_outcome = 'applied', resolution_detail = NULL,
           resolution_reason = ${asked.reason ?? asked.rule?.reason ?? null}, resolved_by = ${asked.actor},
           rule_id = ${asked.rule?.ruleId ?? null}, resolved_at = now(), updated_at = now(), version = version + 1
     WHERE id = ${scope.row.id}::uuid`;
}

function followUpOf(row: ConflictRow): FollowUp | null {
  const stored = row.resolutionChoice;
  if (typeof stored !== 'object' || stored === null || !('followUp' in stored)) return null;
  const found = stored.followUp;
  if (typeof found !== 'object' || found === null || !('entity' in found) || !('externalId' in found))
    return null;
  const { entity, externalId } = found;
  return typeof entity === 'string' && typeof externalId === 'string' ? { entity, externalId } : null;
}

/** The conflict stays open and says what became of the attempt; where the world moved, that is news of it. */
async function recordRefusal(
  deps: InboundDeps,
  ref: ConflictRef,
  resolutionId: string,
  refusal: RefusedResolution,
  askedOf: (row: ConflictRow) => Asked | null,
): Promise<void> {
  await onConflict(deps, ref, null, async (scope) => {
    const asked = askedOf(scope.row);
    if (scope.row.status !== 'open' || asked === null) return;
    const news = refusal.code === 'conflict_changed';
    await scope.tx.$executeRaw`
      UPDATE booksy_sync_conflicts
         SET resolution_id = ${resolutionId}::uuid, resolution_outcome = ${news ? 'news' : 'refused'},
             resolution_detail = ${refusalText(refusal)}, resolved_by = ${asked.actor}, updated_at = now()
       WHERE id = ${scope.row.id}::uuid`;
  });
}
