import { describe, expect, it } from 'vitest';
import { countActions, type CountedEvent } from '../../../infra/local/measure.ts';

const event = (kind: CountedEvent['kind'], attempt = 1): CountedEvent => ({ kind, attempt });

describe('countActions', () => {
  it('counts what Temporal bills and nothing else', () => {
    expect(
      countActions([
        event('started'),
        event('other'),
        event('activityStarted'),
        event('timerStarted'),
        event('signalReceived'),
        event('updateAccepted'),
        event('externalSignal'),
        event('attributesUpserted'),
        event('marker'),
      ]),
    ).toBe(8);
  });

  it('counts every attempt of an activity and a child twice', () => {
    expect(countActions([event('activityStarted', 4), event('childInitiated')])).toBe(6);
  });
});
