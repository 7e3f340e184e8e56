import { inTransaction, sqlState, type Db, type Tx } from '../../infra/database/index.ts';
import { loadRuleOfEach } from '../../infra/rules/load.ts';
import { localOf, resolveLocal } from '../../domain/local-time.ts';
import type { Direction, GroupStates } from '../../domain/merge.ts';
import type { OursState } from '../../domain/plan.ts';
import type { RecordMemory, RecordView } from '../../domain/protocol/types.ts';
import { directionFor, policyFor, type SyncRule } from '../../domain/rules/rules.ts';
import { isTellable } from '../../domain/states/hours.ts';
import { partText, type LinksThere } from '../../domain/states/there.ts';
import { NO_LINKS } from '../apply/links.ts';
import type { ApplyScope } from '../apply/scope.ts';
import type { WriteAdapter } from './adapters/adapter.ts';
import { loadCards, type Cards } from './cards.ts';
import type { ProcessContext } from './context.ts';
import { editedAt } from './edited-at.ts';
import { evidenceOf } from './evidence.ts';
import { readFacts, type Facts, type MirrorFacts } from './facts.ts';
import { gateOf } from './gate.ts';
import { intentOf } from './intents.ts';
import { loadLinksThere } from './links-there.ts';
import { presentNames, renamed } from './names.ts';
import { togetherOf, type ViewWanted } from './together.ts';

/** A view, and the box rows that it was made with: only these may be deleted by what it leads to (R26). */
export interface LoadedView {
  readonly view: RecordView;
  readonly facts: Facts;
  /** Whose the card is that the object was last seen with. */
  readonly cards: Cards;
  readonly outboxIds: readonly string[];
  readonly webhookIds: readonly string[];
}

/** Thrown where the business of a record is not there any more. */
export class BusinessMissingError extends Error {
  readonly code = 'business_missing';
}

/** Everything that is held of a record, of one moment. */
export function loadView(context: ProcessContext, adapter: WriteAdapter): Promise<LoadedView> {
  return togetherOf(context.deps.db).views.ask(adapter.entity, { context, adapter });
}

/**
 * The views of records of one kind, of any businesses, of one moment: a transaction that only looks.
 *
 * @returns one outcome for each; what is wrong with one record's rows is that record's own
 */
export async function loadViews(
  db: Db,
  wanted: readonly ViewWanted[],
): Promise<readonly PromiseSettledResult<LoadedView>[]> {
  const [first] = wanted;
  if (first === undefined) return [];
  const { adapter } = first;
  return inTransaction(
    db,
    async (tx) => {
      const facts = await readFacts(
        tx,
        adapter,
        wanted.map(({ context }) => context.ref),
      );
      const ruleOf = await loadRuleOfEach(tx, [
        ...new Set(wanted.map(({ context }) => context.ref.businessId)),
      ]);
      const helds: (OursState | null)[] = [];
      for (const [index, { context }] of wanted.entries()) {
        helds.push(await heldOf(context, adapter, facts[index] ?? null, tx));
      }
      const linksOf = await loadLinksThere(
        tx,
        wanted.map(({ context }, index) => ({
          businessId: context.ref.businessId,
          groups: helds[index]?.groups ?? {},
        })),
      );
      const cards = await loadCards(
        tx,
        wanted.map(({ context }, index) => [context.ref.businessId, facts[index] ?? null]),
      );
      const outcomes = await Promise.allSettled(
        wanted.map(async ({ context }, index): Promise<LoadedView> => {
          const { businessId } = context.ref;
          const own = facts[index] ?? null;
          if (own === null) throw new BusinessMissingError(`Business ${businessId} is not there.`);
          const look = { facts: own, rule: ruleOf(businessId), links: linksOf(businessId), tx };
          return {
            view: await viewOf(context, adapter, look, helds[index] ?? null),
            facts: own,
            cards: cards[index] ?? new Map(),
            outboxIds: own.box.map((row) => row.id),
            webhookIds: own.webhooks.filter((row) => !row.drained).map((row) => row.id),
          };
        }),
      );
      // A statement that was refused has ended the transaction for all of them.
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected' && sqlState(outcome.reason) !== undefined) throw outcome.reason;
      }
      return outcomes;
    },
    { isolationLevel: 'RepeatableRead', timeout: 30_000 },
  );
}

