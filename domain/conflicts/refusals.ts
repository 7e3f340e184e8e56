import type { Fit } from './choices.ts';
import { needsMapping, type ConflictFacts } from './choices.ts';

/** Why a resolution was refused. Stable; rows hold them, API and CLI show them. */
export const REFUSAL_CODES = [
  'choice_not_offered',
  'groups_unknown',
  'groups_missing',
  'move_missing',
  'keep_missing',
  'keep_unknown',
  'conflict_changed',
  'conflict_needs_mapping',
  'overbooking_refused',
  'time_taken',
  'move_in_past',
  'move_ambiguous',
  'move_unknown_visit',
  'move_unknown_staff',
  'nothing_to_cancel',
  'record_gone',
  'value_unreadable',
  'not_possible_yet',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

export interface Refusal {
  readonly code: RefusalCode;
  /** What to do instead. Ids and codes only. */
  readonly message: string;
}

/** A refusal as a row keeps it, and back. */
export function refusalText({ code, message }: Refusal): string {
  return `${code}: ${message}`;
}

export function readRefusal(text: string | null): Refusal | null {
  const [head, ...rest] = (text ?? '').split(': ');
  const code = REFUSAL_CODES.find((each) => each === head);
  return code === undefined ? null : { code, message: rest.join(': ') };
}

/** A choice that does not fit, said with what does. */
export function misfitRefusal(facts: ConflictFacts, fit: Extract<Fit, { misfit: string }>): Refusal {
  const { misfit, offered, groups } = fit;
  const choices = `It can be resolved by ${offered.join(', ')}.`;
  switch (misfit) {
    case 'choice_not_offered':
      return needsMapping(facts.kind)
        ? {
            code: 'conflict_needs_mapping',
            message: `Decide in the mapping list what it is linked with; the conflict then closes by itself. ${choices}`,
          }
        : { code: misfit, message: `A conflict of kind ${facts.kind} has no such choice. ${choices}` };
    case 'groups_unknown':
      return { code: misfit, message: `In dispute are ${groups.join(', ')}, and nothing else.` };
    case 'groups_missing':
      return { code: misfit, message: `Name a side for each of ${groups.join(', ')}.` };
    case 'move_missing':
      return { code: misfit, message: 'Say where to: {"startsLocal":"YYYY-MM-DDTHH:MM"}.' };
    case 'keep_missing':
      return {
        code: misfit,
        message: 'Both visits come from one side: name with `keep` the one that stays.',
      };
  }
}
