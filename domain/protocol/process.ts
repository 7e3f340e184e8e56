import { NOTHING } from './commit.ts';
import { judge, type Judgement } from './judge.ts';
import { judgeGone } from './gone.ts';
import type { ProcessReport, RecordPort } from './port.ts';
import { abandonedIntents, settleSiblingWrites } from './standing.ts';
import { DEFAULT_SETTINGS, earliest, MOST_ROUNDS, type ProtocolSettings } from './settings.ts';
import { settle } from './settle.ts';
import { mustLookForSiblings, planSibling } from './siblings.ts';
import { isEnded } from '../states/visit.ts';
import type { Finding, Intent, Reading, RecordView } from './types.ts';
import { adopt, chooseOne, mustLookFor, openCreates, planUnlinked } from './unlinked.ts';
import { importUidOf } from './words.ts';

/** What a process has done so far. */
interface Tally {
  rounds: number;
  writes: number;
  conflicts: number;
  /** A look at siblings is due although no box row says so. */
  lookForSiblings: boolean;
  /** Booksy said of a write that there is nothing to write to. */
  notFound: boolean;
}

type Step =
  { readonly kind: 'again' } | (Pick<ProcessReport, 'outcome' | 'dueAt'> & { readonly kind: 'end' });

const AGAIN: Step = { kind: 'again' };

/** Nothing was written: the record changed meanwhile, or the lease was lost to a pause (R13). Only with it there is a next round. */
async function nextRound(port: RecordPort): Promise<Step> {
  return (await port.takeLease()) ? AGAIN : { kind: 'end', outcome: 'leased', dueAt: null };
}

/**
 * Brings one record into step with Booksy, whichever side changed (PROTOCOL.md, "The algorithm that passed"). Every entry
 * point ends here: box rows, due intents, memories, sweeps, resolutions. Deterministic; touches the world by its port only.
 *
 * @throws what the port throws where Booksy or the database does not answer a read: nothing is lost, the box rows stay
 */
export async function processRecord(
  port: RecordPort,
  settings: ProtocolSettings = DEFAULT_SETTINGS,
): Promise<ProcessReport> {
  const tally: Tally = { rounds: 0, writes: 0, conflicts: 0, lookForSiblings: false, notFound: false };
  const report = (outcome: ProcessReport['outcome'], dueAt: string | null): ProcessReport => ({
    outcome,
    dueAt,
    rounds: tally.rounds,
    writes: tally.writes,
    conflicts: tally.conflicts,
  });
  // R13: who holds no lease leaves the record alone; its box rows stay.
  if (!(await port.takeLease())) return report('leased', null);
  try {
    while (tally.rounds < MOST_ROUNDS) {
      tally.rounds += 1;
      const step = await round(port, settings, tally);
      if (step.kind === 'end') return report(step.outcome, step.dueAt);
    }
    return report('unsettled', null);
  } finally {
    await port.releaseLease();
  }
}

async function round(port: RecordPort, settings: ProtocolSettings, tally: Tally): Promise<Step> {
  const view = await port.load();
  // R14: an open intent whose process is gone may have been sent.
  const abandoned = abandonedIntents(view);
  if (abandoned.length > 0) {
    const { committed } = await port.commit(view, { ...NOTHING, intents: abandoned });
    return committed ? AGAIN : nextRound(port);
  }
  const siblingWrites = await settleSiblingWrites(port, view, settings);
  if (siblingWrites.changes.length > 0) {
    const { committed } = await port.commit(view, { ...NOTHING, intents: siblingWrites.changes });
    if (siblingWrites.lookAgain) tally.lookForSiblings = true;
    return committed ? AGAIN : nextRound(port);
  }
  const step =
    view.externalId === null ? unlinked(port, view, settings, tally) : linked(port, view, settings, tally);
  const ended = await step;
  return ended.kind === 'again' ? ended : { ...ended, dueAt: earliest(ended.dueAt, siblingWrites.dueAt) };
}

async function linked(
  port: RecordPort,
  view: RecordView,
  settings: ProtocolSettings,
  tally: Tally,
): Promise<Step> {
  const externalId = view.externalId ?? '';
  const reading = await port.read(view, externalId);
  const ended = reading.kind === 'gone' || isEnded(reading.seen.theirs);
  const doubts = tally.lookForSiblings || hintsAtSiblings(view);
  const looks = doubts || mustLookForSiblings(view, ended);
  const siblings = looks ? await findSiblings(port, view) : null;
  const judged =
    reading.kind === 'gone'
      ? judgeGone(view, reading, siblings, settings)
      : judge({ view, seen: reading.seen, siblings, answered: null, settings });
  if (judged === null) return AGAIN;
  // R18a: where the linked one ended and the visit lives here, a person decides; nothing of it is ended by us.
  const undecided = ended && view.ours !== null && !view.ours.ended;
  const decided =
    siblings === null || judged.wish !== null || undecided
      ? judged
      : await withSiblings(port, view, judged, siblings, tally);
  // Doubles wait for their turn behind the record's own write.
  tally.lookForSiblings = doubts && judged.wish !== null;
  return carryOut(port, view, decided, reading, settings, tally);
}

/** A list, a webhook, or a create whose memory ends now says that there may be siblings (R15b, R16a). */
function hintsAtSiblings(view: RecordView): boolean {
  if (view.ref.entity !== 'booking') return false;
  return (
    view.sighting ||
    view.evidence.some(({ externalId, importUid }) => externalId !== view.externalId && importUid !== null) ||
    view.intents.some(
      ({ operation, rememberedUntil }) =>
        operation === 'create' && rememberedUntil !== null && rememberedUntil <= view.now,
    )
  );
}

