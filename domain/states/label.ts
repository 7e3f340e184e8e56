import type { SyncEntity } from '../entities.ts';
import type { GroupStates } from '../merge.ts';
import type { Json } from '../canonical.ts';

/** A record in a few words, for the person who decides about it. Holds names: never for logs, ledgers or workflows. */
export function labelOf(entity: SyncEntity, groups: GroupStates): string {
  switch (entity) {
    case 'profile':
      return words([part(groups.name, 'given'), part(groups.name, 'family')]) || NAMELESS;
    case 'booking':
      return words([startOf(groups), text(groups.clientName)]) || NAMELESS;
    case 'variant':
      return (
        words([
          text(groups.label),
          typeof groups.durationMinutes === 'number' ? `${String(groups.durationMinutes)} min` : '',
        ]) || NAMELESS
      );
    case 'time_off':
      return words([part(groups.time, 'startsLocal'), text(groups.reason)]) || NAMELESS;
    case 'hours':
      return 'opening hours';
    case 'category':
    case 'service':
    case 'staff':
    case 'room':
      return text(groups.name) || NAMELESS;
  }
}

const NAMELESS = '(without a name)';

function startOf(groups: GroupStates): string {
  const starts = Object.entries(groups)
    .filter(([group]) => group.startsWith('item:') && group.endsWith(':time'))
    .map(([, time]) => part(time, 'startsLocal'))
    .sort();
  return (starts[0] ?? '').replace('T', ' ');
}

function part(value: Json | undefined, name: string): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return '';
  return text((value as { readonly [key: string]: Json })[name]);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function words(parts: readonly string[]): string {
  return parts.filter((each) => each !== '').join(' ');
}
