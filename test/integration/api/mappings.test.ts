import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mappingSchema } from '../../../api/mappings/schema.ts';
import { createVault } from '../../../infra/crypto.ts';
import { recordSyncId } from '../../../infra/temporal/launch.ts';
import { SCOPES } from '../../../infra/tokens.ts';
import { silentLauncher, startTestApi, type TestApi } from './support/api.ts';
import { using } from './support/salon.ts';
import { auditOf, mappingRow, profileRow } from './support/rows.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const note = z.object({ code: z.string(), message: z.string(), nextStep: z.string() });
const pageSchema = z
  .object({
    mappings: z.array(mappingSchema.strict()),
    nextCursor: z.string().nullable(),
    notes: z.array(note),
  })
  .strict();
const decidedSchema = z
  .object({
    state: z.enum(['applied', 'recorded']),
    businessId: z.string(),
    entity: z.string(),
    externalId: z.string(),
    version: z.int(),
    operation: z.string().nullable(),
    notes: z.array(note),
  })
  .strict();

const MAPPINGS = '/api/admin/booksy/mappings';

async function salon() {
  const id = await api.business('Salon Pod Jesionem');
  const { token, tokenId } = await api.token(SCOPES, [id]);
  return { id, token, actor: `api:${tokenId}` };
}

async function list(token: string, query = '', of: TestApi = api) {
  const answer = await of.send(`${MAPPINGS}${query}`, { token });
  expect(answer.status, answer.text).toBe(200);
  return pageSchema.parse(answer.json);
}

const decide = (token: string, body: object, more: object = {}, of: TestApi = api) =>
  of.send(MAPPINGS, { method: 'POST', token, body, ...more });

/** Ends the record sync that a decision started: no worker takes it. */
const end = (businessId: string, externalId: string) =>
  api.client.workflow
    .getHandle(recordSyncId({ businessId, entity: 'profile', externalId }))
    .terminate('ended by the test');

