import { NO_COUNTS, type CountedEntity, type EntityCounts as EntityCount } from '../../domain/counts.ts';
import { counted, thousands } from '../format.ts';

/** The kinds and outcomes of SPEC §15, in the order in which they are printed. */
export const ENTITY_NAMES = [
  'services',
  'staff',
  'rooms',
  'hours',
  'timeOff',
  'clients',
  'visits',
] as const satisfies readonly CountedEntity[];
export type EntityName = (typeof ENTITY_NAMES)[number];
const OUTCOMES = ['created', 'linked', 'updated', 'unchanged', 'quarantined', 'unsure'] as const;

export type EntityCounts = Readonly<Record<EntityName, EntityCount>>;

/**
 * Adds up the `counts` of some runs. What is missing counts as 0, so that the answer always has every member.
 * @param all the `counts` members as the ledger keeps them
 */
export function sumEntities(all: readonly unknown[]): EntityCounts {
  const sum = (name: EntityName): EntityCount =>
    OUTCOMES.reduce((count, outcome) => ({ ...count, [outcome]: total(all, name, outcome) }), NO_COUNTS);
  return {
    services: sum('services'),
    staff: sum('staff'),
    rooms: sum('rooms'),
    hours: sum('hours'),
    timeOff: sum('timeOff'),
    clients: sum('clients'),
    visits: sum('visits'),
  };
}

/** Records of ours that these runs have put on the way to Booksy. */
export function sumMarked(all: readonly unknown[]): number {
  return all.reduce<number>((sum, counts) => {
    const marked = member(member(counts, 'platform'), 'marked');
    return sum + (typeof marked === 'number' ? marked : 0);
  }, 0);
}

function total(all: readonly unknown[], name: EntityName, outcome: (typeof OUTCOMES)[number]): number {
  return all.reduce<number>((sum, counts) => {
    const value = member(member(counts, name), outcome);
    return sum + (typeof value === 'number' ? value : 0);
  }, 0);
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

const WORDS: Readonly<Record<EntityName, readonly [string, string]>> = {
  services: ['service', 'services'],
  staff: ['staff member', 'staff members'],
  rooms: ['room', 'rooms'],
  hours: ['set of hours', 'sets of hours'],
  timeOff: ['time off', 'times off'],
  clients: ['client', 'clients'],
  visits: ['visit', 'visits'],
};

/** What arrived, a line for each kind: "  6,000 visits       5,988 new · 2 changed · 10 set aside". */
export function entityLines(entities: EntityCounts): string[] {
  return ENTITY_NAMES.map((name) => {
    const count = entities[name];
    const sum = OUTCOMES.reduce((all, outcome) => all + count[outcome], 0);
    const [one, many] = WORDS[name];
    const parts = [
      part(count.created, 'new'),
      part(count.linked, 'recognised'),
      part(count.updated, 'changed'),
      part(count.unchanged, 'as before'),
      part(count.unsure, 'unsure'),
      part(count.quarantined, 'set aside, unreadable'),
    ].filter((text) => text !== '');
    return `  ${counted(sum, one, many).padEnd(20)} ${parts.join(' · ')}`.trimEnd();
  });
}

function part(count: number, word: string): string {
  return count === 0 ? '' : `${thousands(count)} ${word}`;
}
