/** `booksy rules export` and `import` as processes of their own, over the real API and a real database (SPEC 3.9, 11). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { runBooksy } from '../api/support/cli.ts';

let api: TestApi;
const folder = mkdtempSync(path.join(tmpdir(), 'rules-'));
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => {
  await api.stop();
  rmSync(folder, { recursive: true, force: true });
});

const rule = (id: string, more: object = {}) => ({
  id,
  name: `Rule ${id}`,
  sourceSystem: 'both',
  priority: 5,
  conditions: { bufferTimes: { before: 15, after: 10 }, maxAdvanceBooking: 90 },
  actions: { syncAvailability: true, autoResolveConflicts: true, notifyAdmin: false },
  policies: { 'booking.clientNote': 'latest' },
  directions: { 'service.*': 'both' },
  active: true,
  ...more,
});
const FORMAT = 'booksy-sync-rules/1';

const answer = z.looseObject({
  ok: z.boolean(),
  changes: z.array(z.looseObject({ id: z.string(), change: z.string() })).optional(),
  rules: z.unknown().optional(),
  error: z.looseObject({ code: z.string(), message: z.string(), next: z.string() }).optional(),
});

/** Runs a command of `booksy rules` for one business, and reads the object that it ends with. */
async function rules(business: string, ...args: readonly string[]) {
  const { code, stdout } = await runBooksy(api, 'rules', ...args, '--business', business, '--json');
  const said: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  return { code, said: answer.parse(said) };
}

function file(name: string, content: unknown): string {
  const at = path.join(folder, name);
  writeFileSync(at, typeof content === 'string' ? content : JSON.stringify(content));
  return at;
}

const changesOf = ({ said }: Awaited<ReturnType<typeof rules>>) =>
  (said.changes ?? []).map(({ id, change }) => `${id} ${change}`);
const stored = (businessId: string) =>
  api.prisma.syncRule.findMany({ where: { businessId }, select: { id: true }, orderBy: { id: 'asc' } });

describe('booksy rules export and import', () => {
  it('go out of one business and into another, and twice without a change', async () => {
    const [from, to] = [await api.business(), await api.business()];
    const first = await rules(
      from,
      'import',
      file('first.json', { format: FORMAT, rules: [rule('a'), rule('b')] }),
    );
    expect(first.code).toBe(0);
    expect(changesOf(first)).toEqual(['a create', 'b create']);
    const out = path.join(folder, 'out.json');
    expect((await rules(from, 'export', out)).code).toBe(0);
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual({ format: FORMAT, rules: [rule('a'), rule('b')] });

    const dry = await rules(to, 'import', out, '--dry-run');
    expect(changesOf(dry)).toEqual(['a create', 'b create']);
    expect(await stored(to)).toEqual([]);
    expect(changesOf(await rules(to, 'import', out))).toEqual(['a create', 'b create']);
    expect(changesOf(await rules(to, 'import', out))).toEqual(['a unchanged', 'b unchanged']);
  });

  it('take what the export prints for machines, a single rule, and the place of all others', async () => {
    const to = await api.business();
    await rules(to, 'import', file('both.json', [rule('a'), rule('b')]));
    const printed = await rules(to, 'export');
    expect(changesOf(await rules(to, 'import', file('printed.json', printed.said)))).toEqual([
      'a unchanged',
      'b unchanged',
    ]);
    expect(
      changesOf(await rules(to, 'import', file('one.json', rule('a', { priority: 9 })), '--replace')),
    ).toEqual(['a update', 'b delete']);
    expect(await stored(to)).toEqual([{ id: 'a' }]);
  });

  it.each<[string, unknown, string, string]>([
    ['no JSON', 'rules: none', 'file_unreadable', 'could not be read'],
    ['another version', { format: 'booksy-sync-rules/2', rules: [rule('x')] }, 'bad_request', 'format'],
    [
      'a field beside the rules',
      { format: FORMAT, rules: [rule('x')], owner: 'Anna' },
      'bad_request',
      'owner',
    ],
    ['a field of a rule', { rules: [rule('x', { colour: 'red' })] }, 'bad_request', 'colour'],
    ['one fault among good ones', [rule('x'), rule('y', { priority: 'high' })], 'bad_request', 'priority'],
    ['something else', 42, 'bad_request', 'rules'],
  ])('a file with %s is refused by name, and nothing of it is taken', async (_, content, code, named) => {
    const business = await api.business();
    const refused = await rules(business, 'import', file('bad.json', content));
    expect(refused.code).not.toBe(0);
    expect(refused.said.ok).toBe(false);
    expect(refused.said.error?.code).toContain(code);
    expect(JSON.stringify(refused.said.error)).toContain(named);
    expect(await stored(business)).toEqual([]);
  });

  it('a file that is not there is said so', async () => {
    const missing = await rules(await api.business(), 'import', path.join(folder, 'none.json'));
    expect(missing.code).toBe(2);
    expect(missing.said.error?.code).toBe('file_unreadable');
  });
});
