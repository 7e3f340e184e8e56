import { HOUSEHOLD_MAX, type ClientFacts } from '../../domain/matching/index.ts';
import type { Json } from '../../domain/canonical.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import { partOf } from '../apply/flat-binding.ts';
import type { ApplyScope } from '../apply/scope.ts';

/** A contact that more people have tells nobody apart; they are counted and not compared. */
const HOLDERS_AT_MOST = HOUSEHOLD_MAX;
/** Nor does a name; a person could not choose among more either. */
const NAMESAKES_AT_MOST = 20;

export interface ClientQuestion {
  readonly cards: readonly ClientFacts[];
  readonly profiles: readonly ClientFacts[];
}

interface ProfileRow {
  id: string;
  given_name: string;
  family_name: string;
  email: string | null;
  phone: string | null;
  email_shared_by: number;
  phone_shared_by: number;
  linked: boolean;
  cards: readonly { readonly email: string | null; readonly phone: string | null }[];
}

/**
 * The profiles that some cards could be: same e-mail, same phone, or same full name in either order. Those that are the
 * profile of a live card already come along where a contact agrees: possible doubles. One statement for the batch; every
 * look is an index's, so it costs by the number of cards and not by that of the profiles.
 *
 * @param taken profiles that must not be linked again whatever the database says: linked in this batch, or in a dry run
 */
export async function clientQuestion(
  scope: ApplyScope,
  fresh: readonly SeenRecord[],
  taken: ReadonlySet<string>,
): Promise<ClientQuestion> {
  const cards = fresh.map(factsOf);
  const asked = cards.map(({ given, family, email, phone }) => ({ given, family, email, phone }));
  const rows = await scope.tx.$queryRaw<ProfileRow[]>`
    WITH cards AS MATERIALIZED (
      SELECT r.email, r.phone, booksy_fold_name(r.given || ' ' || r.family) AS straight,
             booksy_fold_name(r.family || ' ' || r.given) AS swapped
        FROM jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) AS r(given text, family text, email text, phone text)
    ), hits AS (
      SELECT 'email' AS kind, k.email AS key, h.id
        FROM (SELECT DISTINCT email FROM cards WHERE email IS NOT NULL) AS k CROSS JOIN LATERAL (
             SELECT id FROM profiles p WHERE p.business_id = ${scope.businessId}::uuid AND p.email = k.email
              LIMIT ${HOLDERS_AT_MOST + 1}) AS h
      UNION
      SELECT 'email', k.email, h.id
        FROM (SELECT DISTINCT email FROM cards WHERE email IS NOT NULL) AS k CROSS JOIN LATERAL (
             SELECT id FROM profiles p
              WHERE p.business_id = ${scope.businessId}::uuid AND p.provenance = '{}'::jsonb
                AND lower(btrim(p.email)) = k.email
              LIMIT ${HOLDERS_AT_MOST + 1}) AS h
      UNION
      SELECT 'phone', k.phone, h.id
        FROM (SELECT DISTINCT phone FROM cards WHERE phone IS NOT NULL) AS k CROSS JOIN LATERAL (
             SELECT id FROM profiles p WHERE p.business_id = ${scope.businessId}::uuid AND p.phone_e164 = k.phone
              LIMIT ${HOLDERS_AT_MOST + 1}) AS h
      UNION
      SELECT 'name', k.name, h.id
        FROM (SELECT straight AS name FROM cards UNION SELECT swapped FROM cards) AS k CROSS JOIN LATERAL (
             SELECT id FROM profiles p
              WHERE p.business_id = ${scope.businessId}::uuid AND p.provenance = '{}'::jsonb
                AND booksy_fold_name(p.given_name || ' ' || p.family_name) = k.name
              LIMIT ${NAMESAKES_AT_MOST + 1}) AS h
       WHERE k.name <> ''
    ), found AS (
      SELECT id, bool_or(kind <> 'name') AS by_contact
        FROM (SELECT kind, id, count(*) OVER (PARTITION BY kind, key) AS holders FROM hits) AS h
       WHERE holders <= CASE kind WHEN 'name' THEN ${NAMESAKES_AT_MOST}::int ELSE ${HOLDERS_AT_MOST}::int END
       GROUP BY id
    ), known AS (
      SELECT f.id, f.by_contact, coalesce(jsonb_agg(jsonb_build_object(
               'email', c.remote ->> 'email', 'phone', c.remote ->> 'phone')) FILTER (WHERE c.external_id IS NOT NULL),
               '[]') AS cards
        FROM found f
        LEFT JOIN external_clients c ON c.profile_id = f.id AND c.business_id = ${scope.businessId}::uuid
          AND c.gone_at IS NULL
       GROUP BY f.id, f.by_contact
    )
    SELECT p.id, p.given_name, p.family_name, nullif(lower(btrim(p.email)), '') AS email,
           nullif(p.phone_e164, '') AS phone, k.cards <> '[]' AS linked, k.cards,
           (SELECT count(*)::int FROM (SELECT FROM profiles q WHERE q.business_id = p.business_id
                                          AND q.email = p.email LIMIT ${NAMESAKES_AT_MOST}) AS e) AS email_shared_by,
           (SELECT count(*)::int FROM (SELECT FROM profiles q WHERE q.business_id = p.business_id
                                          AND q.phone_e164 = p.phone_e164 LIMIT ${NAMESAKES_AT_MOST}) AS h)
             AS phone_shared_by
      FROM known k JOIN profiles p ON p.id = k.id
     WHERE k.by_contact OR k.cards = '[]'
     ORDER BY p.id`;
  return {
    cards: withHolders(
      cards,
      rows.flatMap((row) => row.cards),
    ),
    profiles: rows.map((row) => ({
      id: row.id,
      given: row.given_name,
      family: row.family_name,
      email: row.email,
      phone: row.phone,
      emailSharedBy: row.email_shared_by,
      phoneSharedBy: row.phone_shared_by,
      linked: row.linked || taken.has(row.id),
    })),
  };
}

type Contacts = Pick<ClientFacts, 'email' | 'phone'>;

/** How many cards carry a card's contacts: those of this batch, and those that are imported. */
function withHolders(cards: readonly ClientFacts[], imported: readonly Contacts[]): readonly ClientFacts[] {
  const emails = countOf([...cards, ...imported].map(({ email }) => email));
  const phones = countOf([...cards, ...imported].map(({ phone }) => phone));
  return cards.map((card) => ({
    ...card,
    emailSharedBy: card.email === null ? 1 : (emails.get(card.email) ?? 1),
    phoneSharedBy: card.phone === null ? 1 : (phones.get(card.phone) ?? 1),
  }));
}

function countOf(values: readonly (string | null)[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function factsOf(seen: SeenRecord): ClientFacts {
  return {
    id: seen.externalId,
    given: text(partOf(seen.here.name, 'given')) ?? '',
    family: text(partOf(seen.here.name, 'family')) ?? '',
    email: text(seen.here.email),
    phone: text(seen.here.phone),
    emailSharedBy: 1,
    phoneSharedBy: 1,
    linked: false,
  };
}

function text(value: Json | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
