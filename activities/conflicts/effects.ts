import type { Effect } from '../../domain/conflicts/choices.ts';
import { loadGroupLinks } from '../../infra/conflicts/links.ts';
import { MIRRORS, type ConflictPicture } from '../../infra/conflicts/picture.ts';
import { Prisma } from '../../infra/database/index.ts';
import { serviceOfVariant } from '../../infra/parent.ts';
import { isWritten } from '../apply/guard.ts';
import type { OurRecord } from '../../infra/conflicts/ours.ts';
import { groupsHere } from '../../domain/conflicts/translate.ts';
import type { Json } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import { vaultContext } from '../../infra/crypto.ts';
import { isReadById } from '../inbound/record-sync.ts';
import { BLAST_RADIUS } from '../inbound/removals.ts';
import { everyGroup, writeBases } from './bases.ts';
import { chooseDouble } from './double.ts';
import { makeAgain, writeHere } from './restore.ts';
import { RefusedResolution, wakeRecord, type ConflictScope } from './scope.ts';
import { allowOverbooking, cancelVisit, moveVisit, visitsOf } from './visits.ts';

/** What has to be read at Booksy once the decision has committed: a record that is not linked has no other way in. */
export interface FollowUp {
  readonly entity: string;
  readonly externalId: string;
}

export interface Done {
  /** The record whose groups were decided, where it is another than the conflict's own. */
  readonly touched: readonly OurRecord[];
  readonly followUp: FollowUp | null;
  /** Of a double: Booksy's id of the appointment that is to end. */
  readonly discarded?: string;
  /** Of an overlap that is allowed: the visit that carries the mark, and whether it had it before. */
  readonly marked?: { readonly visit: string; readonly before: boolean };
}

const DONE: Done = { touched: [], followUp: null };

/**
 * Carries out what a resolution means, in the transaction that closes the conflict. Either the bases change, or a visit does
 * as if a person had edited it: what goes to Booksy goes by the ordinary process.
 *
 * @throws RefusedResolution
 */
export async function carryOutEffect(
  scope: ConflictScope,
  picture: ConflictPicture,
  effect: Effect,
): Promise<Done> {
  const { row } = scope;
  switch (effect.name) {
    case 'bases':
      if (picture.mirror === null) throw recordGone();
      await writeBases(scope, picture, effect.sides);
      await wakeRecord(scope, row);
      return DONE;
    case 'accept':
      // An overwritten value is accepted as it is: its groups are in step already.
      if (row.kind !== 'overwritten_at_booksy')
        await writeBases(scope, picture, everyGroup(row.groups, 'both'));
      await forgetFlips(scope, picture);
      return DONE;
    case 'cancel':
      return cancelSide(scope, picture, effect);
    case 'move': {
      const moved = await moveVisit(scope, await visitsOf(scope, picture), effect.move);
      // Visits that a refusal kept from Booksy are sent again with their new time.
      if (row.kind === 'refused_by_booksy') await wakeRecord(scope, row);
      return { touched: [moved], followUp: null };
    }
    case 'overbook':
      return overbook(scope, picture);
    case 'restore':
      return restoreLost(scope, picture);
    case 'again':
      await dueNow(scope);
      await wakeRecord(scope, row);
      return DONE;
    case 'choose':
      return { ...DONE, discarded: await chooseDouble(scope, picture, effect.side) };
    case 'release':
      return release(scope);
    case 'take_back':
      if (picture.mirror === null) throw recordGone();
      await makeAgain(scope, picture, picture.mirror);
      await wakeRecord(scope, row);
      return DONE;
  }
}

async function cancelSide(
  scope: ConflictScope,
  picture: ConflictPicture,
  effect: Extract<Effect, { name: 'cancel' }>,
): Promise<Done> {
  const { row, ours } = picture;
  if (row.kind === 'time_overlap') return cancelOther(scope, picture, effect);
  if (row.kind === 'capacity') return cancelNewest(scope, picture, effect.side);
  // Gone at Booksy, or never there: it ends here too.
  if (ours === null) throw recordGone();
  if (ours.entity !== 'booking') {
    await writeBases(scope, picture, everyGroup(row.groups, 'both'));
    return DONE;
  }
  await cancelVisit(scope, ours);
  return { touched: [ours], followUp: null };
}

async function cancelOther(
  scope: ConflictScope,
  picture: ConflictPicture,
  { side, keep }: Extract<Effect, { name: 'cancel' }>,
): Promise<Done> {
  const pair = [picture.ours, picture.other].filter((each): each is OurRecord => each !== null);
  const stays = pair.find((each) => (keep === null ? each.source === side : each.id === keep));
  const goes = pair.find((each) => each !== stays);
  if (stays === undefined || goes === undefined)
    throw new RefusedResolution(
      'keep_unknown',
      `Name with \`keep\` one of ${pair.map(({ id }) => id).join(', ')}.`,
    );
  await cancelVisit(scope, goes);
  return { touched: [goes], followUp: null };
}

/** As many of the other side's visits as are too many, the newest first. */
async function cancelNewest(
  scope: ConflictScope,
  picture: ConflictPicture,
  side: 'platform' | 'booksy',
): Promise<Done> {
  const visits = (await visitsOf(scope, picture)).filter((visit) => visit.holds);
  const seats = typeof picture.row.detail.seats === 'number' ? picture.row.detail.seats : visits.length;
  const excess = visits.length - seats;
  // Ids of ours grow with time.
  const others = visits.filter((visit) => visit.source !== side).sort((a, b) => (a.id < b.id ? 1 : -1));
  if (excess < 1 || others.length < excess) {
    throw new RefusedResolution(
      'nothing_to_cancel',
      'There are not enough visits of the other side to cancel: move one, or allow all of them.',
    );
  }
  const going = others.slice(0, excess);
  for (const visit of going) await cancelVisit(scope, visit);
  return { touched: going, followUp: null };
}

