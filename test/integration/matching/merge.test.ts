import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mergedCards } from '../../../activities/matching/index.ts';
import { clientBinding } from '../../../activities/apply/client-binding.ts';
import { applyGone } from '../../../activities/apply/gone.ts';
import { tupleChanges } from '../../support/tuples.ts';
import { anotherDesk, card, openDesk, visitOf, type Desk } from './support/desk.ts';

/** Two cards are one client, and two clients again (R38). */

let house: Desk;
let desk: Desk;

const ANNA = card('1', { givenName: 'Anna', email: 'anna@mail.example' });
const ANIA = card('2', { givenName: 'Ania', phone: '+48500100202' });

beforeAll(async () => {
  house = await openDesk();
});

afterAll(() => house.database.drop());

beforeEach(async () => {
  desk = await anotherDesk(house);
});

/** Two cards, each with a profile of its own and visits. */
async function twoClients(): Promise<{ readonly anna: string; readonly ania: string }> {
  await desk.clients(ANNA, ANIA);
  await desk.visits(visitOf('11', '1'), visitOf('12', '1'), visitOf('21', '2'), visitOf('22', '2'));
  const anna = await desk.profileOf('1');
  const ania = await desk.profileOf('2');
  if (anna === null || ania === null) throw new Error('The cards were not imported.');
  return { anna, ania };
}

async function link(externalId: string, recordId: string): Promise<void> {
  await desk.decide(externalId, { decision: 'link', recordId });
  expect(await desk.carryOut(externalId)).toMatchObject({ kind: 'done', decision: 'link', recordId });
}

async function unmerge(externalId: string): Promise<string> {
  await desk.decide(externalId, { decision: 'unmerge' });
  const done = await desk.carryOut(externalId);
  if (done.kind !== 'done') throw new Error(`The un-merge was not carried out: ${JSON.stringify(done)}`);
  return done.recordId;
}

const profile = (id: string) => desk.deps.db.profile.findUnique({ where: { id } });
const visitsOf = async (profileId: string) => {
  const rows = await desk.database.pool.query<{ external_id: string }>(
    `SELECT m.external_id FROM external_bookings m JOIN bookings b ON b.id = m.booking_id
      WHERE m.business_id = $1 AND b.profile_id = $2 ORDER BY m.external_id`,
    [desk.business.id, profileId],
  );
  return rows.rows.map((row) => row.external_id);
};
const echoes = () =>
  desk.deps.db.syncOutbox.count({ where: { businessId: desk.business.id, NOT: { entity: 'business' } } });

