import { sameValue } from '../canonical.ts';
import type { MirrorState } from '../plan.ts';
import type { SeenRecord } from '../states/seen.ts';
import { later, type ProtocolSettings } from './settings.ts';
import type { RecordView } from './types.ts';

/**
 * R9: who wins a group that both sides changed, by the rule in force; null = a person. `latest` is decided only by what
 * proves an order: a read that still showed the base, sent well after our commit, lets Booksy win; their value, shown well
 * before our commit, lets us win. An observation after our commit proves nothing.
 */
export function settleBy(
  view: RecordView,
  known: Pick<MirrorState, 'remote' | 'baseTheirs'>,
  seen: SeenRecord,
  settings: ProtocolSettings,
): (group: string) => 'apply' | 'push' | null {
  return (group) => {
    switch (view.policyOf(group)) {
      case 'platform':
        return 'push';
      case 'booksy':
        return 'apply';
      case 'latest':
        return latest(view, known, seen, group, settings.latestMarginMs);
      case 'manual':
        return null;
    }
  };
}

function latest(
  view: RecordView,
  known: Pick<MirrorState, 'remote' | 'baseTheirs'>,
  seen: SeenRecord,
  group: string,
  margin: number,
): 'apply' | 'push' | null {
  const editedAt = view.editedAt[group];
  if (editedAt === undefined) return null;
  const showedBase = sameValue(known.remote[group], known.baseTheirs[group]);
  if (showedBase && view.observedSentAt !== null && view.observedSentAt > later(editedAt, margin))
    return 'apply';
  const shownAt = view.evidence
    .filter(({ theirs }) => sameValue(theirs[group], seen.theirs[group]))
    .map(({ receivedAt }) => receivedAt);
  return shownAt.some((at) => at < later(editedAt, -margin)) ? 'push' : null;
}
