import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DEFAULT_RULE, type SyncRule } from '../../../domain/rules/rules.ts';
import { loadRule } from '../../../infra/rules/load.ts';
import { SCOPES } from '../../../infra/tokens.ts';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { auditOf } from '../api/support/rows.ts';

/** Sync rules over HTTP (SPEC 3.9, R25): the literal taken as it is, versions, import as a whole, effect on the next plan. */

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const LITERAL = {
  id: 'default',
  name: 'Default Sync Rule',
  sourceSystem: 'both',
  priority: 5,
  conditions: { bufferTimes: { before: 15, after: 15 }, maxAdvanceBooking: 90 },
  actions: { syncAvailability: true, autoResolveConflicts: false, notifyAdmin: true },
  active: true,
};
const change = z.object({
  change: z.object({
    id: z.string(),
    change: z.string(),
    version: z.number(),
    fields: z.array(
      z.object({ path: z.string(), before: z.unknown().optional(), after: z.unknown().optional() }),
    ),
  }),
});
const imported = z.object({ dryRun: z.boolean(), changes: z.array(change.shape.change), basis: z.string() });
const list = z.object({
  rules: z.array(
    z.object({ businessId: z.string(), version: z.number(), rule: z.object({ id: z.string() }) }),
  ),
  nextCursor: z.string().nullable(),
});

async function salon() {
  const id = await api.business();
  const { token, tokenId } = await api.token(SCOPES, [id]);
  const path = `/api/admin/booksy/businesses/${id}`;
  const post = (where: string, body: unknown, headers: Record<string, string> = {}) =>
    api.send(`${path}/${where}`, { method: 'POST', token, body, headers });
  const save = (rule: unknown, version: number, ruleId = 'default') =>
    post(`rules/${ruleId}`, { version, rule });
  const get = (where: string) => api.send(`${path}/${where}`, { token });
  return { id, token, actor: `api:${tokenId}`, post, save, get };
}

