/** The seat of a drain (R28): news are either taken up by the drain that sits, or wake the workflow; never neither. */
import { describe, expect, it } from 'vitest';
import { createWakes } from '../../../../activities/drain/wakes.ts';

const never = new AbortController().signal;

describe('the seats of a process', () => {
  it('take up news while somebody sits, and give them back once the seat is left', () => {
    const wakes = createWakes();
    expect(wakes.poke('a')).toBe(false);
    const seat = wakes.enter('a');
    seat.looking();
    expect(wakes.poke('a')).toBe(true);
    expect(wakes.poke('b')).toBe(false);
    expect(seat.leave()).toBe(false);
    seat.looking();
    expect(seat.leave()).toBe(true);
    expect(wakes.poke('a')).toBe(false);
  });

  it('wake a drain that waits, at once', async () => {
    const wakes = createWakes();
    const seat = wakes.enter('a');
    seat.looking();
    const news = seat.news(60_000, never);
    wakes.poke('a');
    expect(await news).toBe(true);
    seat.looking();
    expect(await seat.news(1, never)).toBe(false);
  });

  it('mark every seat of a business, and keep the second when the first is left', () => {
    const wakes = createWakes();
    const [slow, again] = [wakes.enter('a'), wakes.enter('a')];
    slow.looking();
    again.looking();
    expect(wakes.poke('a')).toBe(true);
    slow.abandon();
    expect(again.leave()).toBe(false);
    again.looking();
    expect(wakes.poke('a')).toBe(true);
    again.abandon();
    expect(wakes.poke('a')).toBe(false);
    // Leaving twice frees nobody else's seat.
    const third = wakes.enter('a');
    slow.abandon();
    expect(wakes.poke('a')).toBe(true);
    third.abandon();
  });

  it('tell who sits down', () => {
    const wakes = createWakes();
    const entered: string[] = [];
    wakes.onEnter((businessId) => entered.push(businessId));
    wakes.enter('a');
    wakes.enter('b');
    expect(entered).toEqual(['a', 'b']);
  });
});