/** The record as it is here. */
async function heldOf(
  context: ProcessContext,
  adapter: WriteAdapter,
  facts: Facts | null,
  tx: Tx,
): Promise<OursState | null> {
  if (facts === null) return null;
  if (adapter.oursOf !== undefined) return adapter.oursOf(facts);
  const { recordId } = context.ref;
  const held = await adapter.binding().loadOurs(lookingScope(context, tx, facts.now), [recordId]);
  return held.get(recordId) ?? null;
}

/** What a view is made of beside the record itself. */
interface Look {
  readonly facts: Facts;
  readonly rule: SyncRule;
  readonly links: LinksThere;
  readonly tx: Tx;
}

async function viewOf(
  context: ProcessContext,
  adapter: WriteAdapter,
  { facts, rule, links, tx }: Look,
  ours: OursState | null,
): Promise<RecordView> {
  const { deps, ref } = context;
  const former = facts.mirrors.filter((row) => row.is_former);
  const linked = facts.mirrors.filter((row) => !row.is_former).at(-1) ?? null;
  const nameOf = presentNames(
    facts.mirrors.flatMap((row) => (row.item_links === undefined ? [] : [row.item_links])),
  );
  const base = linked === null ? null : { theirs: linked.base_theirs, ours: linked.base_ours };
  const createdByUs = isOurs(ref.recordId, facts);
  const there =
    ours === null
      ? { groups: {}, unmapped: [] }
      : adapter.there(ours.groups, {
          links,
          base,
          remote: linked?.remote ?? null,
          createdByUs,
          contactNeeded: facts.business.visit_contact_needed === true,
        });
  const intent = (row: Facts['intents'][number]) => intentOf(deps.vault, ref.businessId, row, nameOf);
  const openConflicts = facts.conflicts.map((conflict) => ({
    ...conflict,
    groups: conflict.groups.map(nameOf),
  }));
  const { gate, reason } = gateOf({
    entity: ref.entity,
    facts,
    linked: linked !== null,
    rule,
    capabilities: deps.capabilities,
  });
  const generation = generationOf(facts);
  const created =
    facts.created === null || facts.created.generation !== generation ? null : intent(facts.created);
  const now = facts.now.toISOString();
  return {
    ref: { entity: ref.entity, recordId: ref.recordId },
    now,
    version: facts.version,
    externalId: linked?.external_id ?? null,
    gone: linked?.gone_at != null,
    formerExternalIds: former.map((row) => row.external_id),
    generation,
    createdByUs,
    ours,
    oursThere: there.groups,
    unmapped: there.unmapped,
    mirror: linked === null ? null : mirrorOf(ref.recordId, linked),
    observedSentAt: linked === null ? null : iso(linked.observed_sent_at),
    frozen: new Set(openConflicts.flatMap(({ groups }) => groups)),
    openConflicts,
    intents: facts.intents.map(intent),
    written: facts.webhooks.length === 0 ? [] : facts.written.map(intent),
    created,
    cancelledByUs: facts.cancelled_by_us,
    discarded: facts.discarded,
    sighted: facts.box.flatMap((row) => row.external_id ?? []),
    sighting: facts.box.some((row) => row.operation === 'observe' || row.operation === 'resolve'),
    evidence: await evidenceOf(context, tx, facts),
    gate,
    gateReason: reason,
    ...spanOf(facts, ours),
    pushUntil: new Date(facts.now.getTime() + rule.conditions.maxAdvanceBooking * 86_400_000).toISOString(),
    directionOf: directionsOf(adapter, facts, rule, localOf(now, context.business.zone).slice(0, 10)),
    policyOf: (group) => policyFor(rule, ref.entity, group),
    editedAt: editedAt(facts, ours, linked),
    memory: memoryOf(linked, nameOf),
  };
}