describe('one rule', () => {
  it('takes the literal of the original guide unchanged, keeps every version and says who saved it', async () => {
    const { id, actor, save, get, post } = await salon();
    const made = await save(LITERAL, 0);
    expect(made.status, made.text).toBe(200);
    expect(change.parse(made.json).change).toMatchObject({ id: 'default', change: 'create', version: 1 });
    const shorter = { ...LITERAL, conditions: { ...LITERAL.conditions, maxAdvanceBooking: 30 } };
    expect(change.parse((await save(shorter, 1)).json).change).toMatchObject({
      change: 'update',
      version: 2,
      fields: [{ path: 'conditions.maxAdvanceBooking', before: 90, after: 30 }],
    });
    expect((await get('rules/default')).json).toMatchObject({
      rule: { version: 2, updatedBy: actor, rule: { ...shorter, policies: {}, directions: {} } },
      counts: { platform: true, booksy: true },
      versions: [
        { version: 2, deleted: false, changedBy: actor, rule: { conditions: { maxAdvanceBooking: 30 } } },
        { version: 1, deleted: false, rule: { ...LITERAL } },
      ],
    });
    expect((await post('rules/default/delete', { version: 2 })).status).toBe(200);
    expect((await get('rules/default')).json).toMatchObject({
      rule: null,
      counts: { platform: false, booksy: false },
      versions: [{ version: 3, deleted: true, rule: null }, { version: 2 }, { version: 1 }],
    });
    // It comes back under a version of its own: each names one content for ever.
    expect(change.parse((await save(LITERAL, 0)).json).change.version).toBe(4);
    expect(await auditOf(api, id)).toMatchObject(
      [
        ['rule_saved', 'default@1'],
        ['rule_saved', 'default@2'],
        ['rule_deleted', 'default@3'],
        ['rule_saved', 'default@4'],
      ].map(([action, reasonCode]) => ({ action, actor, reasonCode })),
    );
  });

  it('writes nothing when the same is saved again', async () => {
    const { id, save } = await salon();
    await save(LITERAL, 0);
    expect(change.parse((await save(LITERAL, 1)).json).change).toMatchObject({
      change: 'unchanged',
      version: 1,
    });
    expect(await auditOf(api, id)).toHaveLength(1);
    expect(await api.prisma.syncRuleVersion.count({ where: { businessId: id } })).toBe(1);
  });

  it('is refused to whoever looked at an older version, and of 20 at once one wins', async () => {
    const { id, save } = await salon();
    await save(LITERAL, 0);
    expect(await save({ ...LITERAL, priority: 6 }, 0)).toMatchObject({
      status: 409,
      json: { code: 'rule_changed' },
    });
    expect(await save({ ...LITERAL, priority: 6 }, 2)).toMatchObject({
      status: 409,
      json: { code: 'rule_changed' },
    });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => save({ ...LITERAL, priority: 100 + index }, 1)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([
      200,
      ...Array.from({ length: 19 }, () => 409),
    ]);
    expect(await api.prisma.syncRule.findFirst({ where: { businessId: id } })).toMatchObject({ version: 2 });
  });

  it.each([
    [{ ...LITERAL, colour: 'red' }, 'body.rule.colour'],
    [{ ...LITERAL, directions: { 'profile.birthday': 'both' } }, 'body.rule.directions.profile.birthday'],
    [{ ...LITERAL, directions: { 'profile.healthNotes': 'in' } }, 'body.rule.directions.profile.healthNotes'],
    [{ ...LITERAL, policies: { 'booking.time': 'theirs' } }, 'body.rule.policies.booking.time'],
    [{ ...LITERAL, id: 'other' }, 'body.rule.id'],
  ])('is refused by the name of what is wrong: %#', async (rule, path) => {
    const { id, save } = await salon();
    const answer = await save(rule, 0);
    expect(answer.status).toBe(400);
    expect(
      z.object({ errors: z.array(z.object({ path: z.string() })) }).parse(answer.json).errors,
    ).toMatchObject([{ path }]);
    expect(await api.prisma.syncRule.count({ where: { businessId: id } })).toBe(0);
  });

  it('counts for the next plan, without a start of anything', async () => {
    const { id, save, post } = await salon();
    expect(await loadRule(api.prisma, id)).toEqual(DEFAULT_RULE);
    const open: SyncRule = { ...DEFAULT_RULE, directions: { 'service.*': 'both' } };
    await save(open, 0);
    expect(await loadRule(api.prisma, id)).toEqual(open);
    await save(
      { ...open, id: 'summer', priority: 6, conditions: { ...open.conditions, maxAdvanceBooking: 1 } },
      0,
      'summer',
    );
    expect((await loadRule(api.prisma, id)).conditions.maxAdvanceBooking).toBe(1);
    await post('rules/summer/delete', { version: 1 });
    expect(await loadRule(api.prisma, id)).toEqual(open);
  });

  it('acts once for a key that is sent twice', async () => {
    const { post } = await salon();
    const key = { 'Idempotency-Key': 'save-1' };
    const first = await post('rules/default', { version: 0, rule: LITERAL }, key);
    const again = await post('rules/default', { version: 0, rule: LITERAL }, key);
    expect(again.json).toEqual(first.json);
    expect(again.status).toBe(200);
  });

  it('that somebody broke past the API is named, and no other is taken for it', async () => {
    const { id, save, get } = await salon();
    await save(LITERAL, 0);
    await api.prisma.syncRule.updateMany({
      where: { businessId: id },
      data: { directions: { 'profile.birthday': 'both' } },
    });
    await expect(loadRule(api.prisma, id)).rejects.toMatchObject({ code: 'rule_invalid' });
    expect(await get('rules/default')).toMatchObject({ status: 409, json: { code: 'rule_unusable' } });
  });
});