describe('GET /api/admin/booksy/mappings', () => {
  it('shows the card, the candidates with their labels, and why', async () => {
    const { id, token } = await salon();
    const anna = await profileRow(api, id, { email: 'anna@poczta.example' });
    const gone = randomUUID();
    const { id: mapping, externalId } = await mappingRow(api, {
      businessId: id,
      card: { label: 'A. Zmyślona', lines: ['+48 500 000 001'] },
      candidates: [
        { recordId: anna, score: 0.71, reasons: ['family_overlap', 'a_code_of_tomorrow'] },
        { recordId: gone, score: 0.4, reasons: [] },
      ],
    });
    const { mappings, notes } = await list(token);
    expect(notes).toEqual([]);
    expect(mappings).toEqual([
      {
        id: mapping,
        businessId: id,
        businessName: 'Salon Pod Jesionem',
        entity: 'profile',
        externalId,
        parentExternalId: null,
        state: 'unsure',
        recordId: null,
        recordLabel: null,
        score: 0.8125,
        reason: 'name_only',
        reasonText: 'Only the name agrees.',
        card: { label: 'A. Zmyślona', lines: ['+48 500 000 001'] },
        candidates: [
          {
            recordId: anna,
            label: 'Anna Zmyślona',
            lines: ['anna@poczta.example', 'no visits'],
            score: 0.71,
            reasons: [
              { code: 'family_overlap', text: 'The family names have one part in common.' },
              { code: 'a_code_of_tomorrow', text: 'a_code_of_tomorrow' },
            ],
          },
          { recordId: gone, label: null, lines: [], score: 0.4, reasons: [] },
        ],
        version: 1,
        decision: null,
        decisionRecordId: null,
        decidedAt: null,
        decidedBy: null,
        appliedAt: null,
      },
    ]);
    const one = await api.send(`${MAPPINGS}/${mapping}`, { token });
    expect(one.json).toEqual({ mapping: mappings[0], notes: [] });
  });

  it('names services, variants, staff, rooms and categories as the salon does', async () => {
    const { id, token } = await salon();
    const service = randomUUID();
    const ids = Object.fromEntries(['staff', 'room', 'category'].map((each) => [each, randomUUID()]));
    await api.prisma.service.create({ data: { id: service, businessId: id, name: 'Strzyżenie' } });
    let position = 0;
    const variant = async (
      label: string | null,
      priceMinor: bigint | null,
      currency: string,
      priceType = 'fixed',
    ) => {
      const variantId = randomUUID();
      await api.prisma.serviceVariant.create({
        data: {
          id: variantId,
          businessId: id,
          serviceId: service,
          label,
          priceMinor,
          priceType,
          position: (position += 1),
          currency,
          durationMinutes: 45,
        },
      });
      return variantId;
    };
    const short = await variant('krótkie', 12_000n, 'PLN');
    const yen = await variant(null, 5n, 'JPY', 'from');
    const varies = await variant('długie', null, 'PLN', 'varies');
    await api.prisma.staff.create({
      data: { id: ids['staff']!, businessId: id, name: 'Ewa', email: 'ewa@salon.example' },
    });
    await api.prisma.room.create({ data: { id: ids['room']!, businessId: id, name: 'Gabinet 2' } });
    await api.prisma.serviceCategory.create({
      data: { id: ids['category']!, businessId: id, name: 'Włosy' },
    });
    const linked = (entity: string, recordId: string) =>
      mappingRow(api, {
        businessId: id,
        entity,
        state: 'linked',
        recordId,
        candidates: [{ recordId, score: 1, reasons: [] }],
      });
    await linked('service', service);
    for (const each of [short, yen, varies]) await linked('variant', each);
    for (const [entity, recordId] of Object.entries(ids)) await linked(entity, recordId);
    const { mappings } = await list(token, `?businessId=${id}`);
    const shown = Object.fromEntries(
      mappings.map((each) => [each.recordId ?? '', [each.recordLabel, each.candidates[0]?.lines]]),
    );
    expect(shown).toEqual({
      [service]: [
        'Strzyżenie',
        ['krótkie: 45 min, 120.00 PLN', '45 min, from 5 JPY', 'długie: 45 min, varies'],
      ],
      [short]: ['Strzyżenie: krótkie', ['45 min, 120.00 PLN']],
      [yen]: ['Strzyżenie', ['45 min, from 5 JPY']],
      [varies]: ['Strzyżenie: długie', ['45 min, varies']],
      [ids['staff']!]: ['Ewa', ['ewa@salon.example']],
      [ids['room']!]: ['Gabinet 2', []],
      [ids['category']!]: ['Włosy', []],
    });
  });

  it("never labels a candidate that is another tenant's record", async () => {
    const { id, token } = await salon();
    const theirs = await profileRow(api, await api.business(), { familyName: 'Cudza' });
    await mappingRow(api, { businessId: id, candidates: [{ recordId: theirs, score: 1, reasons: [] }] });
    const answer = await api.send(MAPPINGS, { token });
    expect(answer.text).not.toContain('Cudza');
  });

  it('pages newest first without a gap or a double while rows are added, and filters on each page', async () => {
    const { id, token } = await salon();
    const wanted: string[] = [];
    for (let n = 0; n < 7; n += 1) {
      wanted.push((await mappingRow(api, { businessId: id })).id);
      await mappingRow(api, { businessId: id, state: 'linked' });
      await mappingRow(api, { businessId: id, entity: 'staff' });
    }
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: z.output<typeof pageSchema> = await list(
        token,
        `?state=unsure&entity=profile&limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...page.mappings.map((each) => each.id));
      cursor = page.nextCursor;
      await mappingRow(api, { businessId: id });
    }
    expect(seen).toEqual([...wanted].reverse());
    for (const bad of ['cursor=zzz', 'state=lost', 'entity=hours', 'limit=201', 'business=x']) {
      expect((await api.send(`${MAPPINGS}?${bad}`, { token })).status, bad).toBe(400);
    }
  });

  it('shows the rest where a card does not open, and writes no name to the log', async () => {
    const { id, token } = await salon();
    await mappingRow(api, { businessId: id, card: { label: 'Tajna Osoba', lines: [] } });
    const vault = createVault({ key: randomBytes(32), keyId: 'another' });
    await using({ deps: { prisma: api.prisma, vault } }, async (other) => {
      const { mappings, notes } = await list(token, '', other);
      expect(mappings).toMatchObject([{ card: null, reasonText: 'Only the name agrees.' }]);
      expect(notes).toMatchObject([{ code: 'sealed_unreadable' }]);
      expect(other.log.join('')).toContain('vault_unknown_key');
    });
    await list(token);
    expect(api.log.join('')).not.toContain('Tajna');
  });
});

describe('POST /api/admin/booksy/mappings', () => {
  it('records a decision, starts what carries it out, and waits for it no longer than two seconds', async () => {
    const { id, token, actor } = await salon();
    const anna = await profileRow(api, id);
    const { id: mapping, externalId } = await mappingRow(api, { businessId: id });
    const body = {
      businessId: id,
      entity: 'profile',
      externalId,
      decision: 'link',
      recordId: anna,
      version: 1,
    };
    // Nobody works on it: waiting for more than a little would be waiting for ever.
    const answer = await decide(token, body);
    expect(answer.status, answer.text).toBe(202);
    const decided = decidedSchema.parse(answer.json);
    expect(decided).toMatchObject({ state: 'recorded', businessId: id, externalId, version: 2, notes: [] });
    const workflow = api.client.workflow.getHandle(
      recordSyncId({ businessId: id, entity: 'profile', externalId }),
    );
    const { status, memo } = await workflow.describe();
    expect(status.name).toBe('RUNNING');
    expect(decided.operation).toBe(`/api/admin/booksy/operations/${String(memo?.['runId'])}`);
    expect(await api.prisma.mapping.findUniqueOrThrow({ where: { id: mapping } })).toMatchObject({
      decision: 'link',
      decisionRecordId: anna,
      decidedBy: actor,
      version: 2,
      appliedAt: null,
    });
    expect(await auditOf(api, id)).toMatchObject([
      { action: 'decided', actor, reasonCode: 'link', entity: 'profile', externalId },
    ]);
    const late = await decide(token, { ...body, decision: 'separate', recordId: undefined });
    expect([late.status, late.json]).toMatchObject([409, { code: 'mapping_changed' }]);
    await end(id, externalId);
  });

  it('is refused, and writes nothing, where it cannot be carried out', async () => {
    const { id, token } = await salon();
    const other = await api.business();
    const both = await api.token(SCOPES, [id, other]);
    const theirs = await profileRow(api, other);
    const mine = await profileRow(api, id);
    const { id: mapping, externalId } = await mappingRow(api, { businessId: id });
    const body = { businessId: id, entity: 'profile', externalId, decision: 'link', version: 1 };
    const refusals: [object, number, string, string?][] = [
      [{ ...body, recordId: randomUUID() }, 404, 'mapping_target_missing'],
      [{ ...body, recordId: theirs }, 404, 'mapping_target_missing'],
      [{ ...body, recordId: theirs }, 409, 'mapping_other_business', both.token],
      [{ ...body, recordId: mine, version: 7 }, 409, 'mapping_changed'],
      [{ ...body, decision: 'unmerge' }, 409, 'mapping_not_linked'],
      [{ ...body, recordId: mine, externalId: 'nobody' }, 404, 'not_found'],
      [{ ...body, recordId: mine, businessId: other }, 404, 'not_found'],
      [body, 400, 'bad_request'],
      [{ ...body, recordId: mine, decision: 'separate' }, 400, 'bad_request'],
      [{ ...body, recordId: mine, entity: 'hours' }, 400, 'bad_request'],
    ];
    for (const [request, status, code, as] of refusals) {
      const answer = await decide(as ?? token, request);
      expect([answer.status, answer.json], JSON.stringify(request)).toMatchObject([status, { code }]);
    }
    expect(await api.prisma.mapping.findUniqueOrThrow({ where: { id: mapping } })).toMatchObject({
      decision: null,
      version: 1,
    });
    expect(await auditOf(api, id)).toEqual([]);
  });

  it('says the same of a record that is not there and of one that must not be seen', async () => {
    const { id, token } = await salon();
    const theirs = await profileRow(api, await api.business());
    const { externalId } = await mappingRow(api, { businessId: id });
    const ask = async (recordId: string) => {
      const body = { businessId: id, entity: 'profile', externalId, decision: 'link', recordId, version: 1 };
      return z.object({ detail: z.string(), nextStep: z.string() }).parse((await decide(token, body)).json);
    };
    expect(await ask(theirs)).toEqual(await ask(randomUUID()));
  });

  it('is taken once of ten that are made on one version at the same moment', async () => {
    const { id, token } = await salon();
    const { externalId } = await mappingRow(api, { businessId: id });
    const anna = await profileRow(api, id);
    const body = {
      businessId: id,
      entity: 'profile',
      externalId,
      decision: 'link',
      recordId: anna,
      version: 1,
    };
    const answers = await Promise.all(Array.from({ length: 10 }, () => decide(token, body)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
    expect(await auditOf(api, id)).toHaveLength(1);
    await end(id, externalId);
  });

  it('is recorded while the business is held or Temporal is away, and the answer says so', async () => {
    const { id, token } = await salon();
    const make = async () => (await mappingRow(api, { businessId: id })).externalId;
    const body = { businessId: id, entity: 'profile', decision: 'separate', version: 1 };
    await using({ deps: { prisma: api.prisma, launcher: silentLauncher() } }, async (lame) => {
      const away = await decide(token, { ...body, externalId: await make() }, {}, lame);
      expect([away.status, away.json]).toMatchObject([
        202,
        { state: 'recorded', operation: null, notes: [{ code: 'temporal_unavailable' }] },
      ]);
    });
    await api.send(`/api/admin/booksy/businesses/${id}/pause`, { method: 'POST', token });
    const externalId = await make();
    const heldBack = await decide(token, { ...body, externalId });
    expect([heldBack.status, heldBack.json]).toMatchObject([
      202,
      { state: 'recorded', operation: null, notes: [{ code: 'business_paused' }] },
    ]);
    const workflow = api.client.workflow.getHandle(
      recordSyncId({ businessId: id, entity: 'profile', externalId }),
    );
    await expect(workflow.describe()).rejects.toThrow(/not found/);
  });

  it('sent again with its key answers the same and decides no second time; the kept answer holds no name', async () => {
    const { id, token } = await salon();
    const { externalId } = await mappingRow(api, {
      businessId: id,
      card: { label: 'Tajna Osoba', lines: [] },
    });
    const body = { businessId: id, entity: 'profile', externalId, decision: 'separate', version: 1 };
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = await decide(token, body, { headers });
    const again = await decide(token, body, { headers });
    expect(again.json).toEqual(first.json);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const other = await decide(token, { ...body, version: 2 }, { headers });
    expect([other.status, other.json]).toMatchObject([422, { code: 'idempotency_key_reused' }]);
    const { rows } = await api.database.pool.query('SELECT response::text FROM api_idempotency_keys');
    expect(JSON.stringify(rows)).not.toContain('Tajna');
    await end(id, externalId);
  });
});
