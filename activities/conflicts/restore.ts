import type { GroupStates } from '../../domain/merge.ts';
import { clientBinding } from '../apply/client-binding.ts';
import { loadCatalogLinks } from '../apply/links.ts';
import { createVisitBinding } from '../apply/visit-binding.ts';
import type { OurRecord } from '../../infra/conflicts/ours.ts';
import { RefusedResolution, type ConflictScope } from './scope.ts';

/**
 * Writes groups into a record here as a person would: the counters move, the change goes out, and the database refuses
 * time that is taken.
 */
export async function writeHere(
  scope: ConflictScope,
  ours: OurRecord,
  values: { readonly theirs: GroupStates; readonly here: GroupStates },
): Promise<void> {
  const binding =
    ours.entity === 'booking' ? createVisitBinding() : ours.entity === 'profile' ? clientBinding : null;
  if (binding === null)
    throw new RefusedResolution('not_possible_yet', 'Values of this kind of record are entered by hand.');
  const linked = { ...scope, links: await loadCatalogLinks(scope.tx, scope.businessId) };
  const states = await binding.loadOurs(linked, [ours.id]);
  const state = states.get(ours.id);
  if (state === undefined) throw new RefusedResolution('record_gone', 'The record is not here any more.');
  await binding.update(linked, [
    {
      recordId: ours.id,
      ours: state.groups,
      apply: Object.keys(values.here),
      seen: {
        externalId: scope.row.externalId ?? '',
        theirs: values.theirs,
        here: { ...state.groups, ...values.here },
        unread: [],
        unresolved: [],
        unknown: null,
        interval: { sentAt: scope.now, receivedAt: scope.now },
      },
    },
  ]);
}
