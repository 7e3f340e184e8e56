import { describe, expect, it } from 'vitest';
import type { Exit } from '../../../infra/local/child.ts';
import { createSupervisor, StopRequested, type Part } from '../../../cli/up/supervisor.ts';

/** A part that stops when told to (at once, or only in a hurry), and can die by itself. */
function fakePart(name: string, log: string[], { stubborn = false } = {}): Part & { die(exit: Exit): void } {
  let end: (exit: Exit) => void = () => undefined;
  const exited = new Promise<Exit>((resolve) => (end = resolve));
  return {
    name,
    pid: 1,
    exited,
    lastLines: () => ['{"level":60,"msg":"out of memory"}'],
    die: (exit) => end(exit),
    stop({ hurry }) {
      log.push(`${name}${hurry ? ' in a hurry' : ''}`);
      if (!stubborn || hurry) end({ code: 0, signal: null });
      return exited;
    },
  };
}

describe('the supervisor', () => {
  it('stops the parts in the reverse order of their start, each after the one before has ended', async () => {
    const log: string[] = [];
    const supervisor = createSupervisor();
    for (const name of ['PostgreSQL', 'Temporal', 'worker', 'API']) supervisor.add(fakePart(name, log));
    await supervisor.stopAll((line) => log.push(line.replace(/ \(.*/, '')));
    expect(log).toEqual([
      ...['API', 'API stopped', 'worker', 'worker stopped'],
      ...['Temporal', 'Temporal stopped', 'PostgreSQL', 'PostgreSQL stopped'],
    ]);
  });

  it('names the part that died, how, and its last words, and takes no stopped part for dead', async () => {
    const supervisor = createSupervisor();
    const [calm, dying] = [fakePart('API', []), fakePart('worker', [])];
    supervisor.add(calm);
    supervisor.add(dying);
    dying.die({ code: null, signal: 'SIGKILL' });
    const failure = await supervisor.watch().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'part_died', details: { part: 'worker', signal: 'SIGKILL' } });
    expect(String(failure)).toContain('worker ended by itself (signal SIGKILL');
    expect(String(failure)).toContain('fatal out of memory');
    await supervisor.stopAll(() => undefined);
  });

  it('ends waiting as soon as a part dies', async () => {
    const supervisor = createSupervisor();
    const part = fakePart('simulator', []);
    supervisor.add(part);
    const waiting = supervisor.guard(new Promise(() => undefined));
    part.die({ code: 3, signal: null });
    await expect(waiting).rejects.toThrow(/simulator ended by itself \(exit code 3/);
  });

  it('takes a Ctrl-C that npm sends again for one, and hurries on a second', async () => {
    const log: string[] = [];
    let clock = 0;
    const supervisor = createSupervisor(() => clock);
    supervisor.add(fakePart('worker', log, { stubborn: true }));
    supervisor.requestStop();
    await expect(supervisor.watch()).rejects.toBeInstanceOf(StopRequested);
    clock = 100;
    supervisor.requestStop();
    const stopped = supervisor.stopAll(() => undefined);
    await Promise.resolve();
    expect(log).toEqual(['worker']);
    clock = 2_000;
    supervisor.requestStop();
    await stopped;
    expect(log).toEqual(['worker', 'worker in a hurry']);
  });
});
