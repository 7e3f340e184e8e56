import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { roomBinding } from '../../../activities/apply/catalog-bindings.ts';
import { NO_LINKS } from '../../../activities/apply/links.ts';
import { settleWaiting } from '../../../activities/matching/index.ts';
import { seenRoom } from '../../../domain/states/catalog.ts';
import { explainMapping, MappingError } from '../../../infra/mappings.ts';
import { nextInterval, resource } from '../../support/salon.ts';
import { anotherDesk, card, openDesk, type Desk } from './support/desk.ts';

/** What a person decides about the mapping list, and what cannot be decided. */

let house: Desk;
let desk: Desk;

beforeAll(async () => {
  house = await openDesk();
});

afterAll(() => house.database.drop());

beforeEach(async () => {
  desk = await anotherDesk(house);
});

const room = (externalId: string, name: string) =>
  seenRoom(resource(externalId, { kind: 'room', name }), NO_LINKS, nextInterval());
const ownRoom = async (name: string) => {
  const id = uuidv7();
  await desk.deps.db.room.create({ data: { id, businessId: desk.business.id, name } });
  return id;
};
const refusal = async (work: Promise<unknown>) => {
  const error: unknown = await work.catch((caught: unknown) => caught);
  if (!(error instanceof MappingError)) throw new Error('Nothing was refused.');
  expect(error.nextStep).not.toBe('');
  expect(explainMapping(error.code)).toContain(error.message);
  return error.code;
};

describe('a decision on a card that waits', () => {
  it('links it, whatever the matcher says', async () => {
    const own = await desk.ownProfile();
    const other = await desk.ownProfile({ given: 'Całkiem', family: 'Inna', phone: '+48500100200' });
    await desk.clients(card('1', { email: 'z@mail.example' }));
    expect((await desk.mapping('1'))?.candidates).toEqual([own]);
    await desk.decide('1', { decision: 'link', recordId: other });
    await desk.clients(card('1', { email: 'z@mail.example' }));
    expect(await desk.profileOf('1')).toBe(other);
    expect(await desk.mapping('1')).toMatchObject({
      state: 'linked',
      recordId: other,
      reason: 'decided_link',
      applied: true,
    });
    const profile = await desk.deps.db.profile.findUniqueOrThrow({ where: { id: other } });
    expect(profile).toMatchObject({ email: 'z@mail.example', phoneE164: '+48500100200' });
  });

  it('makes it a record of its own, which is never asked about again', async () => {
    await desk.ownProfile();
    await desk.clients(card('1'));
    await desk.decide('1', { decision: 'separate' });
    await desk.clients(card('1'));
    const made = await desk.profileOf('1');
    expect(made).not.toBeNull();
    expect(await desk.mapping('1')).toMatchObject({
      state: 'rejected',
      reason: 'decided_separate',
      applied: true,
    });
    // Its mirror row is lost, say by a restored backup: the decision still holds.
    await desk.deps.db.externalClient.deleteMany({ where: { businessId: desk.business.id } });
    await desk.clients(card('1'));
    expect(await desk.profileOf('1')).not.toBeNull();
  });

  it('stands in the audit trail with who decided', async () => {
    const own = await desk.ownProfile();
    await desk.clients(card('1'));
    await desk.decide('1', { decision: 'link', recordId: own });
    expect(await desk.auditOf('decided')).toEqual([
      expect.objectContaining({ externalId: '1', recordId: own, actor: 'user:ola', reasonCode: 'link' }),
    ]);
  });

  it('is taken back where its record was deleted before it was carried out; the card waits again', async () => {
    await desk.ownProfile();
    const doomed = await desk.ownProfile({ given: 'Całkiem', family: 'Inna' });
    await desk.clients(card('1'));
    await desk.decide('1', { decision: 'link', recordId: doomed });
    await desk.deps.db.profile.delete({ where: { id: doomed } });
    await desk.clients(card('1'));
    expect(await desk.profileOf('1')).toBeNull();
    expect(await desk.mapping('1')).toMatchObject({
      state: 'unsure',
      reason: 'mapping_target_missing',
      decision: null,
      version: 3,
    });
    await desk.clients(card('1'));
    expect(await desk.mapping('1')).toMatchObject({ state: 'unsure', reason: 'name_only' });
  });

  it('for two cards of one client links one after the other', async () => {
    const own = await desk.ownProfile();
    const same = [card('1', { email: 'a@mail.example' }), card('2', { email: 'b@mail.example' })];
    await desk.clients(...same);
    await desk.decide('1', { decision: 'link', recordId: own });
    await desk.decide('2', { decision: 'link', recordId: own });
    await desk.clients(...same);
    await desk.clients(...same);
    expect(await desk.profileOf('1')).toBe(own);
    expect(await desk.profileOf('2')).toBe(own);
    const cards = await desk.deps.db.externalClient.findMany({
      where: { businessId: desk.business.id, isPrimary: true },
    });
    expect(cards.map((each) => each.externalId)).toEqual(['1']);
  });
});

