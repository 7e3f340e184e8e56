import { Prisma } from '../../infra/database/index.ts';
import type { Json } from '../../domain/canonical.ts';
import type { OursState } from '../../domain/plan.ts';
import { mergedGroups } from './flat-binding.ts';
import type { EntityBinding } from './binding.ts';
import type { ApplyScope } from './scope.ts';

/** A table that says which records belong to a record. Names are constants of this code, never input. */
export interface PairTable {
  readonly table: string;
  readonly owner: string;
  readonly member: string;
  /** The group that holds the members' ids. */
  readonly group: string;
  /** Which pairs Booksy decides about, as a condition on `p`; the others are the platform's own and stay. */
  readonly decided?: string;
}

/** A binding of records that are a row and the records that belong to it: the pairs are one group of the record. */
export function withPairs(rows: EntityBinding, pairs: PairTable): EntityBinding {
  const { group } = pairs;
  return {
    ...rows,

    async loadOurs(scope, recordIds) {
      const states = await rows.loadOurs(scope, recordIds);
      const members = await loadPairs(scope, pairs, recordIds);
      return new Map(
        [...states].map(([id, ours]): [string, OursState] => [
          id,
          { ...ours, groups: { ...ours.groups, [group]: members.get(id) ?? [] } },
        ]),
      );
    },

    async insert(scope, records) {
      await rows.insert(scope, records);
      await writePairs(
        scope,
        pairs,
        records.map(({ recordId, seen }) => ({ owner: recordId, members: seen.here[group] ?? [] })),
      );
    },

    async update(scope, records) {
      const counters = await rows.update(scope, records);
      const changed = records.filter(({ apply }) => apply.includes(group));
      await writePairs(
        scope,
        pairs,
        changed.map((record) => ({ owner: record.recordId, members: mergedGroups(record)[group] ?? [] })),
      );
      return counters;
    },
  };
}

/** The members of records, sorted, as far as Booksy decides about them; records without any are left out. */
export async function loadPairs(
  scope: ApplyScope,
  { table, owner, member, decided }: PairTable,
  ownerIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await scope.tx.$queryRaw<{ owner: string; members: string[] }[]>`
    SELECT p.${Prisma.raw(owner)} AS owner,
           array_agg(p.${Prisma.raw(member)}::text ORDER BY p.${Prisma.raw(member)}::text COLLATE "C") AS members
      FROM ${Prisma.raw(table)} p
     WHERE p.${Prisma.raw(owner)} = ANY(${ownerIds}::uuid[]) AND ${Prisma.raw(decided ?? 'true')}
     GROUP BY 1`;
  return new Map(rows.map((row) => [row.owner, row.members]));
}

/** Makes the pairs of records what they ought to be, and touches none that is so already. */
export async function writePairs(
  scope: ApplyScope,
  { table, owner, member, decided }: PairTable,
  wanted: readonly { readonly owner: string; readonly members: Json }[],
): Promise<void> {
  if (wanted.length === 0) return;
  const [own, other] = [Prisma.raw(owner), Prisma.raw(member)];
  await scope.tx.$executeRaw`
    WITH wanted AS (
      SELECT w.owner, m.member::uuid AS member
        FROM jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) AS w(owner uuid, members jsonb),
             jsonb_array_elements_text(w.members) AS m(member)
    ), gone AS (
      DELETE FROM ${Prisma.raw(table)} p
       WHERE p.${own} = ANY(${wanted.map((each) => each.owner)}::uuid[]) AND ${Prisma.raw(decided ?? 'true')}
         AND NOT EXISTS (SELECT FROM wanted w WHERE (w.owner, w.member) = (p.${own}, p.${other}))
    )
    INSERT INTO ${Prisma.raw(table)} (${own}, ${other})
    SELECT owner, member FROM wanted ON CONFLICT DO NOTHING`;
}
