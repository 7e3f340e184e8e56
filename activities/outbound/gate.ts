import type { BooksyCapabilities } from '../../booksy/index.ts';
import type { PushGate, WriteEntity } from '../../domain/protocol/types.ts';
import type { SyncRule } from '../../domain/rules/rules.ts';
import type { Facts } from './facts.ts';

export interface Gate {
  readonly gate: PushGate;
  /** Stable code; null where it is open. */
  readonly reason: string | null;
}

export interface GateInput {
  readonly entity: WriteEntity;
  readonly facts: Pick<Facts, 'business' | 'row' | 'observing'>;
  readonly linked: boolean;
  readonly rule: SyncRule;
  readonly capabilities: Pick<BooksyCapabilities, 'appointmentWrites'>;
}

/** How far writing to Booksy is open for a record now. */
export function gateOf({ entity, facts, linked, rule, capabilities }: GateInput): Gate {
  const { business, row } = facts;
  // Until a person has seen the dry run nothing goes out (R18).
  if (business.push_allowed_at == null) return shut('push_not_approved');
  if (business.circuit_opened_at != null) return shut('circuit_open');
  if (entity === 'booking' && !capabilities.appointmentWrites) return shut('no_appointment_writes');
  // Only visits and time off end there when they end here; catalog and clients stay.
  if (row === null && entity !== 'booking' && entity !== 'time_off') return shut('not_deleted_there');
  if (entity === 'time_off' && row?.source === 'reservation') return shut('reservation');
  if (entity === 'time_off' && row?.stays_here === true) return shut('calendar_stays_here');
  // Hours are as old as their owner there; a week of which no day is stated here is no decision to close for ever (R3).
  if (entity === 'hours' && !linked) return shut('hours_not_read_yet');
  if (entity === 'hours' && row?.stated === false) return shut('hours_not_stated');
  // A visit carries its client inline; a card of its own is made where a rule asks for it (R15, R40).
  if (entity === 'profile' && !linked && !makesCards(rule)) return shut('client_goes_inline');
  // Withdrawal, erasure and cancels still go out (R30).
  if (business.paused_at != null) return { gate: 'cancels_only', reason: 'paused' };
  if (facts.observing) return { gate: 'cancels_only', reason: 'observing' };
  return { gate: 'open', reason: null };
}

/** Whether a rule says in so many words that clients go out. */
function makesCards(rule: SyncRule): boolean {
  const said = rule.directions['profile.name'] ?? rule.directions['profile.*'];
  return said === 'both' || said === 'out';
}

function shut(reason: string): Gate {
  return { gate: 'shut', reason };
}
