import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeBusiness } from '../../support/salon.ts';
import { tupleChanges } from '../../support/tuples.ts';
import { anotherDesk, card, openDesk, type Desk } from './support/desk.ts';

/** Clients of the platform's own meet Booksy's cards for the first time (SPEC 3.7). */

let house: Desk;
let desk: Desk;

beforeAll(async () => {
  house = await openDesk();
});

afterAll(() => house.database.drop());

beforeEach(async () => {
  desk = await anotherDesk(house);
});

const profiles = () => desk.deps.db.profile.findMany({ where: { businessId: desk.business.id } });

describe('a card that is surely a client of ours', () => {
  it('is linked by e-mail and name; nothing is doubled and the empty side is filled', async () => {
    const own = await desk.ownProfile({ email: 'zofia@mail.example' });
    await desk.clients(card('1', { email: 'zofia@mail.example', phone: '+48500100200' }));
    expect(await desk.profileOf('1')).toBe(own);
    expect(await profiles()).toEqual([
      expect.objectContaining({ id: own, phoneE164: '+48500100200', provenance: { phone: '1' } }),
    ]);
    expect(await desk.mapping('1')).toMatchObject({
      state: 'linked',
      recordId: own,
      version: 1,
      candidates: [own],
      card: { label: 'Zofia Zmyślona', lines: ['zofia@mail.example', '+48500100200'] },
    });
  });

  it('is found however the platform wrote case, accents and the order of the names', async () => {
    const own = await desk.ownProfile({
      given: 'ZMYSLONA',
      family: 'zofia',
      email: ' Zofia@Mail.Example ',
      phone: '+48500100200',
    });
    await desk.clients(card('1', { email: 'zofia@mail.example', phone: '+48500100200' }));
    expect(await desk.profileOf('1')).toBe(own);
  });

  it('is audited and leaves no echo', async () => {
    const own = await desk.ownProfile({ email: 'zofia@mail.example' });
    await desk.deps.db.syncOutbox.deleteMany({ where: { businessId: desk.business.id } });
    await desk.clients(card('1', { email: 'zofia@mail.example', phone: '+48500100200' }));
    expect(await desk.auditOf('linked')).toMatchObject([
      { entity: 'profile', recordId: own, externalId: '1' },
    ]);
    expect(await desk.deps.db.syncOutbox.count({ where: { businessId: desk.business.id } })).toBe(0);
  });

  it('does not look into another business', async () => {
    const neighbour = await anotherDesk(house);
    await neighbour.ownProfile({ email: 'zofia@mail.example', phone: '+48500100200' });
    await desk.ownProfile({ given: 'Ktoś', family: 'Inny' });
    await desk.clients(card('1', { email: 'zofia@mail.example', phone: '+48500100200' }));
    expect(await desk.mapping('1')).toBeNull();
    expect(await profiles()).toHaveLength(2);
  });
});