async function overbook(scope: ConflictScope, picture: ConflictPicture): Promise<Done> {
  const visits = (await visitsOf(scope, picture)).filter((visit) => visit.holds);
  // One of them carries the mark: the platform's own where there is one, because its sale is ours to answer for.
  const marked = visits.find((visit) => visit.source === 'platform') ?? visits[0];
  if (marked === undefined) throw recordGone();
  const before = await allowOverbooking(scope, marked.id);
  return { touched: [marked], followUp: null, marked: { visit: marked.id, before } };
}

/** R4a: what was entered at Booksy and that a write of ours covered is written here, and goes there by the ordinary push. */
async function restoreLost(scope: ConflictScope, picture: ConflictPicture): Promise<Done> {
  if (picture.ours === null || picture.mirror === null) throw recordGone();
  const lost = openValues(scope);
  const links = await loadGroupLinks(scope.tx, scope.businessId, lost);
  const here = groupsHere(lost, links);
  const missing = Object.keys(lost).filter((group) => here[group] === undefined);
  if (missing.length > 0) {
    throw new RefusedResolution(
      'not_possible_yet',
      `It names something that is not linked here (${missing.join(', ')}). Decide it in the mapping list first.`,
    );
  }
  await writeHere(scope, picture.ours, { theirs: { ...picture.mirror.remote, ...lost }, here });
  return { touched: [picture.ours], followUp: null };
}

function openValues({ row, vault, businessId }: ConflictScope): GroupStates {
  if (row.sealedValues === null) throw unreadable();
  const place = { tenant: businessId, table: 'booksy_sync_conflicts', column: 'sealed_values', row: row.id };
  try {
    const json: unknown = JSON.parse(vault.open(row.sealedValues, vaultContext(place)).toString('utf8'));
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw unreadable();
    return json as { readonly [group: string]: Json };
  } catch {
    throw unreadable();
  }
}

/** A write whose outcome is unknown is looked for at once. */
async function dueNow(scope: ConflictScope): Promise<void> {
  if (scope.row.recordId === null) return;
  await scope.tx.$executeRaw`
    UPDATE sync_intents SET due_at = now()
     WHERE business_id = ${scope.businessId}::uuid AND entity = ${scope.row.entity}
       AND record_id = ${scope.row.recordId}::uuid AND state = 'unknown'`;
}

/** R6: a form that was accepted is not counted as a flip any more. Only what is written there has any. */
async function forgetFlips(scope: ConflictScope, { row, mirror }: ConflictPicture): Promise<void> {
  if (row.kind !== 'normalised_differently' || mirror === null || !isWritten(row.entity)) return;
  const { table, only } = MIRRORS[row.entity];
  await scope.tx.$executeRaw`
    UPDATE ${Prisma.raw(table)} SET flips = '{}'
     WHERE business_id = ${scope.businessId}::uuid AND external_id = ${mirror.externalId}
       ${only === null ? Prisma.empty : Prisma.raw(`AND ${only}`)}`;
}

/**
 * What waits in quarantine is let through, as releasing and retrying do: so many removals once (R3), which a full sync then
 * looks at; or the one record, which is read again by its id and leaves the quarantine when it can be read.
 */
async function release(scope: ConflictScope): Promise<Done> {
  const { row, businessId } = scope;
  const [entry] = await scope.tx.$queryRaw<{ id: string; reason_code: string }[]>`
    SELECT id::text, reason_code FROM quarantine
     WHERE business_id = ${businessId}::uuid AND entity = ${row.entity} AND released_at IS NULL
       AND external_id = ${row.externalId} FOR UPDATE`;
  if (entry === undefined)
    throw new RefusedResolution(
      'record_gone',
      'It does not wait in quarantine any more: load the conflict again.',
    );
  if (entry.reason_code === BLAST_RADIUS) {
    await scope.tx.$executeRaw`
      UPDATE quarantine SET released_at = now(), released_by = 'conflict', permits_left = affected
       WHERE id = ${entry.id}::uuid`;
    await lookAtAll(scope);
    return DONE;
  }
  const { externalId } = row;
  if (externalId === null || !/^\d+$/.test(externalId) || !(await hasAddress(scope, externalId))) {
    await lookAtAll(scope);
    return DONE;
  }
  return { touched: [], followUp: { entity: row.entity, externalId } };
}

/** Whether it can be read by itself: a variant only under its service, which is not known of one that was never read. */
async function hasAddress({ tx, businessId, row }: ConflictScope, externalId: string): Promise<boolean> {
  if (!isReadById(row.entity)) return false;
  return row.entity !== 'variant' || (await serviceOfVariant(tx, businessId, externalId)) !== null;
}

/** Has the drain start a full sync of the business. */
async function lookAtAll({ tx, businessId, row }: ConflictScope): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO sync_outbox (business_id, entity, operation, origin)
    VALUES (${businessId}::uuid, ${row.entity}, 'resync', 'conflict')`;
}

function recordGone(): RefusedResolution {
  return new RefusedResolution('record_gone', 'The record is not here any more: load the conflict again.');
}

function unreadable(): RefusedResolution {
  return new RefusedResolution(
    'value_unreadable',
    'What was lost cannot be opened with the key of this installation. Enter it by hand, then accept the rest.',
  );
}
