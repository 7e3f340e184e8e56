import { describe, expect, it } from 'vitest';
import { SYNC_ENTITIES } from '../../../../domain/entities.ts';
import { labelOf } from '../../../../domain/states/label.ts';

describe('the label of a record', () => {
  it.each([
    ['profile', { name: { given: 'Nela', family: 'Sroka' } }, 'Nela Sroka'],
    ['profile', { name: { given: '', family: '' } }, '(without a name)'],
    ['service', { name: 'Cut' }, 'Cut'],
    ['variant', { label: 'long hair', durationMinutes: 45 }, 'long hair 45 min'],
    ['variant', { label: null, durationMinutes: 30 }, '30 min'],
    ['staff', { name: 'Ida' }, 'Ida'],
    ['room', { name: 'Cabin 2' }, 'Cabin 2'],
    ['category', { name: 'Hair' }, 'Hair'],
    ['hours', {}, 'opening hours'],
    [
      'time_off',
      { time: { startsLocal: '2030-05-01T09:00' }, reason: 'vacation' },
      '2030-05-01T09:00 vacation',
    ],
    [
      'booking',
      {
        clientName: 'Nela S.',
        'item:b:time': { startsLocal: '2030-05-01T11:00' },
        'item:a:time': { startsLocal: '2030-05-01T10:00' },
      },
      '2030-05-01 10:00 Nela S.',
    ],
  ] as const)('%s %o is "%s"', (entity, groups, label) => {
    expect(labelOf(entity, groups)).toBe(label);
  });

  it('is never empty', () => {
    for (const entity of SYNC_ENTITIES) expect(labelOf(entity, {})).not.toBe('');
  });
});
