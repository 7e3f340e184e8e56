/** The kinds of record as people call them. The API says `profile` and `booking`; nobody in a salon does. */
import { SYNC_ENTITIES, type SyncEntity } from '../domain/entities.ts';

const WORDS: Readonly<Record<SyncEntity, string>> = {
  category: 'category',
  service: 'service',
  variant: 'variant',
  staff: 'staff',
  room: 'room',
  hours: 'hours',
  time_off: 'time off',
  profile: 'client',
  booking: 'visit',
};

/** "client" for `profile`; what is not known stays as it is. */
export function entityWord(entity: string): string {
  return isEntity(entity) ? WORDS[entity] : entity.replaceAll('_', ' ');
}

/** The API's name of what a person typed: `client` and `profile` are the same. Null where it is neither. */
export function entityNamed(text: string): SyncEntity | null {
  const asked = text.trim().toLowerCase();
  if (isEntity(asked)) return asked;
  return SYNC_ENTITIES.find((entity) => WORDS[entity] === asked.replaceAll('-', ' ')) ?? null;
}

/** What may be typed, for the help. */
export const ENTITY_WORDS: readonly string[] = SYNC_ENTITIES.map((entity) =>
  WORDS[entity].replaceAll(' ', '-'),
);

function isEntity(text: string): text is SyncEntity {
  return SYNC_ENTITIES.some((entity) => entity === text);
}
