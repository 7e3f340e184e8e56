import { describe, expect, it } from 'vitest';
import { CONFLICT_KINDS } from '../../../../domain/conflict-kinds.ts';
import { groupsHere, groupsHereWhole, type GroupLinks } from '../../../../domain/conflicts/translate.ts';
import { groupText, kindText, reasonText, valueText } from '../../../../domain/conflicts/words.ts';
import type { GroupStates } from '../../../../domain/merge.ts';

describe('groups of Booksy in our ids', () => {
  const links: GroupLinks = {
    staff: new Map([['1', 's1']]),
    rooms: new Map([['9', 'r9']]),
    clients: new Map([['5', 'c5']]),
    categories: new Map(),
    services: new Map(),
    variants: new Map([['20', 'v20']]),
  };
  const theirs: GroupStates = {
    clientNote: 'a',
    client: '5',
    importUid: 'x:1',
    'item:7:time': { startsLocal: '2026-03-02T10:00', staff: '1', room: null },
    'item:7:service': { variant: '21', name: 'Cut' },
    owner: '9',
    staff: ['1'],
  };

  it('leave out what is not linked, and say nothing of what is Booksy’s alone', () => {
    expect(groupsHere(theirs, links)).toEqual({
      clientNote: 'a',
      client: 'c5',
      'item:7:time': { startsLocal: '2026-03-02T10:00', staff: 's1', room: null },
      owner: { kind: 'room', id: 'r9' },
      staff: ['s1'],
    });
  });

  it('are taken without it where a record is made anew', () => {
    expect(groupsHereWhole(theirs, links)['item:7:service']).toEqual({ variant: null, name: 'Cut' });
    expect(groupsHereWhole({ client: '6' }, links)).toEqual({ client: null });
  });
});

describe('the words of a card', () => {
  it.each(CONFLICT_KINDS)('say what %s is, and why', (kind) => {
    expect(kindText(kind)).toMatch(/^[A-Z]/);
    expect(reasonText(kind, {})).toMatch(/^[A-Z].*\.$/);
  });

  it('say times, names and ends as a salon does', () => {
    const names = new Map([['s1', 'Ola']]);
    const time = {
      startsLocal: '2026-03-02T10:00',
      endsLocal: '2026-03-02T10:45',
      anyStaff: false,
      staff: 's1',
      room: null,
    };
    expect(valueText('item:7:time', time, names)).toBe('2026-03-02 10:00–10:45, Ola');
    expect(valueText('item:7:service', { variant: 'v', name: 'Cut' }, names)).toBe('Cut');
    expect(valueText('status', { status: 'cancelled', reason: 'client' }, names)).toBe('cancelled, client');
    expect(valueText('name', { given: 'Ala', family: 'Próbna' }, names)).toBe('Ala Próbna');
    expect(valueText('clientNote', null, names)).toBeNull();
    expect(groupText('item:7:time')).toBe('Time and staff');
    expect(groupText('clientNote')).toBe('Note of the client');
    expect(reasonText('refused_by_booksy', { code: 'not_modifiable' })).toContain('change it in Booksy');
  });
});