describe('a card that a person links with another client', () => {
  it('takes its visits along, fills what was empty, and leaves no profile behind', async () => {
    const { anna, ania } = await twoClients();
    await link('2', anna);
    expect(await desk.profileOf('2')).toBe(anna);
    expect(await profile(ania)).toBeNull();
    expect(await profile(anna)).toMatchObject({
      givenName: 'Anna',
      email: 'anna@mail.example',
      phoneE164: '+48500100202',
      provenance: { name: '1', email: '1', phone: '2' },
    });
    expect(await visitsOf(anna)).toEqual(['11', '12', '21', '22']);
    expect(await desk.mapping('2')).toMatchObject({
      state: 'linked',
      recordId: anna,
      applied: true,
      card: { label: 'Ania Zmyślona', lines: ['+48500100202'] },
    });
  });

  it('looks edited nowhere, leaves no echo and asks nothing', async () => {
    const { anna } = await twoClients();
    await desk.deps.db.syncOutbox.deleteMany({ where: { businessId: desk.business.id } });
    await link('2', anna);
    expect(await echoes()).toBe(0);
    expect(await desk.deps.db.booksySyncConflict.count({ where: { businessId: desk.business.id } })).toBe(0);
    const { visits } = (await desk.snapshot()) as {
      visits: { profile: string; ours: { client: string }; ahead: number; nameAhead: number }[];
    };
    expect(visits).toHaveLength(4);
    for (const each of visits) {
      expect(each).toMatchObject({ ours: { client: each.profile }, ahead: 0, nameAhead: 0 });
    }
    const { inEntities } = await tupleChanges(desk.deps.db, async () => {
      await desk.clients(ANNA, ANIA);
      await desk.visits(visitOf('11', '1'), visitOf('21', '2'));
    });
    expect(inEntities).toEqual({});
  });

  it('is audited: the merge, each visit, the profile that went, and who decided', async () => {
    const { anna, ania } = await twoClients();
    await link('2', anna);
    expect(await desk.auditOf('merged')).toEqual([
      expect.objectContaining({
        recordId: anna,
        externalId: '2',
        actor: 'user:ola',
        reasonCode: 'decided_link',
      }),
    ]);
    expect(await desk.auditOf('removed')).toEqual([
      expect.objectContaining({ recordId: ania, actor: 'user:ola' }),
    ]);
    const moved = (await desk.auditOf('updated')).filter(({ entity }) => entity === 'booking');
    expect(moved.map(({ externalId }) => externalId).sort()).toEqual(['21', '22']);
  });

  it('speaks from then on only for what came from it; the primary card speaks for the rest', async () => {
    const { anna } = await twoClients();
    await link('2', anna);
    await desk.clients({ ...ANIA, givenName: 'Hanna', email: 'other@mail.example', phone: '+48500100209' });
    expect(await profile(anna)).toMatchObject({
      givenName: 'Anna',
      email: 'anna@mail.example',
      phoneE164: '+48500100209',
    });
    await desk.clients({ ...ANNA, givenName: 'Anna Maria', phone: '+48500100207' });
    expect(await profile(anna)).toMatchObject({
      givenName: 'Anna Maria',
      phoneE164: '+48500100207',
      provenance: { name: '1', email: '1', phone: '1' },
    });
    await desk.clients({ ...ANIA, phone: '+48500100208' });
    expect(await profile(anna)).toMatchObject({ phoneE164: '+48500100207' });
    expect(await desk.deps.db.booksySyncConflict.count({ where: { businessId: desk.business.id } })).toBe(0);
  });

  it('brings later visits to the same client', async () => {
    const { anna } = await twoClients();
    await link('2', anna);
    await desk.visits(visitOf('23', '2'));
    expect(await visitsOf(anna)).toContain('23');
  });

  it.each([
    [
      'a visit that was made here',
      async (id: string) => {
        await desk.deps.db.booking.create({
          data: {
            id: uuidv7(),
            businessId: desk.business.id,
            profileId: id,
            zone: 'Europe/Warsaw',
            startsLocal: new Date('2027-05-01T10:00:00Z'),
            endsLocal: new Date('2027-05-01T11:00:00Z'),
            startsAt: new Date('2027-05-01T08:00:00Z'),
            endsAt: new Date('2027-05-01T09:00:00Z'),
          },
        });
      },
    ],
    [
      'a value that was written here',
      async (id: string) => {
        await desk.deps.db.profile.update({ where: { id }, data: { email: 'own@mail.example' } });
      },
    ],
    [
      'a row of a table that is none of ours',
      async (id: string) => {
        await desk.database.pool.query(
          `CREATE TABLE IF NOT EXISTS loyalty_cards (id serial PRIMARY KEY, "Client" uuid REFERENCES profiles (id) ON DELETE CASCADE)`,
        );
        await desk.database.pool.query(`INSERT INTO loyalty_cards ("Client") VALUES ($1)`, [id]);
      },
    ],
  ])('leaves its former profile where %s keeps it', async (_, use) => {
    const { anna, ania } = await twoClients();
    await use(ania);
    await link('2', anna);
    expect(await profile(ania)).not.toBeNull();
    expect(await visitsOf(ania)).toEqual([]);
    expect(await visitsOf(anna)).toEqual(['11', '12', '21', '22']);
  });

  it('leaves a visit with whom a person gave it here', async () => {
    const { anna, ania } = await twoClients();
    const third = await desk.ownProfile({ given: 'Trzecia' });
    const mirror = await desk.deps.db.externalBooking.findFirstOrThrow({
      where: { businessId: desk.business.id, externalId: '21' },
    });
    await desk.deps.db.booking.update({ where: { id: mirror.bookingId ?? '' }, data: { profileId: third } });
    await link('2', anna);
    expect(await visitsOf(third)).toEqual(['21']);
    expect(await visitsOf(anna)).toEqual(['11', '12', '22']);
    expect(await profile(ania)).toBeNull();
  });
});