describe('a decision that cannot be carried out', () => {
  it('is refused by name and leaves nothing behind', async () => {
    await desk.ownProfile();
    const neighbour = await anotherDesk(house);
    const foreign = await neighbour.ownProfile();
    await desk.clients(card('1'));
    const before = await desk.mapping('1');
    const code = (recordId: string | null, more = {}) =>
      refusal(desk.decide('1', { decision: 'link', recordId, ...more }));
    expect(await code(uuidv7())).toBe('mapping_target_missing');
    expect(await code(null)).toBe('mapping_target_missing');
    expect(await code('no uuid')).toBe('mapping_target_missing');
    expect(await code(foreign)).toBe('mapping_other_business');
    expect(await code(foreign, { version: 7 })).toBe('mapping_changed');
    expect(await refusal(desk.decide('99', { decision: 'link', recordId: foreign }))).toBe(
      'mapping_not_found',
    );
    expect(await refusal(desk.decide('1', { decision: 'unmerge' }))).toBe('mapping_not_linked');
    expect(await desk.mapping('1')).toEqual(before);
    expect(await desk.auditOf('decided')).toEqual([]);
  });

  it('is refused on candidates that changed since they were shown', async () => {
    const own = await desk.ownProfile();
    await desk.clients(card('1'));
    const shown = await desk.mapping('1');
    await desk.ownProfile();
    await desk.clients(card('1'));
    const late = desk.decide('1', { decision: 'link', recordId: own, version: shown?.version ?? 0 });
    expect(await refusal(late)).toBe('mapping_changed');
  });

  it('is refused to the second of two who decide at once', async () => {
    const own = await desk.ownProfile();
    await desk.clients(card('1'));
    const version = (await desk.mapping('1'))?.version ?? 0;
    const answers = await Promise.allSettled([
      desk.decide('1', { decision: 'link', recordId: own, version }),
      desk.decide('1', { decision: 'separate', version }),
    ]);
    expect(answers.map((answer) => answer.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('does not touch the same card of another business', async () => {
    const neighbour = await anotherDesk(house);
    const foreign = await neighbour.ownProfile();
    await neighbour.clients(card('1'));
    const before = await neighbour.mapping('1');
    expect(await refusal(desk.decide('1', { decision: 'link', recordId: foreign, version: 1 }))).toBe(
      'mapping_not_found',
    );
    expect(await neighbour.mapping('1')).toEqual(before);
  });
});

describe('two decisions that would go round', () => {
  it('are refused when each card is asked to become the other', async () => {
    await desk.clients(card('1', { phone: '+48500100200' }), card('2', { phone: '+48500100201' }));
    const first = await desk.profileOf('1');
    const second = await desk.profileOf('2');
    await desk.decide('2', { decision: 'link', recordId: first });
    const round = desk.decide('1', { decision: 'link', recordId: second });
    expect(await refusal(round)).toBe('mapping_loop');
  });

  it('are refused when a profile is chosen that is about to be merged away', async () => {
    const own = await desk.ownProfile();
    await desk.clients(card('1', { givenName: 'Anna' }), card('2', { givenName: 'Beata' }));
    const first = await desk.profileOf('1');
    await desk.decide('1', { decision: 'link', recordId: own });
    const chain = desk.decide('2', { decision: 'link', recordId: first });
    expect(await refusal(chain)).toBe('mapping_loop');
    await desk.carryOut('1');
    const settled = desk.decide('2', { decision: 'link', recordId: own });
    await expect(settled).resolves.toBeUndefined();
  });

  it('are refused when a profile would be left that another card is about to join', async () => {
    const own = await desk.ownProfile();
    await desk.clients(card('1', { givenName: 'Anna' }), card('2', { givenName: 'Beata' }));
    await desk.decide('2', { decision: 'link', recordId: await desk.profileOf('1') });
    expect(await refusal(desk.decide('1', { decision: 'link', recordId: own }))).toBe('mapping_loop');
  });
});

describe('rooms, services, staff', () => {
  it('are one to one: what is linked already is taken', async () => {
    const own = await ownRoom('Gabinet');
    await desk.records(roomBinding, room('9', 'Gabinet'));
    expect(await desk.mapping('9', 'room')).toMatchObject({ state: 'linked', recordId: own });
    const second = await ownRoom('Solarium');
    const third = await ownRoom('Solarium');
    await desk.records(roomBinding, room('10', 'Solarium'));
    expect(await desk.mapping('10', 'room')).toMatchObject({ state: 'unsure' });
    const take = (recordId: string) => desk.decide('10', { entity: 'room', decision: 'link', recordId });
    expect(await refusal(take(own))).toBe('mapping_taken');
    await take(second);
    await desk.records(roomBinding, room('10', 'Solarium'), room('11', 'Solarium'));
    expect(await desk.mapping('10', 'room')).toMatchObject({
      state: 'linked',
      recordId: second,
      applied: true,
    });
    expect(await desk.mapping('11', 'room')).toMatchObject({ recordId: third, candidates: [third] });
  });

  it('cannot be moved once they are imported, and say so', async () => {
    await desk.records(roomBinding, room('9', 'Gabinet'));
    const spare = await ownRoom('Inny');
    const move = desk.decide('9', { entity: 'room', decision: 'link', recordId: spare });
    expect(await refusal(move)).toBe('mapping_fixed');
  });
});

describe('what waits without need', () => {
  it('closes when the card came to be linked by other means', async () => {
    const own = await desk.ownProfile();
    await desk.clients(card('1'));
    await desk.inRun(async ({ tx, runId }) => {
      await tx.$executeRaw`
        INSERT INTO external_clients (business_id, external_id, profile_id, remote, remote_hash, base_theirs, base_ours,
                                      observed_sent_at, observed_received_at, last_run_id)
        VALUES (${desk.business.id}::uuid, '1', ${own}::uuid, '{}', '', '{}', '{}', 'epoch', 'epoch', ${runId}::uuid)`;
    });
    expect(await desk.inRun((scope) => settleWaiting(scope, 'profile', null))).toBe(1);
    expect(await desk.mapping('1')).toMatchObject({
      state: 'linked',
      recordId: own,
      reason: 'linked_otherwise',
    });
  });

  it('closes when Booksy no longer lists the card, and opens again when it does', async () => {
    await desk.ownProfile();
    await desk.clients(card('1'));
    await desk.inRun((scope) => settleWaiting(scope, 'profile', null));
    await desk.inRun((scope) => settleWaiting(scope, 'profile', { ids: ['1', '2'] }));
    expect(await desk.mapping('1')).toMatchObject({ state: 'unsure', version: 1 });
    await desk.inRun(async (scope) => {
      await scope.tx.$executeRaw`
        INSERT INTO sync_pass_rows (run_id, window_key, external_id) VALUES (${scope.runId}::uuid, 'clients', '2')`;
      expect(await settleWaiting(scope, 'profile', { windowKey: 'clients' })).toBe(1);
    });
    expect(await desk.mapping('1')).toMatchObject({ state: 'rejected', reason: 'not_listed' });
    await desk.clients(card('1'));
    expect(await desk.mapping('1')).toMatchObject({ state: 'unsure', version: 3 });
  });
});