/** A scope for looking: nothing is locked, nothing is noted. */
export function lookingScope({ deps, business, run }: ProcessContext, tx: Tx, now: Date): ApplyScope {
  return {
    tx,
    vault: deps.vault,
    businessId: business.id,
    zone: business.zone,
    currency: business.currency,
    runId: run.runId,
    now: now.toISOString(),
    links: NO_LINKS,
    plan: null,
    audit: [],
    readOnly: true,
  };
}

function mirrorOf(recordId: string, row: MirrorFacts): NonNullable<RecordView['mirror']> {
  return {
    recordId,
    remote: row.remote,
    baseTheirs: row.base_theirs,
    baseOurs: row.base_ours,
    baseCounters: row.base_counters,
    observedReceivedAt: iso(row.observed_received_at),
  };
}

/** An import uid of ours; where none can be carried, a create that acted. */
function isOurs(recordId: string, facts: Facts): boolean {
  const carries = facts.mirrors.some((row) => row.import_uid?.startsWith(`${recordId}:`) === true);
  const state = facts.created?.state;
  return carries || ((state === 'confirmed' || state === 'late_acted') && facts.items.length === 0);
}

/** A visit keeps its generation itself; of other records it is that of the last create. */
function generationOf(facts: Facts): number {
  const own = facts.row?.generation;
  if (typeof own === 'number') return own;
  return facts.created?.generation ?? 1;
}

function spanOf(
  facts: Facts,
  ours: OursState | null,
): Pick<RecordView, 'startsAt' | 'endsAt' | 'ambiguousTime'> {
  const starts = facts.row?.starts_at;
  const ends = facts.row?.ends_at;
  if (typeof starts !== 'string' || typeof ends !== 'string') {
    return { startsAt: null, endsAt: null, ambiguousTime: false };
  }
  const marked = facts.items.some((item) => item.start_mark !== 'exact' || item.end_mark !== 'exact');
  return {
    startsAt: iso(starts),
    endsAt: iso(ends),
    ambiguousTime: marked || (ours !== null && isAmbiguous(ours.groups.time)),
  };
}

function isAmbiguous(time: GroupStates[string] | undefined): boolean {
  const zone = partText(time, 'zone');
  if (zone === null) return false;
  return ['startsLocal', 'endsLocal'].some((name) => {
    const local = partText(time, name);
    return local !== null && resolveLocal(local, zone).mark !== 'exact';
  });
}

/** What Booksy alone can know of a visit, whatever a rule says: the zone is the salon's. Days that cannot be told only come in. */
function directionsOf(
  adapter: WriteAdapter,
  facts: Facts,
  rule: SyncRule,
  today: string,
): (group: string) => Direction {
  const reservation = adapter.entity === 'time_off' && facts.row?.source === 'reservation';
  return (group) => {
    if (reservation || (adapter.entity === 'booking' && group === 'zone')) return 'in';
    if (adapter.entity === 'hours' && !isTellable(group, today)) return 'in';
    return directionFor(rule, adapter.entity, group);
  };
}

function memoryOf(linked: MirrorFacts | null, nameOf: (group: string) => string): RecordMemory {
  const { turns, read, waits } = linked?.flips ?? {};
  return {
    ...(turns === undefined ? {} : { turns: renamed(turns, nameOf) }),
    ...(read === undefined ? {} : { read: renamed(read, nameOf) }),
    ...(waits === undefined ? {} : { waits: renamed(waits, nameOf) }),
  };
}

function iso(text: string): string {
  return new Date(text).toISOString();
}