/** The write that the judgement wishes for is committed with it, then sent, then settled. */
async function carryOut(
  port: RecordPort,
  view: RecordView,
  judged: Judgement,
  reading: Reading | null,
  settings: ProtocolSettings,
  tally: Tally,
): Promise<Step> {
  const commit = { ...judged.commit, open: judged.wish, generation: judged.generation };
  const { committed, intent } = await port.commit(view, commit);
  if (!committed) return nextRound(port);
  tally.conflicts += commit.conflicts.length;
  if (intent === null)
    return { kind: 'end', outcome: tally.writes > 0 ? written(judged) : judged.outcome, dueAt: judged.dueAt };
  return send(port, view, intent, reading, settings, tally, judged.dueAt);
}

function written(judged: Judgement): ProcessReport['outcome'] {
  return judged.outcome === 'in_step' ? 'written' : judged.outcome;
}

async function send(
  port: RecordPort,
  view: RecordView,
  intent: Intent,
  reading: Reading | null,
  settings: ProtocolSettings,
  tally: Tally,
  dueAt: string | null,
): Promise<Step> {
  const answer = await port.send(view, intent, reading);
  const settled = await settle(port, intent, answer, { ...settings, notFoundBefore: tally.notFound });
  tally.notFound ||= answer.kind === 'refused' && answer.code === 'not_found';
  switch (settled.kind) {
    case 'lost':
      return nextRound(port);
    case 'written':
      tally.writes += 1;
      tally.conflicts += settled.conflicts;
      return settled.more || tally.lookForSiblings ? AGAIN : { kind: 'end', outcome: 'written', dueAt };
    case 'refused':
      // What else there is to write is planned again, with the refused groups on a conflict.
      tally.conflicts += settled.conflicts;
      return AGAIN;
    case 'unsent':
      return { kind: 'end', outcome: 'waiting', dueAt: earliest(dueAt, settled.dueAt) };
    case 'unknown':
      return { kind: 'end', outcome: 'waiting', dueAt: earliest(dueAt, settled.dueAt) };
  }
}

async function unlinked(
  port: RecordPort,
  view: RecordView,
  settings: ProtocolSettings,
  tally: Tally,
): Promise<Step> {
  const finding = mustLookFor(view) ? await findAny(port, view) : null;
  if (finding !== null) {
    const named = view.evidence
      .filter(({ importUid }) => importUid !== null)
      .map(({ externalId }) => externalId);
    const chosen = chooseOne(
      finding,
      named.filter((id) => !view.formerExternalIds.includes(id)),
      view.discarded,
    );
    const reading = chosen === null ? null : await port.read(view, chosen);
    if (reading?.kind === 'found') {
      const adopted = adopt(view, reading.seen, finding, settings);
      if (adopted === null) return AGAIN;
      const { committed } = await port.commit(view, adopted.commit);
      if (!committed) return nextRound(port);
      tally.conflicts += adopted.commit.conflicts.length;
      tally.lookForSiblings = !adopted.commit.clearsBox;
      return adopted.wish !== null || tally.lookForSiblings
        ? AGAIN
        : { kind: 'end', outcome: adopted.outcome, dueAt: adopted.dueAt };
    }
  }
  return carryOut(port, view, planUnlinked(view, finding, settings), null, settings, tally);
}

/** Objects of this generation that carry our import uid; where nothing carries one, what matches the create exactly (R15). */
async function findAny(port: RecordPort, view: RecordView): Promise<Finding> {
  const finding = await port.find(
    view,
    importUidOf(view, view.generation),
    openCreates(view).at(-1) ?? view.created,
  );
  return withoutKnown(view, finding);
}

/** Objects of any generation that carry our import uid, but for the linked one and those that were linked before. */
async function findSiblings(port: RecordPort, view: RecordView): Promise<Finding> {
  return withoutKnown(view, await port.find(view, null, view.created));
}

function withoutKnown(view: RecordView, finding: Finding): Finding {
  // What a person gave up is looked at until it has ended, also where it was linked once.
  const former = view.formerExternalIds.filter((id) => view.discarded?.includes(id) !== true);
  const known = [view.externalId, ...former];
  return {
    ...finding,
    live: finding.live.filter(({ externalId }) => !known.includes(externalId)),
    ended: finding.ended.filter(({ externalId }) => !known.includes(externalId)),
  };
}

/** R16a: of doubles one is ended in a process, after both were read again. */
async function withSiblings(
  port: RecordPort,
  view: RecordView,
  judged: Judgement,
  siblings: Finding,
  tally: Tally,
): Promise<Judgement> {
  for (const { externalId } of siblings.live) {
    if (view.intents.some((intent) => intent.externalId === externalId && intent.state === 'unknown'))
      continue;
    const reading = await port.read(view, externalId);
    if (reading.kind === 'gone') continue;
    const plan = planSibling(view, reading.seen);
    if (plan.kind === 'leave') continue;
    if (plan.kind === 'conflict') {
      const conflicts = [...judged.commit.conflicts, plan.conflict];
      return { ...judged, commit: { ...judged.commit, conflicts } };
    }
    tally.lookForSiblings = true;
    return { ...judged, wish: plan.wish };
  }
  return judged;
}