describe('a file of rules', () => {
  const night = { ...LITERAL, id: 'night', name: 'Night', priority: 7 };

  it('is checked as a whole: one fault and nothing is taken', async () => {
    const { id, post } = await salon();
    const answer = await post('rules-file', { rules: [LITERAL, { ...night, priority: 'high' }] });
    expect(answer).toMatchObject({ status: 400, json: { errors: [{ path: 'body.rules.1.priority' }] } });
    expect(await api.prisma.syncRule.count({ where: { businessId: id } })).toBe(0);
  });

  it('shows in a dry run what it would do, and then does just that', async () => {
    const { id, post, save, get } = await salon();
    await save(LITERAL, 0);
    await save({ ...LITERAL, id: 'old' }, 0, 'old');
    const file = { rules: [{ ...LITERAL, name: 'Ours' }, night], replace: true };
    const dry = imported.parse((await post('rules-file', { ...file, dryRun: true })).json);
    expect(dry.changes).toMatchObject([
      {
        id: 'default',
        change: 'update',
        version: 1,
        fields: [{ path: 'name', before: 'Default Sync Rule', after: 'Ours' }],
      },
      { id: 'night', change: 'create', version: 0 },
      { id: 'old', change: 'delete', version: 1 },
    ]);
    expect(await auditOf(api, id)).toHaveLength(2);
    const done = imported.parse((await post('rules-file', { ...file, basis: dry.basis })).json);
    expect(done.changes.map(({ id: rule, change: deed }) => [rule, deed])).toEqual(
      dry.changes.map(({ id: rule, change: deed }) => [rule, deed]),
    );
    expect((await get('rules-file')).json).toEqual({
      format: 'booksy-sync-rules/1',
      rules: [
        { ...LITERAL, name: 'Ours', policies: {}, directions: {} },
        { ...night, policies: {}, directions: {} },
      ],
    });
    expect(await auditOf(api, id)).toHaveLength(5);
    // What was looked at is no longer there.
    expect(await post('rules-file', { ...file, basis: dry.basis })).toMatchObject({
      status: 409,
      json: { code: 'rule_changed' },
    });
  });

  it('goes out of one business and into another, twice without a change', async () => {
    const [from, to] = [await salon(), await salon()];
    await from.save({ ...LITERAL, policies: { 'booking.time': 'latest' } }, 0);
    const file = z
      .object({ rules: z.array(z.unknown()) })
      .loose()
      .parse((await from.get('rules-file')).json);
    expect((await to.post('rules-file', file)).status).toBe(200);
    expect(imported.parse((await to.post('rules-file', file)).json).changes).toMatchObject([
      { change: 'unchanged' },
    ]);
    expect(await loadRule(api.prisma, to.id)).toEqual(await loadRule(api.prisma, from.id));
  });

  it('leaves what it does not name, unless it replaces', async () => {
    const { post, save, get } = await salon();
    await save(LITERAL, 0);
    await post('rules-file', { rules: [night] });
    expect((await get('rules-file')).json).toMatchObject({ rules: [{ id: 'default' }, { id: 'night' }] });
  });
});

describe('the list', () => {
  it("is the token's businesses only, by pages", async () => {
    const [mine, other] = [await salon(), await salon()];
    for (const id of ['c', 'a', 'B']) await mine.save({ ...LITERAL, id }, 0, id);
    await other.save(LITERAL, 0);
    const first = list.parse((await api.send('/api/admin/booksy/rules?limit=2', { token: mine.token })).json);
    expect(first.rules.map(({ rule }) => rule.id)).toEqual(['B', 'a']);
    const next = `/api/admin/booksy/rules?limit=2&cursor=${first.nextCursor ?? ''}`;
    const second = list.parse((await api.send(next, { token: mine.token })).json);
    expect(second.rules.map(({ rule, businessId }) => [rule.id, businessId])).toEqual([['c', mine.id]]);
    expect(second.nextCursor).toBeNull();
  });
});
