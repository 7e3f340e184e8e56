import {
  blockHereValues,
  blockSql,
  blockThereValues,
  entriesThere,
  reservationValues,
} from './edits-blocks.ts';
import type { BlockRow, EntryThere } from './edits-blocks.ts';
import { cardsThere, clientValues } from './edits-clients.ts';
import type { History, Subject } from './history.ts';
import type { Rig } from './rig.ts';
import type { Salon, VisitThere } from './salons.ts';
import { valuesThere, type Values } from './values.ts';

/** What both sides hold of clients and blocks after a run. */
export interface OthersState {
  readonly here: ReadonlyMap<string, Values>;
  /** By the key of the subject. */
  readonly there: ReadonlyMap<string, Values>;
  /** Blocks that one create of ours made twice (I3). */
  readonly doubled: readonly string[];
  /** Cards and blocks beside those of the run that are on one side only (I4, I9). */
  readonly unequal: readonly string[];
}

interface LinkRow {
  readonly source: string;
  readonly external_id: string;
  readonly time_off_id: string | null;
}

/** @param visits what is at Booksy, by id: blocks may be visits there */
export async function readOthers(
  rig: Rig,
  salon: Salon,
  history: History,
  visits: ReadonlyMap<number, VisitThere>,
  isDisputed: (id: string) => boolean,
): Promise<OthersState> {
  const [cards, entries] = await Promise.all([cardsThere(rig, salon), entriesThere(rig, salon)]);
  const { rows: profiles } = await rig.db.query<{ id: string; email: string | null }>(
    'SELECT id, email FROM profiles WHERE business_id = $1',
    [salon.businessId],
  );
  const { rows: blocks } = await rig.db.query<BlockRow>(blockSql('t.business_id = $1'), [salon.businessId]);
  const { rows: links } = await rig.db.query<LinkRow>(
    // Of the people whose entries are read above; rooms have time off as well.
    `SELECT source, external_id, time_off_id FROM external_time_off
      WHERE business_id = $1 AND gone_at IS NULL AND resource_external_id = ANY($2)`,
    [salon.businessId, salon.staff.map(({ externalId }) => String(externalId))],
  );
  const here = new Map<string, Values>([
    ...profiles.map(({ id, email }) => [id, clientValues(email)] as const),
    ...blocks.map((row) => [row.id, blockHereValues(row)] as const),
  ]);
  const byCard = new Map(cards.map((row) => [row.id, clientValues(row.email)]));
  const byEntry = new Map(entries.map((row) => [row.id, blockThereValues(row)]));
  const there = new Map<string, Values>();
  for (const subject of history.subjects.values()) {
    const values = valuesOf(subject);
    if (values !== undefined) there.set(subject.key, values);
  }
  return {
    here,
    there,
    doubled: doubledMarks(entries, isDisputed),
    unequal: [
      ...(await goneCards(rig, salon, new Set(byCard.keys()))),
      ...oneSided(links, blocks, byEntry, visits, isDisputed, history),
    ],
  };

  function valuesOf({ kind, externalId, recordId, resourceId }: Subject): Values | undefined {
    if (kind === 'client') return byCard.get(externalId ?? -1);
    if (resourceId === undefined) {
      const visit = visits.get(externalId ?? -1);
      return visit === undefined ? undefined : reservationValues(visit);
    }
    // Ours that was sent and never linked is found by its mark.
    const marked = entries.find(({ reason }) => recordId !== null && markOf(reason)?.startsWith(recordId));
    return byEntry.get(externalId ?? marked?.id ?? -1);
  }
}

/** The mark that the product puts into the reason of what it makes, read without the product. */
function markOf(reason: string | null): string | null {
  return /\[booksy-sync:([0-9a-f-]+:\d+)\]/i.exec(reason ?? '')?.[1] ?? null;
}

function doubledMarks(entries: readonly EntryThere[], isDisputed: (id: string) => boolean): string[] {
  const byMark = new Map<string, number[]>();
  for (const { id, reason } of entries) {
    const mark = markOf(reason)?.split(':')[0];
    if (mark !== undefined) byMark.set(mark, [...(byMark.get(mark) ?? []), id]);
  }
  return [...byMark]
    .filter(([record, ids]) => ids.length > 1 && !isDisputed(record))
    .map(([record, ids]) => `block ${record} is at Booksy ${String(ids.length)} times: ${ids.join(', ')}`);
}

/** I9: a card that is at Booksy and counts as gone here. */
async function goneCards(rig: Rig, salon: Salon, there: ReadonlySet<number>): Promise<readonly string[]> {
  const { rows } = await rig.db.query<{ external_id: string }>(
    'SELECT external_id FROM external_clients WHERE business_id = $1 AND gone_at IS NOT NULL',
    [salon.businessId],
  );
  return rows
    .filter(({ external_id }) => there.has(Number(external_id)))
    .map(({ external_id }) => `card ${external_id} is at Booksy and counts as gone here`);
}

/** Blocks that are on one side only, but for those that a run follows. */
function oneSided(
  links: readonly LinkRow[],
  blocks: readonly BlockRow[],
  entries: ReadonlyMap<number, Values>,
  visits: ReadonlyMap<number, VisitThere>,
  isDisputed: (id: string) => boolean,
  history: History,
): readonly string[] {
  const followed = [...history.subjects.values()].filter(({ kind }) => kind === 'block');
  const ids = new Set(followed.flatMap(({ recordId, externalId }) => [recordId, externalId]));
  const present = new Set(blocks.map(({ id }) => id));
  const linked = new Set<number>();
  const found: string[] = [];
  for (const { source, external_id, time_off_id } of links) {
    const id = Number(external_id.split(':')[0]);
    linked.add(id);
    if (time_off_id === null || ids.has(time_off_id) || ids.has(id)) continue;
    if (isDisputed(time_off_id) || isDisputed(external_id)) continue;
    const visit = visits.get(id);
    const isThere =
      source === 'time_off' ? entries.has(id) : visit !== undefined && valuesThere(visit).life === 'live';
    const isHere = present.has(time_off_id);
    if (isHere !== isThere)
      found.push(`block ${time_off_id} (${external_id}) is ${isHere ? 'here' : 'at Booksy'} only`);
  }
  for (const id of entries.keys())
    if (!linked.has(id) && !ids.has(id)) found.push(`time off ${String(id)} is at Booksy and not here`);
  return found;
}
