import type { Commit } from '../../domain/protocol/port.ts';
import { openConflicts, type NewConflict } from '../apply/conflicts.ts';
import { noteAudit } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { closeSettled } from '../conflicts/close-settled.ts';
import type { CommitInput } from './commit.ts';

/** What a commit leaves for people: the audit trail of what was sent, and conflicts opened and ended. */

/** I7: one entry for each write that was confirmed, in the platform's words. */
export function auditSent(
  { context, adapter, loaded, showed }: CommitInput,
  scope: ApplyScope,
  commit: Commit,
  noted: ReadonlySet<string>,
): void {
  for (const change of commit.intents) {
    const intent = loaded.view.intents.find(({ id }) => id === change.id);
    if (change.state !== 'confirmed' || intent === undefined || intent.state === 'confirmed') continue;
    const before = showed(intent.id)?.here ?? {};
    noteAudit(scope, [
      {
        action: intent.operation === 'create' ? 'sent_new' : 'sent',
        entity: adapter.entity,
        recordId: context.ref.recordId,
        externalId: intent.externalId ?? commit.link?.externalId ?? null,
        reasonCode: 'changed_here',
        groups: intent.groups,
        before: pick(before, intent.groups),
        after: pick(intent.held, intent.groups),
        counters: pick(intent.counters, intent.groups),
      },
    ]);
  }
  noteAudit(
    scope,
    commit.notes
      .filter((note) => !noted.has(noteKey(context.ref.recordId, note)))
      .map(({ code, groups }) => ({
        action: 'noted' as const,
        entity: adapter.entity,
        recordId: context.ref.recordId,
        externalId: loaded.view.externalId,
        reasonCode: code,
        groups,
      })),
  );
}

function noteKey(recordId: string, { code, groups }: Commit['notes'][number]): string {
  return [recordId, code, ...[...groups].sort()].join('|');
}

/**
 * What was noted of these records since something was last done to them: what stands as it stood is told once, however often
 * it is looked at (I4).
 */
export async function notedBefore(
  scope: ApplyScope,
  owns: readonly { readonly input: CommitInput; readonly commit: Commit }[],
): Promise<ReadonlySet<string>> {
  const ids = owns.flatMap(({ input, commit }) =>
    commit.notes.length > 0 ? [input.context.ref.recordId] : [],
  );
  if (ids.length === 0) return new Set();
  const rows = await scope.tx.$queryRaw<{ record_id: string; code: string; groups: string[] }[]>`
    SELECT l.record_id::text, l.reason_code AS code, l.groups FROM booksy_audit_log l
     WHERE l.business_id = ${scope.businessId}::uuid AND l.record_id = ANY(${ids}::uuid[]) AND l.action = 'noted'
       AND NOT EXISTS (SELECT FROM booksy_audit_log o
                        WHERE o.record_id = l.record_id AND o.id > l.id AND o.action <> 'noted')`;
  return new Set(rows.map(({ record_id: recordId, code, groups }) => noteKey(recordId, { code, groups })));
}

/** Opens what a process found. */
export async function openFound(input: CommitInput, scope: ApplyScope, commit: Commit): Promise<void> {
  await openConflicts(
    scope,
    commit.conflicts.map((found) => conflictOf(input, found)),
  );
}

function conflictOf(
  { context, adapter, loaded }: CommitInput,
  found: Commit['conflicts'][number],
): NewConflict {
  const intent = loaded.view.intents.find(({ id }) => id === found.intentId);
  return {
    kind: found.kind,
    entity: adapter.entity,
    recordId: context.ref.recordId,
    otherRecordId: null,
    externalId: loaded.view.externalId,
    groups: found.groups,
    detail: {
      reason: found.reason,
      ...(found.kind === 'refused_by_booksy'
        ? { code: found.reason, operation: intent?.operation ?? null }
        : {}),
      ...(found.intentId === null ? {} : { intentId: found.intentId }),
      ...(found.otherExternalId === null
        ? {}
        : { linkedExternalId: loaded.view.externalId, otherExternalId: found.otherExternalId }),
      ...(found.kind === 'overwritten_at_booksy' ? { groups: found.groups } : {}),
    },
    overtaken: false,
    intentId: found.intentId,
    values: found.values,
  };
}

/**
 * R10a: what an equality has ended that we did not write, and what ended by itself. What names no groups was found in the rows of
 * what came in, not by this process: the rows say when it is over.
 */
export async function settleConflicts(
  { context, loaded }: CommitInput,
  scope: ApplyScope,
  commit: Commit,
): Promise<void> {
  const { recordId } = context.ref;
  if (commit.equalised.length > 0 || commit.lifted.length > 0) {
    await scope.tx.$executeRaw`
      UPDATE booksy_sync_conflicts c
         SET groups = left_over.groups, version = c.version + 1, updated_at = now(),
             status = CASE WHEN left_over.ended THEN 'closed' ELSE c.status END,
             resolution = CASE WHEN left_over.ended THEN left_over.why END,
             resolved_at = CASE WHEN left_over.ended THEN now() END
        FROM (SELECT o.id, rest.groups,
                     (o.kind = ANY(${[...commit.lifted]}::text[]) AND cardinality(o.groups) > 0)
                       OR (cardinality(o.groups) > 0 AND cardinality(rest.groups) = 0) AS ended,
                     CASE WHEN o.kind = ANY(${[...commit.lifted]}::text[]) THEN 'lifted' ELSE 'equal' END AS why
                FROM booksy_sync_conflicts o
                CROSS JOIN LATERAL (SELECT ARRAY(SELECT g FROM unnest(o.groups) g
                                                  WHERE g <> ALL(${[...commit.equalised]}::text[]) ORDER BY g) AS groups) rest
               WHERE o.business_id = ${scope.businessId}::uuid AND o.record_id = ${recordId}::uuid AND o.status = 'open'
             ) left_over
       WHERE c.id = left_over.id AND (left_over.ended OR c.groups IS DISTINCT FROM left_over.groups)`;
  }
  // Also those in which it is the other one: an overlap is gone for both.
  if (loaded.facts.disputed) await closeSettled(scope, [recordId]);
}

/** Some of the groups. */
export function pick<T>(
  groups: { readonly [group: string]: T },
  names: readonly string[],
): { readonly [group: string]: T } {
  return Object.fromEntries(
    names.flatMap((name): readonly (readonly [string, T])[] => {
      const value = groups[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
