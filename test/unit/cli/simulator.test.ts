import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findSimulator, type SimulatorControl } from '../../../cli/simulator/control.ts';
import {
  clock,
  faults,
  open,
  parseDay,
  parseObject,
  parseSpan,
  reset,
  settlement,
} from '../../../cli/simulator/deeds.ts';
import { createProgram } from '../../../cli/main.ts';
import { startTestSimulator, type TestSimulator } from '../../support/simulator.ts';
import { outputOf } from './support/captured.ts';

let simulator: TestSimulator;
let control: SimulatorControl;
beforeAll(async () => {
  simulator = await startTestSimulator({ limits: { algorithm: 'fixed', limit: 77 } });
  control = findSimulator({ data: '/nowhere', simulator: `${simulator.url}/` });
});
afterAll(() => simulator.stop());

describe('booksy simulator reset', () => {
  it('makes the salons anew in another size and keeps the settings', async () => {
    await simulator.configure({ latencyMs: 3 });
    const { output, object } = outputOf(true);
    await reset(control, { salons: 2, visits: 10 }, output);
    const made = z.object({ salons: z.array(z.looseObject({ name: z.string() })) }).parse(object());
    expect(made.salons).toHaveLength(2);
    expect(await simulator.control('GET', '/settings')).toMatchObject({
      latencyMs: 3,
      limits: { limit: 77, algorithm: 'fixed' },
    });
    await simulator.configure({ latencyMs: 0 });
  });

  it('passes on what the simulator refuses, with the name of the field', async () => {
    await expect(reset(control, { visits: 10 ** 9 }, outputOf(true).output)).rejects.toMatchObject({
      code: 'simulator_refused',
      message: expect.stringContaining('visits') as string,
    });
  });
});

describe('booksy simulator clock', () => {
  const told = z.object({ now: z.iso.datetime(), offsetMs: z.number(), skewMs: z.number() });

  it('tells the time, pushes it on, and lets it be wrong', async () => {
    const before = outputOf(true);
    await clock(control, {}, before.output);
    const pushed = outputOf(true);
    await clock(control, { advance: parseSpan('2h'), skew: parseSpan('-5s') }, pushed.output);
    expect(told.parse(before.object())).toMatchObject({ offsetMs: 0, skewMs: 0 });
    expect(told.parse(pushed.object())).toMatchObject({ offsetMs: 7_200_000, skewMs: -5_000 });
    const people = outputOf(false);
    await clock(control, { skew: 0 }, people.output);
    expect(people.streams.out()).toContain('2 h 0 min ahead of this machine');
    expect(people.streams.out()).not.toContain('wrongly');
  });
});

describe('booksy simulator faults', () => {
  it('arms one, shows it, and takes all away', async () => {
    const armed = outputOf(false);
    const route = 'GET /business/{business_id}/appointment/';
    await faults(
      control,
      { add: 'status', route, count: 2, status: 503, set: { skip: 1 }, clear: false },
      armed.output,
    );
    expect(armed.streams.out()).toMatch(/status +GET \/business\/\{business_id\}\/appointment\/ +0 +2\n/);
    expect(await simulator.control('GET', '/faults')).toMatchObject({
      faults: [{ spec: { kind: 'status', route, count: 2, status: 503, skip: 1 } }],
    });
    const cleared = outputOf(true);
    await faults(control, { clear: true }, cleared.output);
    expect(cleared.object()).toMatchObject({ ok: true, faults: [] });
  });
});

describe('booksy simulator settlement', () => {
  it('prints the statement as a file for people and as rows for machines', async () => {
    await reset(control, { salons: 1, visits: 400 }, outputOf(true).output);
    const [csv, json] = [outputOf(false), outputOf(true)];
    await settlement(control, {}, csv.output);
    await settlement(control, {}, json.output);
    const lines = csv.streams.out().trimEnd().split('\n');
    expect(lines[0]).toContain('appointment_id');
    expect(lines.length).toBeGreaterThan(1);
    const { from, to } = z.object({ from: z.iso.date(), to: z.iso.date() }).parse(json.object());
    expect((Date.parse(to) - Date.parse(from)) / 86_400_000).toBe(29);
    await expect(settlement(control, { salon: 1, from, to }, outputOf(true).output)).rejects.toMatchObject({
      code: 'simulator_refused',
    });
  });
});

describe('booksy simulator open', () => {
  it('only tells the address where nobody watches', async () => {
    const { output, object } = outputOf(true);
    await open(control, output);
    expect(object()).toEqual({ ok: true, url: simulator.url, opened: false });
  });
});

describe('a simulator that is not there', () => {
  it('is said to be missing or not to answer', async () => {
    expect(() => findSimulator({ data: '/nowhere' }, {})).toThrow(/No simulator runs on the data folder/);
    const away = findSimulator({ data: '/nowhere', simulator: 'http://127.0.0.1:1' });
    await expect(away.get('/clock')).rejects.toMatchObject({ code: 'simulator_unreachable' });
  });
});

describe('what is typed', () => {
  it.each([
    ['90s', 90_000],
    ['20m', 1_200_000],
    ['3d', 259_200_000],
    ['500ms', 500],
  ])('%s is a time', (text, ms) => expect(parseSpan(text)).toBe(ms));

  it.each(['', '5', 'h', '1.5h', '2w', '2h more'])('%j is no time', (text) =>
    expect(() => parseSpan(text)).toThrow(/such as 90s/),
  );

  it('is a day, or an object', () => {
    expect(parseDay('2026-02-28')).toBe('2026-02-28');
    expect(() => parseDay('2026-13-01')).toThrow(/YYYY-MM-DD/);
    expect(parseObject('{"rows":2}')).toEqual({ rows: 2 });
    expect(() => parseObject('[1]')).toThrow(/JSON object/);
    expect(() => parseObject('{rows}')).toThrow(/JSON object/);
  });

  it('goes to the command below, not to the simulator itself', async () => {
    const program = createProgram();
    const simulatorCommand = program.commands.find((command) => command.name() === 'simulator');
    const clockCommand = simulatorCommand?.commands.find((command) => command.name() === 'clock');
    const given: unknown[] = [];
    clockCommand?.action((options: unknown) => {
      given.push(options);
    });
    await program.parseAsync(['simulator', 'clock', '--data', 'here', '--json'], { from: 'user' });
    expect(given).toEqual([{ data: 'here', json: true }]);
  });
});
