import type { Tx } from '../../infra/database/index.ts';
import type { Facts } from './facts.ts';

/** Profiles by card, as far as a record's card is known: null where it is nobody's. */
export type Cards = ReadonlyMap<string, string | null>;

interface CardRow {
  readonly n: number;
  readonly profile_id: string | null;
}

/**
 * Whose the cards are that linked records were last seen with, by one statement: mostly they are read with the same again.
 *
 * @returns in the order of the records; empty where there is no card
 */
export async function loadCards(
  tx: Tx,
  records: readonly (readonly [businessId: string, facts: Facts | null])[],
): Promise<readonly Cards[]> {
  const asked = records.flatMap(([businessId, facts], n) => {
    const card = facts?.mirrors.filter((row) => !row.is_former).at(-1)?.remote.client;
    return typeof card === 'string' ? [{ n, business_id: businessId, card }] : [];
  });
  if (asked.length === 0) return records.map(() => new Map());
  const rows = await tx.$queryRaw<CardRow[]>`
    SELECT /* prepared */ q.n, m.profile_id
      FROM jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) AS q(n int, business_id uuid, card text)
      LEFT JOIN external_clients m ON m.business_id = q.business_id AND m.external_id = q.card`;
  const profileOf = new Map(rows.map((row) => [row.n, row.profile_id]));
  const cardOf = new Map(asked.map(({ n, card }) => [n, card]));
  return records.map((_, n) => {
    const card = cardOf.get(n);
    return card === undefined ? new Map() : new Map([[card, profileOf.get(n) ?? null]]);
  });
}
