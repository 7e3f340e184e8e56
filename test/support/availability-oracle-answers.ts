/** How the oracle says what it found: reasons by their weight, slots as the engine writes them. */
import type { Explanation, Reason, ReasonCode, Slot } from '../../domain/availability/index.ts';
import type { World } from './availability-oracle-world.ts';

export interface OracleChoice {
  readonly staffId: string;
  readonly roomId: string | null;
  readonly seatsLeft: number | null;
  readonly joins: boolean;
}

const SEVERITY: readonly ReasonCode[] = [
  'ambiguous_time',
  'notice',
  'horizon',
  'holiday',
  'closed',
  'time_off',
  'busy',
  'capacity',
  'padding',
  'no_room',
];

/** The hardest first. */
export function sorted(codes: Iterable<ReasonCode>): readonly ReasonCode[] {
  return [...codes].sort((a, b) => SEVERITY.indexOf(a) - SEVERITY.indexOf(b));
}

/** The answer where it is not free. */
export function refusal(reasons: readonly Reason[]): Explanation {
  const item = reasons[0]?.item ?? null;
  const mine = reasons.filter((reason) => reason.item === item);
  const hardestOf = new Map<string, ReasonCode>();
  for (const { staffId, code } of mine) {
    const before = hardestOf.get(String(staffId));
    if (before === undefined || SEVERITY.indexOf(code) < SEVERITY.indexOf(before))
      hardestOf.set(String(staffId), code);
  }
  const code = item === null ? (mine[0]?.code ?? null) : (sorted(hardestOf.values()).at(-1) ?? null);
  return { free: false, offered: false, slot: null, code, reasons };
}

/** The slot that these choices make. */
export function slotAt(
  { wall, parts }: Pick<World, 'wall' | 'parts'>,
  start: number,
  choices: readonly OracleChoice[],
): Slot {
  const moment = (minute: number) => new Date(minute * 60_000).toISOString();
  const items = choices.map(({ staffId, roomId, seatsLeft }, index) => {
    const part = parts[index];
    const from = start + (part?.offset ?? 0);
    const till = from + (part?.minutes ?? 0);
    return {
      variantId: part?.variantId ?? null,
      staffId,
      roomId,
      startsLocal: wall.show(from),
      endsLocal: wall.show(till),
      startsAt: moment(from),
      endsAt: moment(till),
      seatsLeft,
    };
  });
  const endsAt = items.at(-1)?.endsAt ?? moment(start);
  return {
    startsLocal: wall.show(start),
    endsLocal: items.at(-1)?.endsLocal ?? '',
    startsAt: moment(start),
    endsAt,
    items,
  };
}
