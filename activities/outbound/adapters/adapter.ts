import type { BooksyClient, CallOptions, RawDocument } from '../../../booksy/index.ts';
import type { Tx } from '../../../infra/database/index.ts';
import type { GroupStates } from '../../../domain/merge.ts';
import type { Finding, Intent, RecordView, WriteEntity } from '../../../domain/protocol/types.ts';
import type { Links } from '../../../domain/states/links.ts';
import type { SeenRecord } from '../../../domain/states/seen.ts';
import type { BaseSides, LinksThere, There } from '../../../domain/states/there.ts';
import type { EntityBinding, HeldRecord } from '../../apply/binding.ts';
import type { MirrorTable } from '../../apply/mirror.ts';
import type { RunBusiness } from '../../inbound/run.ts';
import type { Json } from '../../../domain/canonical.ts';
import type { OursState } from '../../../domain/plan.ts';
import type { Facts } from '../facts.ts';

/** What a call to Booksy needs beside its own parameters. */
export interface AdapterIo {
  readonly booksy: BooksyClient;
  readonly business: RunBusiness;
  /** Their ids → ours, for translating what is read. */
  readonly links: Links;
  /** The profiles of some cards. */
  clientLinks(cardIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  readonly call: CallOptions;
}

/** A record as it was read, with the document for a PUT (R13a) where it was read by id. */
export interface ReadRecord {
  readonly seen: SeenRecord;
  readonly raw: RawDocument | null;
  /** It carries our import uid or mark, where the entity can. */
  readonly importUid: string | null;
  /** Cancelled there: it is no live sibling (R16a). */
  readonly ended: boolean;
}

/** What decides how a record of ours is said there. */
export interface ThereWords {
  readonly links: LinksThere;
  readonly base: BaseSides | null;
  /** What is there now, as far as it is linked. */
  readonly remote: GroupStates | null;
  readonly createdByUs: boolean;
  readonly contactNeeded: boolean;
}

/** One write, as the intent has it. */
export interface AdapterWrite {
  readonly intent: Intent;
  /** R16: record id and generation, also where the intent has none because nothing there carries one. */
  readonly ownUid: string;
  /** The read it is built on; null for a create. */
  readonly read: ReadRecord | null;
  /** The mirror's last view, for addresses below a parent. */
  readonly remote: GroupStates | null;
  /** Our name of an item → Booksy's own (a sub-booking id), for items that the read has under our name. */
  readonly itemNames: ReadonlyMap<string, string>;
}

/** How one kind of record is read, looked for and written at Booksy. The port knows the rest. */
export interface WriteAdapter {
  readonly entity: WriteEntity;
  /** Where its rows lie; a constant of this code. */
  readonly table: string;
  readonly mirror: MirrorTable;
  /** A new one for each transaction. */
  binding(): EntityBinding;
  /** The record as it is here, where the facts of a view hold all of it; else its binding loads it. */
  oursOf?(facts: Facts): OursState | null;
  /** The same as its binding holds it; with `lock`. */
  heldOf?(recordId: string, facts: Facts): HeldRecord | null;
  /** Locks records of any businesses until the transaction ends. */
  lock?(tx: Tx, recordIds: readonly string[]): Promise<void>;
  there(ours: GroupStates, words: ThereWords): There;
  /** @throws BooksyError; `not_found` where it is gone */
  read(io: AdapterIo, externalId: string, remote: GroupStates | null): Promise<ReadRecord>;
  /**
   * Objects that a create of ours may have made (R15).
   *
   * @param importUid null = of any generation of the record
   */
  find(io: AdapterIo, view: RecordView, importUid: string | null, intent: Intent | null): Promise<Found>;
  /** @throws BooksyError */
  send(io: AdapterIo, write: AdapterWrite): Promise<ReadRecord | null>;
}

export interface Found {
  readonly records: readonly ReadRecord[];
  readonly conclusive: Finding['conclusive'];
}

/** A text of a group, or of its part; a body that lacks it is a defect. */
export function bodyText(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  throw new RangeError('A body lacks a text that its write needs.');
}

export function textOrNull(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

export function numberOr(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

export function numberOrNull(value: Json | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

/** A word out of a closed list; what is not in it cannot be said there. */
export function wordOf<T extends string>(words: readonly T[], value: Json | undefined): T {
  const found = words.find((word) => word === value);
  if (found === undefined) throw new RangeError('A body holds a word that Booksy does not know.');
  return found;
}
