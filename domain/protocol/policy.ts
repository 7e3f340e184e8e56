import { sameValue } from '../canonical.ts';
import type { MirrorState } from '../plan.ts';
import type { SeenRecord } from '../states/seen.ts';
import { LISTS_MAY_OMIT } from '../states/visit.ts';
import { later, type ProtocolSettings } from './settings.ts';
import type { RecordView } from './types.ts';
import { committedBy } from './waits.ts';

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
        if (isBooksyLater(view, known, group, settings.latestMarginMs)) return 'apply';
        return isOursLater(view, seen, group, settings.latestMarginMs) ? 'push' : null;
      case 'manual':
        return null;
    }
  };
}

/** A read that still showed the base was sent well after our edit was committed: theirs came after that read. */
function isBooksyLater(
  view: RecordView,
  known: Pick<MirrorState, 'remote' | 'baseTheirs'>,
  group: string,
  margin: number,
): boolean {
  // Which of the looks showed it is not kept.
  if (view.ref.entity === 'booking' && LISTS_MAY_OMIT.includes(group)) return false;
  const committed = committedBy(view, group);
  if (committed === null || view.observedSentAt === null) return false;
  const showedBase = sameValue(known.remote[group], known.baseTheirs[group]);
  return showedBase && view.observedSentAt > later(committed, margin);
}

/** A webhook showed their value well before our edit was made. By when it was committed at the latest says nothing here. */
function isOursLater(view: RecordView, seen: SeenRecord, group: string, margin: number): boolean {
  const editedAt = view.editedAt[group];
  if (editedAt === undefined) return false;
  const before = later(editedAt, -margin);
  return view.evidence.some(
    ({ theirs, receivedAt }) => sameValue(theirs[group], seen.theirs[group]) && receivedAt < before,
  );
}
