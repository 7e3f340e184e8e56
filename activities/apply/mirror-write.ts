import { vaultContext } from '../../infra/crypto.ts';
import { seenFingerprint, withUnreadFrom } from '../../domain/plan.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import type { EntityBinding } from './binding.ts';
import type { MirrorWrite } from './mirror.ts';
import type { ApplyScope } from './scope.ts';

/** The mirror row of a record as it was just seen and planned. */
export function mirrorWrite(
  scope: ApplyScope,
  binding: EntityBinding,
  recordId: string,
  seen: SeenRecord,
  state: Pick<MirrorWrite, 'remote' | 'baseTheirs' | 'baseOurs' | 'baseCounters'>,
): MirrorWrite {
  const whole = withUnreadFrom(seen, state.remote);
  return {
    externalId: seen.externalId,
    recordId,
    remote: state.remote,
    remoteHash: seenFingerprint(whole),
    baseTheirs: state.baseTheirs,
    baseOurs: state.baseOurs,
    baseCounters: state.baseCounters,
    sealedExtra: sealUnknown(scope, binding, seen),
    sentAt: seen.interval.sentAt,
    receivedAt: seen.interval.receivedAt,
    extra: binding.mirrorExtra(whole, recordId),
  };
}

/** Remote fields that nobody here knows are personal until proven otherwise (R40): sealed to the row they belong to. */
function sealUnknown(scope: ApplyScope, binding: EntityBinding, seen: SeenRecord): Buffer | null {
  if (seen.unknown === null || Object.keys(seen.unknown).length === 0) return null;
  const place = vaultContext({
    tenant: scope.businessId,
    table: binding.mirror.table,
    column: 'sealed_extra',
    row: seen.externalId,
  });
  return scope.vault.seal(JSON.stringify(seen.unknown), place);
}