describe('an un-merge', () => {
  it('gives everything back as it was', async () => {
    const { anna, ania } = await twoClients();
    const before = await desk.snapshot();
    await link('2', anna);
    expect(await desk.snapshot()).not.toEqual(before);
    expect(await unmerge('2')).toBe(ania);
    expect(await desk.snapshot()).toEqual(before);
    expect(await desk.mapping('2')).toMatchObject({ state: 'rejected', applied: true, recordId: null });
  });

  it('gives back a profile with all that the platform keeps in it', async () => {
    await desk.database.pool.query(`ALTER TABLE profiles ADD COLUMN IF NOT EXISTS shoe_size int`);
    const { anna, ania } = await twoClients();
    await desk.database.pool.query(`UPDATE profiles SET shoe_size = 38 WHERE id = $1`, [ania]);
    await link('2', anna);
    await unmerge('2');
    const { rows } = await desk.database.pool.query(`SELECT shoe_size FROM profiles WHERE id = $1`, [ania]);
    expect(rows).toEqual([{ shoe_size: 38 }]);
  });

  it('splits visits by the card that they came with, later ones included', async () => {
    const { anna, ania } = await twoClients();
    await link('2', anna);
    await desk.visits(visitOf('13', '1'), visitOf('23', '2'));
    await unmerge('2');
    expect(await visitsOf(anna)).toEqual(['11', '12', '13']);
    expect(await visitsOf(ania)).toEqual(['21', '22', '23']);
  });

  it('leaves a visit with the card that it came with, although Booksy shows it under the other one now', async () => {
    const { anna, ania } = await twoClients();
    await link('2', anna);
    await desk.visits(visitOf('12', '2'));
    await unmerge('2');
    expect(await visitsOf(anna)).toEqual(['11', '12']);
    expect(await visitsOf(ania)).toEqual(['21', '22']);
  });

  it('leaves with the client what a person wrote here meanwhile', async () => {
    const { anna, ania } = await twoClients();
    await link('2', anna);
    await desk.deps.db.profile.update({ where: { id: anna }, data: { phoneE164: '+48500100299' } });
    await unmerge('2');
    expect(await profile(anna)).toMatchObject({
      phoneE164: '+48500100299',
      provenance: { name: '1', email: '1' },
    });
    expect(await profile(ania)).toMatchObject({ phoneE164: '+48500100202' });
  });

  it('gives the card what Booksy changed meanwhile', async () => {
    const { anna, ania } = await twoClients();
    await link('2', anna);
    const moved = { ...ANIA, phone: '+48500100209' };
    await desk.clients(moved);
    await unmerge('2');
    await desk.clients(moved);
    expect(await profile(ania)).toMatchObject({ givenName: 'Ania', phoneE164: '+48500100209' });
    expect(await profile(anna)).toMatchObject({ phoneE164: null });
    const { inEntities } = await tupleChanges(desk.deps.db, () => desk.clients(ANNA, moved));
    expect(inEntities).toEqual({});
  });

  it('takes a card apart that the matcher linked with a client of our own', async () => {
    const own = await desk.ownProfile({ given: 'Ania', email: 'ania@mail.example' });
    const untouched = await profile(own);
    const linked = card('2', { givenName: 'Ania', email: 'ania@mail.example', phone: '+48500100202' });
    await desk.clients(linked);
    await desk.visits(visitOf('21', '2'));
    expect(await desk.profileOf('2')).toBe(own);
    const apart = await unmerge('2');
    expect(apart).not.toBe(own);
    expect(await profile(own)).toMatchObject({
      givenName: untouched?.givenName,
      email: 'ania@mail.example',
      phoneE164: null,
      provenance: {},
    });
    expect(await profile(apart)).toMatchObject({ phoneE164: '+48500100202', provenance: { phone: '2' } });
    expect(await visitsOf(apart)).toEqual(['21']);
    await desk.clients(linked);
    expect(await desk.profileOf('2')).toBe(apart);
  });

  it('of one of three cards leaves the other two together', async () => {
    const { anna, ania } = await twoClients();
    await desk.clients(card('3', { givenName: 'Andzia', phone: '+48500100203' }));
    await desk.visits(visitOf('9', '3'));
    await link('2', anna);
    await link('3', anna);
    await unmerge('2');
    expect(await visitsOf(anna)).toEqual(['11', '12', '9']);
    // The phone was the second card's; the third one, still here, has one too.
    expect(await profile(anna)).toMatchObject({
      phoneE164: '+48500100203',
      provenance: { name: '1', email: '1', phone: '3' },
    });
    expect(await profile(ania)).toMatchObject({ phoneE164: '+48500100202' });
  });

  it('can be followed by another link of the same card', async () => {
    const { anna } = await twoClients();
    const before = await desk.snapshot();
    for (let round = 0; round < 2; round += 1) {
      await link('2', anna);
      await unmerge('2');
    }
    expect(await desk.snapshot()).toEqual(before);
  });

  it('is audited with who decided', async () => {
    const { anna } = await twoClients();
    await link('2', anna);
    await unmerge('2');
    expect(await desk.auditOf('unmerged')).toEqual([
      expect.objectContaining({ recordId: anna, externalId: '2', actor: 'user:ola', groups: ['phone'] }),
    ]);
  });
});

