import { afterEach, describe, expect, it } from 'vitest';
import { listConflicts } from '../../../cli/conflicts/read.ts';
import { resolve } from '../../../cli/conflicts/resolve.ts';
import { listLines, showLines } from '../../../cli/conflicts/show.ts';
import { conflictAnswer } from '../../../cli/conflicts/wire.ts';
import { PLAIN } from '../../../cli/terminal.ts';
import { outputOf } from './support/captured.ts';
import { problem, startStubApi, type StubApi } from './support/stub-api.ts';

const ID = '0199c0de-0000-7000-8000-0000000000ee';
const LIST = 'GET /api/admin/booksy/conflicts';
const ONE = `${LIST}/${ID}`;
const RESOLVE = `POST /api/admin/booksy/conflicts/${ID}/resolve`;
const NOW = Date.parse('2026-03-01T10:00:00Z');

let stub: StubApi | null = null;
afterEach(async () => {
  await stub?.stop();
  stub = null;
});

const card = (more: object = {}) => ({
  notes: [],
  conflict: {
    id: ID,
    businessId: '0199c0de-0000-7000-8000-000000000001',
    businessName: 'Salon Aurora',
    kind: 'field',
    kindText: 'Changed on both sides',
    entity: 'booking',
    recordId: '0199c0de-0000-7000-8000-0000000000dd',
    recordLabel: '2026-03-02 14:30, Anna\u001b[2J Zmyślona',
    externalId: '4711',
    groups: ['clientNote'],
    status: 'open',
    reasonText: 'Both sides changed it since they last agreed.',
    openedAt: '2026-03-01T09:57:00.000Z',
    startsAt: '2026-03-02T13:30:00.000Z',
    escalatedAt: null,
    version: 3,
    resolution: null,
    resolvedAt: null,
    decision: null,
    shown: 'token',
    states: [
      {
        group: 'clientNote',
        name: 'Note of the client',
        booksy: 'okno',
        platform: 'cicho',
        base: null,
        disputed: true,
      },
      {
        group: 'status',
        name: 'Status',
        booksy: 'confirmed',
        platform: 'confirmed',
        base: 'confirmed',
        disputed: false,
      },
    ],
    choices: [
      { choice: 'keep-platform', text: 'What stands here goes to Booksy.' },
      { choice: 'groups', text: 'Choose a side for each of them.' },
    ],
    ...more,
  },
});
const parsed = (more: object = {}) => conflictAnswer.parse(card(more)).conflict;
const look = { paint: PLAIN, columns: 100, now: NOW };
const answered = { state: 'resolved', id: ID, resolutionId: ID, conflict: '/x', notes: [] };
const decision = (more: object = {}) => ({ choice: 'keep-platform', group: [], yes: false, ...more });

describe('booksy conflicts list', () => {
  it('asks for what was filtered, and tells how many there are', async () => {
    stub = await startStubApi({
      [LIST]: {
        conflicts: [card().conflict],
        counts: { status: { open: 4 }, openByKind: { field: 4 }, escalated: 1 },
        nextCursor: null,
        notes: [],
      },
    });
    const { rows, counts } = await listConflicts(stub.api, {
      business: undefined,
      kind: 'field',
      status: 'open',
      entity: undefined,
      record: undefined,
      escalated: true,
      limit: 10,
    });
    expect(stub.of(LIST)[0]?.query).toEqual({
      kind: 'field',
      status: 'open',
      escalated: 'true',
      limit: '10',
    });
    const lines = listLines(rows, false, counts, look);
    expect(lines[0]).toBe('? 2026-03-02 14:30, Anna [2J Zmyślona  Changed on both sides');
    expect(lines[1]).toBe(`    ${ID}  since 3 min ago`);
    expect(lines).toContain('4 conflicts open, 1 of them near their visit.');
  });
});

describe('booksy conflicts show', () => {
  it('sets the disputed states side by side, with the commands that decide', () => {
    const lines = showLines(parsed(), look).join('\n');
    expect(lines).toMatch(/Booksy +Here +Before/);
    expect(lines).toMatch(/Note of the client +okno +cicho +–/);
    expect(lines).not.toContain('Status');
    expect(lines).toContain(`conflicts resolve ${ID} keep-platform   What stands here goes to Booksy.`);
    expect(lines).toContain(`conflicts resolve ${ID} groups --group clientNote=platform`);
    expect(lines).not.toContain('\u001b');
  });

  it('offers free times, and says what became of the last decision', () => {
    const lines = showLines(
      parsed({
        suggestions: { times: [{ startsLocal: '2026-03-02T16:00', staffName: 'Ola' }], staff: [] },
        choices: [{ choice: 'move', text: 'Give it another time.' }],
        decision: {
          id: ID,
          choice: 'move',
          state: 'refused',
          detail: 'time_taken: That time is taken.',
          by: 'api:x',
        },
      }),
      look,
    ).join('\n');
    expect(lines).toContain('Free: 2026-03-02 16:00 (Ola)');
    expect(lines).toContain('move --to 2026-03-02T16:00');
    expect(lines).toContain('The last decision (move) was not carried out: time_taken');
  });
});

describe('booksy conflicts resolve', () => {
  it('sends the version and the states that were shown, and names the id to undo by', async () => {
    stub = await startStubApi({ [ONE]: card(), [RESOLVE]: answered });
    const { output, object } = outputOf(true);
    const given = decision({ choice: 'groups', group: ['clientNote=booksy'], reason: 'tak' });
    expect(await resolve(stub.api, ID, given, output)).toBe(0);
    expect(stub.of(RESOLVE)[0]?.body).toEqual({
      version: 3,
      shown: 'token',
      choice: 'groups',
      groups: { clientNote: 'booksy' },
      reason: 'tak',
    });
    expect(object()).toMatchObject({
      ok: true,
      resolutionId: ID,
    });
  });

  it('asks before it books one time twice, and does nothing on another word', async () => {
    stub = await startStubApi({ [ONE]: card(), [RESOLVE]: answered });
    const { output } = outputOf(false);
    const asking = (word: string) => ({ interactive: () => true, ask: async () => word });
    const both = decision({ choice: 'keep-both' });
    await expect(resolve(stub.api, ID, both, output, asking('no'))).rejects.toMatchObject({
      code: 'not_confirmed',
    });
    expect(stub.of(RESOLVE)).toEqual([]);
    expect(await resolve(stub.api, ID, both, output, asking('overbook'))).toBe(0);
  });

  it('refuses a side that is none, and hands on what the API refuses', async () => {
    stub = await startStubApi({ [ONE]: card(), [RESOLVE]: () => problem(409, 'conflict_changed') });
    const { output } = outputOf(false);
    const { api } = stub;
    const wrong = decision({ choice: 'groups', group: ['clientNote'] });
    await expect(resolve(api, ID, wrong, output)).rejects.toMatchObject({ code: 'usage' });
    await expect(resolve(api, ID, decision(), output)).rejects.toMatchObject({ code: 'conflict_changed' });
  });
});
