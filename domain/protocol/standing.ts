import { isEnded } from '../states/visit.ts';
import { endIntent, rememberIntent } from './commit.ts';
import type { IntentChange, RecordPort } from './port.ts';
import { earliest, later, type ProtocolSettings } from './settings.ts';
import type { RecordView } from './types.ts';

/**
 * R14: a write whose process is gone (crashed, or past its lease) may have been sent: its outcome is unknown. Whoever holds the
 * record's lease and finds one open knows that nobody else is about to send it (R13b).
 */
export function abandonedIntents(view: RecordView): readonly IntentChange[] {
  return view.intents
    .filter(({ state }) => state === 'open')
    .map(({ id }) => ({ id, state: 'unknown', dueAt: view.now, rememberedUntil: null }));
}

export interface SiblingWrites {
  readonly changes: readonly IntentChange[];
  /** One was given up: the siblings have to be looked at again. */
  readonly lookAgain: boolean;
  readonly dueAt: string | null;
}

/** Cancels of siblings (R16a) whose outcome is unknown: the sibling's own state tells. */
export async function settleSiblingWrites(
  port: RecordPort,
  view: RecordView,
  settings: ProtocolSettings,
): Promise<SiblingWrites> {
  const changes: IntentChange[] = [];
  let lookAgain = false;
  let dueAt: string | null = null;
  for (const intent of view.intents) {
    const { externalId, operation, state } = intent;
    if (externalId === null || externalId === view.externalId || operation === 'create') continue;
    // What was written to an earlier generation ended with it: nothing follows from its acting late.
    if (view.formerExternalIds.includes(externalId)) {
      if (state === 'unknown' || state === 'unsent') changes.push(endIntent(intent, 'superseded'));
      else if (intent.rememberedUntil !== null && intent.rememberedUntil <= view.now)
        changes.push(endIntent(intent, 'closed'));
    } else if (state === 'unsent') {
      changes.push(endIntent(intent, 'unsent'));
      lookAgain = true;
    } else if (state === 'unknown') {
      const reading = await port.read(view, externalId);
      const receivedAt = reading.kind === 'gone' ? reading.receivedAt : reading.seen.interval.receivedAt;
      const expiresAt = later(intent.openedAt, settings.unknownForMs);
      if (reading.kind === 'gone' || isEnded(reading.seen.theirs))
        changes.push(endIntent(intent, 'confirmed'));
      else if (reading.seen.interval.sentAt >= expiresAt) {
        changes.push(rememberIntent(intent, 'expired', later(receivedAt, settings.memoryMs)));
        lookAgain = true;
      } else dueAt = earliest(dueAt, earliest(later(receivedAt, settings.lookEveryMs), expiresAt));
    } else if (intent.rememberedUntil !== null) {
      if (intent.rememberedUntil <= view.now) changes.push(endIntent(intent, 'closed'));
      else dueAt = earliest(dueAt, intent.rememberedUntil);
    }
  }
  return { changes, lookAgain, dueAt };
}
