import { afterEach, describe, expect, it } from 'vitest';
import { createProgram } from '../../../cli/main.ts';
import { parseEntity } from '../../../cli/commands/mappings.ts';
import { decide } from '../../../cli/mappings/decide.ts';
import { listMappings } from '../../../cli/mappings/read.ts';
import { listLines, showLines } from '../../../cli/mappings/show.ts';
import { PLAIN } from '../../../cli/terminal.ts';
import { mappingAnswer } from '../../../cli/wire-review.ts';
import { BUSINESS, MAPPING, mapping, RECORD } from './support/answers.ts';
import { outputOf } from './support/captured.ts';
import { problem, startStubApi, type StubApi, type StubRequest } from './support/stub-api.ts';

const LIST = 'GET /api/admin/booksy/mappings';
const ONE = `${LIST}/${MAPPING}`;
const DECIDE = 'POST /api/admin/booksy/mappings';
let stub: StubApi | null = null;
afterEach(async () => {
  await stub?.stop();
  stub = null;
});
const parsed = (over: Parameters<typeof mapping>[0] = {}) => mappingAnswer.parse(mapping(over)).mapping;
const look = { paint: PLAIN, columns: 100, now: Date.parse('2026-03-01T10:00:00Z') };

describe('booksy mappings list', () => {
  it('reads page by page, up to the limit, and says that there is more', async () => {
    const page = ({ query }: StubRequest) => ({
      mappings: Array.from({ length: Number(query['limit']) }, () => mapping().mapping),
      nextCursor: 'more',
      notes: [],
    });
    stub = await startStubApi({ [LIST]: page });
    const filter = { business: BUSINESS, entity: 'profile', state: undefined, limit: 250 };
    const { rows, more } = await listMappings(stub.api, filter);
    expect([rows.length, more]).toEqual([250, true]);
    expect(stub.of(LIST).map(({ query }) => query)).toEqual([
      { businessId: BUSINESS, entity: 'profile', limit: '200' },
      { businessId: BUSINESS, entity: 'profile', limit: '50', cursor: 'more' },
    ]);
  });

  it('shows what each most likely is and its id', () => {
    const [label, id] = listLines([parsed()], false, look);
    expect(label).toBe('? Anna Kowalska  maybe Anna Kowalska-Nowak (87 %)');
    expect(id).toBe(`    ${MAPPING}  client 4711`);
  });

  it.each([
    [{ state: 'linked', recordId: RECORD, recordLabel: 'Anna K.' }, '= Anna Kowalska  is Anna K.'],
    [{ state: 'rejected' }, '· Anna Kowalska  a record of its own'],
    [{ candidates: [] }, '? Anna Kowalska  no candidate'],
    [{ card: null, candidates: [] }, '? client 4711  no candidate'],
    [{ decision: 'separate' }, '… Anna Kowalska  decided (separate), being carried out'],
  ])('shows %j as %j', (over, line) => {
    expect(listLines([parsed(over)], false, look)[0]).toBe(line);
  });

  it('says of which business each is only where there are several', () => {
    const lines = listLines([parsed(), parsed({ businessId: 'b', businessName: 'Bo' })], true, look);
    expect(lines[3]).toContain('  Bo, client 4711');
    expect(lines.join('\n')).toContain('--limit');
  });

  it('takes the words of people and those of the API for a kind', () => {
    expect(['client', 'profile', 'Visit', 'time-off', 'time_off'].map(parseEntity)).toEqual([
      ...['profile', 'profile', 'booking', 'time_off', 'time_off'],
    ]);
    expect(() => parseEntity('card')).toThrow(/Give one of .*client/);
  });
});

describe('booksy mappings show', () => {
  it('puts the card beside each candidate, with the reasons and the commands', () => {
    const text = showLines(parsed(), look).join('\n');
    expect(text).toContain(
      [
        '1. ██████████░░ 87 %',
        '   At Booksy          │ Here',
        '   Anna Kowalska      │ Anna Kowalska-Nowak',
        '   +48 600 000 001    │ +48 600 000 001',
        `   anna@salon.example │ ${RECORD}`,
        '   – The same phone.',
        '   – A similar name.',
      ].join('\n'),
    );
    expect(text).toContain(`mappings link ${MAPPING} ${RECORD}`);
    expect(text).toContain(`mappings separate ${MAPPING}`);
    expect(text).toContain('Why: Several people share this phone.');
  });

  it('puts them below each other where there is no room', () => {
    const lines = showLines(parsed(), { ...look, columns: 50 });
    expect(lines).toContain('     +48 600 000 001');
    expect(lines.join('\n')).not.toContain('│');
  });

  it('offers to take apart what is linked, and not to link it again with the same', () => {
    const over = { state: 'linked', recordId: RECORD, recordLabel: 'Anna K.', decision: 'link' };
    const lines = showLines(parsed({ ...over, decidedAt: '2026-03-01T09:59:00Z' }), look).join('\n');
    expect(lines).toContain(
      `Linked with Anna K. (${RECORD}). A person decided "link" 1 min ago, not carried out`,
    );
    expect(lines).toContain(`mappings unmerge ${MAPPING}`);
    expect(lines).not.toContain('mappings link');
  });
});

describe('deciding', () => {
  it('shows the card, asks nothing, and sends the version it has just read', async () => {
    stub = await startStubApi({
      [ONE]: mapping(),
      [DECIDE]: { state: 'applied', operation: null, notes: [] },
    });
    const { output, streams, object } = outputOf(true);
    await decide(stub.api, MAPPING, { decision: 'link', recordId: RECORD }, output);
    expect(stub.of(DECIDE).map(({ body }) => body)).toEqual([
      {
        ...{ businessId: BUSINESS, entity: 'profile', externalId: '4711' },
        ...{ decision: 'link', recordId: RECORD, version: 3 },
      },
    ]);
    expect(streams.err()).toContain('The same phone.');
    expect(streams.err()).not.toContain('Decide:');
    expect(object()).toEqual({
      ...{ ok: true, id: MAPPING, state: 'applied', decision: 'link', recordId: RECORD, operation: null },
    });
  });

  it.each(['separate', 'unmerge'] as const)(
    'sends no record for %s and tells what is still under way',
    async (decision) => {
      stub = await startStubApi({
        [ONE]: mapping(),
        [DECIDE]: { state: 'recorded', operation: '/op', notes: [] },
      });
      const { output, streams } = outputOf(false);
      await decide(stub.api, MAPPING, { decision }, output);
      expect(stub.of(DECIDE)[0]?.body).not.toHaveProperty('recordId');
      expect(streams.out()).toContain('Recorded. It is being carried out');
    },
  );

  it('passes on why a decision is refused', async () => {
    stub = await startStubApi({ [ONE]: mapping(), [DECIDE]: problem(409, 'mapping_changed') });
    await expect(
      decide(stub.api, MAPPING, { decision: 'separate' }, outputOf(true).output),
    ).rejects.toMatchObject({ code: 'mapping_changed', next: 'what to do about mapping_changed' });
  });
});

describe('the command line', () => {
  it('takes no state beside --all', async () => {
    const program = createProgram();
    const list = program.commands
      .find((command) => command.name() === 'mappings')
      ?.commands.find((command) => command.name() === 'list');
    list?.exitOverride().configureOutput({ writeErr: () => undefined, outputError: () => undefined });
    await expect(
      program.parseAsync(['mappings', 'list', '--all', '--state', 'linked'], { from: 'user' }),
    ).rejects.toMatchObject({ code: 'commander.conflictingOption' });
  });
});
