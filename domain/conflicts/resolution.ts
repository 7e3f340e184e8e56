/**
 * What a person (or a rule) decides about a conflict, as it travels: in the body of the resolve endpoint, in the signal
 * `resolve` of the workflow (R33), and in the row. Read by hand here, because workflow code carries no schema library.
 */
export const CHOICES = ['keep-platform', 'keep-booksy', 'groups', 'move', 'keep-both', 'ignore'] as const;
export type Choice = (typeof CHOICES)[number];

export const SIDES = ['platform', 'booksy'] as const;
export type Side = (typeof SIDES)[number];

/** A new time for a visit. Local times of the business, `YYYY-MM-DDTHH:MM`. */
export interface Move {
  /** Which visit, where the conflict is about several; else the platform's own, or the only one. */
  readonly recordId: string | null;
  /** Which part of it; null moves the visit whole. */
  readonly itemId: string | null;
  readonly startsLocal: string;
  /** Null keeps the staff. */
  readonly staffId: string | null;
}

export interface Resolution {
  readonly choice: Choice;
  /** Side by group, for `groups` only. */
  readonly groups: { readonly [group: string]: Side };
  /** For `move` only. */
  readonly move: Move | null;
  /** What stays: a visit's id where both come from one side, Booksy's id of a double. */
  readonly keep: string | null;
}

/** A resolution as the signal brings it. */
export interface SignalledResolution extends Resolution {
  readonly resolutionId: string;
  /** The decision stands in the row (made through the API, with its actor and reason): the rest here is for the eye only. */
  readonly stored: boolean;
  readonly reason: string | null;
}

/** A signal that only names a decision which stands in the row. */
export function storedSignal(resolutionId: string): SignalledResolution {
  // The choice here counts for nothing: what is carried out is the row's.
  return { resolutionId, stored: true, choice: 'ignore', groups: {}, move: null, keep: null, reason: null };
}

export type ParsedSignal = { readonly resolution: SignalledResolution } | { readonly fault: string };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const LOCAL = /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d$/;
const LONGEST_REASON = 500;
const KNOWN = ['resolutionId', 'choice', 'groups', 'move', 'keep', 'actor', 'reason', 'stored'];

/**
 * Reads a signal, also one that a person typed in the Temporal Web UI.
 *
 * @param freshId id for a resolution that came without one
 */
export function parseSignal(raw: unknown, freshId: string): ParsedSignal {
  if (!isRecord(raw)) return fault('it must be a JSON object such as {"choice":"keep-platform"}');
  const stranger = Object.keys(raw).find((key) => !KNOWN.includes(key));
  if (stranger !== undefined) return fault(`it has a member that is not known: ${stranger.slice(0, 40)}`);
  const resolutionId = raw.resolutionId ?? freshId;
  if (typeof resolutionId !== 'string' || !UUID.test(resolutionId))
    return fault('resolutionId must be a uuid');
  const choice = CHOICES.find((each) => each === raw.choice);
  if (choice === undefined) return fault(`choice must be one of ${CHOICES.join(', ')}`);
  const groups = parseGroups(raw.groups);
  if (groups === null) return fault('groups must name platform or booksy for each group');
  const move = parseMove(raw.move);
  if (move === 'fault')
    return fault('move must have startsLocal (YYYY-MM-DDTHH:MM), and may have recordId, itemId, staffId');
  if (choice === 'move' && move === null) return fault('move must say where to: {"startsLocal":"…"}');
  if (raw.keep !== undefined && !isShort(raw.keep)) return fault('keep must be the id of what stays');
  if (raw.reason !== undefined && !isShort(raw.reason))
    return fault('reason must be a text of 500 characters at most');
  return {
    resolution: {
      resolutionId: resolutionId.toLowerCase(),
      choice,
      groups,
      move,
      keep: isShort(raw.keep) ? raw.keep : null,
      reason: isShort(raw.reason) ? raw.reason : null,
      stored: raw.stored === true,
    },
  };
}

function parseGroups(raw: unknown): Resolution['groups'] | null {
  if (raw === undefined || raw === null) return {};
  if (!isRecord(raw)) return null;
  const groups: Record<string, Side> = {};
  for (const [group, value] of Object.entries(raw)) {
    const side = SIDES.find((each) => each === value);
    if (side === undefined) return null;
    groups[group] = side;
  }
  return groups;
}

function parseMove(raw: unknown): Move | null | 'fault' {
  if (raw === undefined || raw === null) return null;
  if (!isRecord(raw)) return 'fault';
  if (typeof raw.startsLocal !== 'string' || !LOCAL.test(raw.startsLocal)) return 'fault';
  const ids = { recordId: idOf(raw.recordId), itemId: idOf(raw.itemId), staffId: idOf(raw.staffId) };
  if (ids.recordId === false || ids.itemId === false || ids.staffId === false) return 'fault';
  return {
    startsLocal: raw.startsLocal,
    recordId: ids.recordId,
    itemId: ids.itemId,
    staffId: ids.staffId,
  };
}

function idOf(raw: unknown): string | null | false {
  if (raw === undefined || raw === null) return null;
  return typeof raw === 'string' && UUID.test(raw) ? raw.toLowerCase() : false;
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= LONGEST_REASON;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fault(text: string): ParsedSignal {
  return { fault: text };
}
