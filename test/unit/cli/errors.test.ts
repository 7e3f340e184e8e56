import { afterEach, describe, expect, it } from 'vitest';
import type { Asking } from '../../../cli/confirm.ts';
import { errorLines, release, retry } from '../../../cli/errors/index.ts';
import { EXIT } from '../../../cli/exit-codes.ts';
import { PLAIN } from '../../../cli/terminal.ts';
import { errorAnswer } from '../../../cli/wire-review.ts';
import { error, RUN } from './support/answers.ts';
import { outputOf } from './support/captured.ts';
import { startStubApi, type StubApi, type StubRoutes } from './support/stub-api.ts';

const ID = `quarantine:${RUN}`;
const ONE = `GET /api/admin/booksy/errors/${ID}`;
const RELEASE = `POST /api/admin/booksy/errors/${ID}/release`;
const RETRY = `POST /api/admin/booksy/errors/${ID}/retry`;
let stub: StubApi;
const serve = async (routes: StubRoutes = {}): Promise<void> => {
  stub = await startStubApi({
    ...{ [ONE]: error(), [RELEASE]: { released: { affected: 37 }, operation: '/op', notes: [] } },
    ...routes,
  });
};
afterEach(() => stub.stop());
const answering = (answer: string): Asking => ({ interactive: () => true, ask: async () => answer });
const nobody: Asking = { interactive: () => false, ask: () => Promise.reject(new Error('asked nobody')) };

describe('booksy errors list', () => {
  const rows = (...overs: Parameters<typeof error>[0][]) =>
    overs.map((over) => errorAnswer.parse(error(over)).error);
  const NOW = Date.parse('2026-03-01T12:00:00Z');

  it('puts what is urgent first and gives each its next step and its commands', async () => {
    await serve();
    const calm = {
      id: 'run:1',
      urgent: false,
      entity: null,
      externalId: null,
      actions: ['retry'],
      affected: null,
    };
    const text = errorLines(rows(calm, {}), false, PLAIN, NOW).join('\n');
    expect(text.indexOf('window near')).toBeLessThan(text.indexOf('run of Salon Aurora'));
    expect(text).toContain(
      '! visit, window near of Salon Aurora: 37 of 400 known records were missing at once.',
    );
    expect(text).toContain('first seen 2 h 0 min ago, last 1 h 0 min ago');
    expect(text).toContain(`errors release ${ID}`);
    expect(text).toContain('errors retry run:1');
  });

  it.each([
    ['window:visits:past', 'visit, window past of Salon Aurora: '],
    ['window:list', 'visit, whole list of Salon Aurora: '],
    ['4711', 'visit 4711 of Salon Aurora: '],
  ])('names %s as %j', async (externalId, words) => {
    await serve();
    expect(errorLines(rows({ externalId }), false, PLAIN, NOW)[0]).toContain(words);
  });

  it('shows how often a step was tried and when it is tried again', async () => {
    await serve();
    const open = {
      kind: 'open',
      attempt: 4,
      nextAttemptAt: '2026-03-01T12:00:09Z',
      actions: [],
      affected: null,
    };
    const text = errorLines(rows(open), true, PLAIN, NOW).join('\n');
    expect(text).toContain('attempt 4, tried again in 9.0 s');
    expect(text).toContain('--limit');
    expect(errorLines([], false, PLAIN)).toEqual(['Nothing is wrong.']);
  });
});

describe('booksy errors release', () => {
  it('says what it permits and permits it for the number that was typed', async () => {
    await serve();
    const { output, streams } = outputOf(false);
    expect(await release(stub.api, ID, { yes: false }, output, answering(' 37 '))).toBe(EXIT.ok);
    expect(stub.of(RELEASE).map(({ body }) => body)).toEqual([{ affected: 37 }]);
    expect(streams.out()).toContain(
      'permits, for a day, that up to 37 records are taken in as gone or cancelled',
    );
  });

  it('asks nothing with --yes', async () => {
    await serve();
    const { output, object } = outputOf(true);
    await release(stub.api, ID, { yes: true }, output, nobody);
    expect(object()).toEqual({ ok: true, id: ID, affected: 37, operation: '/op' });
  });

  it.each([
    ['another number was typed', false, answering('36'), 'not_confirmed', EXIT.failed],
    ['nothing was typed', false, answering(''), 'not_confirmed', EXIT.failed],
    ['nobody can be asked', false, nobody, 'confirmation_needed', EXIT.usage],
    ['a machine asks for JSON', true, answering('37'), 'confirmation_needed', EXIT.usage],
  ] as const)('changes nothing where %s', async (_, json, asking, code, exitCode) => {
    await serve();
    await expect(release(stub.api, ID, { yes: false }, outputOf(json).output, asking)).rejects.toMatchObject({
      code,
      exitCode,
    });
    expect(stub.of(RELEASE)).toEqual([]);
  });

  it('changes nothing where more is concerned than --affected says, even with --yes', async () => {
    await serve();
    await expect(
      release(stub.api, ID, { yes: true, affected: 12 }, outputOf(true).output),
    ).rejects.toMatchObject({ code: 'release_changed', details: { affected: 37 } });
    expect(stub.of(RELEASE)).toEqual([]);
  });

  it('is only for what holds something back', async () => {
    await serve({ [ONE]: error({ actions: ['retry'], affected: null }) });
    await expect(release(stub.api, ID, { yes: true }, outputOf(true).output)).rejects.toMatchObject({
      code: 'not_releasable',
      next: expect.stringContaining(`errors retry ${ID}`) as string,
    });
  });
});

describe('booksy errors retry', () => {
  it.each([
    ['started', true, EXIT.ok],
    ['mended', true, EXIT.ok],
    ['still_failing', false, EXIT.failed],
  ] as const)('%s', async (state, ok, exitCode) => {
    await serve({ [RETRY]: { state, operation: null, notes: [] } });
    const { output, object } = outputOf(true);
    expect(await retry(stub.api, ID, output)).toBe(exitCode);
    expect(object()).toEqual({ ok, id: ID, state, operation: null });
  });
});
