import { Prisma } from '../../infra/database/index.ts';
import { DEFAULT_SETTINGS } from '../../domain/protocol/settings.ts';
import { provesMore } from '../../domain/protocol/waits.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import type { EntityBinding } from './binding.ts';
import { aliveColumn } from './guard.ts';
import { fixedFilter, type MirrorRow } from './mirror.ts';
import type { ApplyScope } from './scope.ts';

/**
 * A look that finds a record as it was last observed writes nothing, with one exception (R9): where an edit here waits for its way
 * out and `latest` is to judge it, the look is noted as an observation of the record (R1), once. What Booksy shows later
 * is then known to be newer. The look's own moment counts, not the pass's; whether the pass was complete says nothing of a row that it
 * showed (R2). A record with a write that may still act is left out: its process reads it (R14a).
 *
 * @param unchanged records that show what `known` holds of them
 */
export async function noteShown(
  scope: ApplyScope,
  { entity, mirror }: Pick<EntityBinding, 'entity' | 'mirror'>,
  unchanged: readonly SeenRecord[],
  known: ReadonlyMap<string, MirrorRow>,
): Promise<void> {
  if (scope.plan !== null) return;
  const proving = unchanged.filter(({ externalId, unread, interval: { sentAt } }) => {
    const row = known.get(externalId);
    if (row?.waits == null || sentAt <= row.observedReceivedAt) return false;
    return provesMore(row.waits, row.observedSentAt, { sentAt, unread }, DEFAULT_SETTINGS.latestMarginMs);
  });
  if (proving.length === 0) return;
  const looks = proving.map(({ externalId, interval }) => ({
    external_id: externalId,
    sent_at: interval.sentAt,
    received_at: interval.receivedAt,
  }));
  await scope.tx.$executeRaw`
    UPDATE ${Prisma.raw(mirror.table)} m
       SET observed_sent_at = r.sent_at, observed_received_at = r.received_at, last_run_id = ${scope.runId}::uuid,
           updated_at = now()
      FROM jsonb_to_recordset(${JSON.stringify(looks)}::jsonb) AS r(
           external_id text, sent_at timestamptz, received_at timestamptz)
     WHERE m.business_id = ${scope.businessId}::uuid AND ${Prisma.raw(`m.${mirror.idColumn}`)} = r.external_id ${fixedFilter(mirror)}
       AND r.sent_at > m.observed_received_at
       AND NOT ${aliveColumn(entity, scope.businessId, mirror.linkColumn)}`;
}