describe('a decision that became impossible before it was carried out', () => {
  it('is taken back, and nothing else is written', async () => {
    await twoClients();
    const doomed = await desk.ownProfile({ given: 'Ktoś', family: 'Inny' });
    await desk.decide('2', { decision: 'link', recordId: doomed });
    await desk.deps.db.profile.delete({ where: { id: doomed } });
    const before = await desk.snapshot();
    expect(await desk.carryOut('2')).toMatchObject({ kind: 'refused', code: 'mapping_target_missing' });
    expect(await desk.snapshot()).toEqual(before);
    expect(await desk.mapping('2')).toMatchObject({ decision: null, reason: 'mapping_target_missing' });
    expect(await desk.carryOut('2')).toEqual({ kind: 'nothing' });
  });
});

describe('cards that Booksy merged', () => {
  const merge = () => desk.inRun((scope) => mergedCards(scope));
  const gone = (externalId: string) => desk.inRun((scope) => applyGone(scope, clientBinding, [externalId]));

  it('are one client here too, with all visits, and can be taken apart', async () => {
    const { anna, ania } = await twoClients();
    await gone('2');
    await desk.visits(visitOf('21', '1'));
    await desk.visits(visitOf('22', '1'));
    expect(await visitsOf(anna)).toEqual(['11', '12', '21', '22']);
    expect(await merge()).toBe(1);
    expect(await desk.profileOf('2')).toBe(anna);
    expect(await profile(ania)).toBeNull();
    const row = await desk.deps.db.externalClient.findFirst({
      where: { businessId: desk.business.id, externalId: '2' },
    });
    expect(row).toMatchObject({ mergedInto: '1', isPrimary: false });
    expect(await desk.mapping('2')).toMatchObject({
      state: 'linked',
      reason: 'merged_at_booksy',
      card: { label: 'Ania Zmyślona' },
    });
    expect(await merge()).toBe(0);

    expect(await unmerge('2')).toBe(ania);
    expect(await visitsOf(anna)).toEqual(['11', '12']);
    expect(await visitsOf(ania)).toEqual(['21', '22']);
    expect(await merge()).toBe(0);
    const again = visitOf('21', '1');
    const { inEntities } = await tupleChanges(desk.deps.db, () => desk.visits(again));
    expect(inEntities).toEqual({});
  });

  it('are none where a card is gone and only one of its visits was given to somebody else', async () => {
    const { ania } = await twoClients();
    await gone('2');
    await desk.visits(visitOf('21', '1'));
    expect(await merge()).toBe(0);
    expect(await desk.profileOf('2')).toBe(ania);
    expect(await visitsOf(ania)).toEqual(['22']);
  });

  it('are none where the visits went to two others', async () => {
    const { ania } = await twoClients();
    await desk.clients(card('3'));
    await gone('2');
    await desk.visits(visitOf('21', '1'), visitOf('22', '3'));
    expect(await merge()).toBe(0);
    expect(await profile(ania)).not.toBeNull();
  });

  it('are none where a card lost its visits and is still there', async () => {
    await twoClients();
    await desk.visits(visitOf('21', '1'), visitOf('22', '1'));
    expect(await merge()).toBe(0);
  });
});