describe('a card that is perhaps a client of ours', () => {
  it('waits in the mapping list and nothing is made of it', async () => {
    const own = await desk.ownProfile();
    await desk.clients(card('1'));
    expect(await desk.profileOf('1')).toBeNull();
    expect(await profiles()).toHaveLength(1);
    expect(await desk.mapping('1')).toMatchObject({ state: 'unsure', recordId: null, candidates: [own] });
    expect(await desk.auditOf('unsure')).toMatchObject([{ externalId: '1', recordId: null, actor: 'sync' }]);
  });

  it('is asked about once: a second look writes nothing', async () => {
    await desk.ownProfile();
    await desk.clients(card('1'));
    const before = await desk.mapping('1');
    const { inEntities } = await tupleChanges(desk.deps.db, () => desk.clients(card('1')));
    expect(inEntities).toEqual({});
    expect(await desk.mapping('1')).toEqual(before);
    expect(await desk.auditOf('unsure')).toHaveLength(1);
  });

  it('has another version once its card or its candidates changed', async () => {
    await desk.ownProfile();
    await desk.clients(card('1'));
    await desk.clients(card('1', { email: 'zofia@mail.example' }));
    expect(await desk.mapping('1')).toMatchObject({
      version: 2,
      card: { lines: ['zofia@mail.example'] },
    });
    const second = await desk.ownProfile();
    await desk.clients(card('1', { email: 'zofia@mail.example' }));
    const now = await desk.mapping('1');
    expect(now).toMatchObject({ version: 3, state: 'unsure' });
    expect(now?.candidates).toContain(second);
  });

  it('becomes a record of its own once nothing resembles it any more', async () => {
    const own = await desk.ownProfile();
    await desk.clients(card('1'));
    await desk.deps.db.profile.delete({ where: { id: own } });
    await desk.clients(card('1'));
    expect(await desk.profileOf('1')).not.toBeNull();
    expect(await desk.mapping('1')).toMatchObject({
      state: 'rejected',
      reason: 'no_candidate_left',
      version: 2,
    });
  });

  it.each([
    ['a phone that a household shares', { phone: '+48500100200' }, ['Anna', 'Jan', 'Ola']],
    ['a role mailbox', { email: 'info@salon.example' }, ['Anna', 'Jan']],
  ])('is never linked on %s alone', async (_, contact, names) => {
    for (const given of names) await desk.ownProfile({ given, family: 'Rodzinna', ...contact });
    await desk.clients(card('1', { givenName: 'Ewa', familyName: 'Rodzinna', ...contact }));
    const links = await desk.deps.db.mapping.count({
      where: { businessId: desk.business.id, state: 'linked' },
    });
    expect(links).toBe(0);
    for (const profile of await profiles()) {
      if (profile.givenName !== 'Ewa') expect(profile.provenance).toEqual({});
    }
  });
});

describe('a client who is linked already', () => {
  it('is not linked with a second card; the double is made and can be seen', async () => {
    const own = await desk.ownProfile({ email: 'zofia@mail.example', phone: '+48500100200' });
    await desk.ownProfile({ given: 'Ktoś', family: 'Inny' });
    await desk.clients(card('1', { email: 'zofia@mail.example', phone: '+48500100200' }));
    await desk.clients(card('2', { email: 'zofia@mail.example', phone: '+48500100200' }));
    expect(await desk.profileOf('1')).toBe(own);
    expect(await desk.profileOf('2')).not.toBe(own);
    expect(await desk.mapping('2')).toMatchObject({ state: 'rejected', candidates: [own] });
  });

  it('can be meant again once its card is gone', async () => {
    await desk.clients(card('1', { email: 'zofia@mail.example', phone: '+48500100200' }));
    const own = await desk.profileOf('1');
    await desk.deps.db.externalClient.updateMany({
      where: { businessId: desk.business.id, externalId: '1' },
      data: { goneAt: new Date() },
    });
    await desk.clients(card('2', { email: 'zofia@mail.example', phone: '+48500100200' }));
    expect(await desk.profileOf('2')).toBe(own);
  });

  it('of one batch is linked with one card only', async () => {
    await desk.ownProfile({ email: 'zofia@mail.example', phone: '+48500100200' });
    const same = { email: 'zofia@mail.example', phone: '+48500100200' };
    await desk.clients(card('1', same), card('2', same));
    const linked = await desk.deps.db.externalClient.groupBy({
      by: ['profileId'],
      where: { businessId: desk.business.id },
      _count: true,
    });
    expect(linked.every((each) => each._count === 1)).toBe(true);
  });
});

describe('an import into an empty platform', () => {
  it('remembers nothing, because nothing was asked', async () => {
    const empty = await makeBusiness(desk.deps.db);
    expect(empty.id).not.toBe(desk.business.id);
    await desk.clients(card('1', { email: 'a@mail.example' }), card('2', { email: 'a@mail.example' }));
    expect(await desk.deps.db.mapping.count({ where: { businessId: desk.business.id } })).toBe(0);
    expect(await profiles()).toHaveLength(2);
  });
});
