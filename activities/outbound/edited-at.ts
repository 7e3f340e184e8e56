import type { Json } from '../../domain/canonical.ts';
import type { OursState } from '../../domain/plan.ts';
import type { RecordView } from '../../domain/protocol/types.ts';
import { itemOfGroup } from '../../domain/states/visit.ts';
import type { Facts, MirrorFacts } from './facts.ts';

/**
 * When groups were changed here (R9): known only where one change waits in the box and the row says the same; else a person
 * decides.
 */
export function editedAt(
  facts: Facts,
  ours: OursState | null,
  linked: MirrorFacts | null,
): RecordView['editedAt'] {
  const edits = facts.box.filter((row) => row.operation === 'insert' || row.operation === 'update');
  const [edit] = edits;
  if (edits.length !== 1 || edit === undefined || ours === null || linked === null) return {};
  const at = new Date(edit.at).toISOString();
  const isOfThen = (updatedAt: Json | undefined) =>
    typeof updatedAt === 'string' && Math.abs(Date.parse(updatedAt) - Date.parse(at)) < 1_000;
  const itemRows = new Map(facts.items.map((item) => [item.id, item]));
  const links: Readonly<Record<string, string>> = linked.item_links ?? {};
  return Object.fromEntries(
    Object.keys(ours.groups).flatMap((group) => {
      const item = itemOfGroup(group);
      const row = item === null ? facts.row : itemRows.get(links[item.key] ?? '');
      return isOfThen(row?.updated_at) ? [[group, at]] : [];
    }),
  );
}
