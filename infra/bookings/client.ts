import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js';
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../database/index.ts';
import { BookingError } from './errors.ts';
import type { WantedClient } from './types.ts';

/** The client of a visit that is being made. */
export interface FoundClient {
  readonly profileId: string;
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
}

interface Row {
  readonly wish: string;
  readonly id: string;
  readonly given_name: string;
  readonly family_name: string;
  readonly email: string | null;
  readonly phone_e164: string | null;
}

/** Which of these profiles the business does not have. */
export async function missingProfiles(
  tx: Pick<Tx, '$queryRaw'>,
  businessId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM profiles WHERE business_id = ${businessId}::uuid AND id = ANY(${[...ids]}::uuid[])`;
  const known = new Set(rows.map(({ id }) => id));
  return new Set(ids.filter((id) => !known.has(id)));
}

/**
 * The profiles of the clients: one that is named; one that agrees in name and in an address or number of its own and has no
 * other of either (R38: never by a shared contact alone); else a new one. By two statements, however many they are.
 *
 * @param wanted by the id of their wish; profiles that are named exist, and phones are E.164
 */
export async function clientsFor(
  tx: Tx,
  businessId: string,
  wanted: ReadonlyMap<string, WantedClient>,
): Promise<ReadonlyMap<string, FoundClient>> {
  if (wanted.size === 0) return new Map();
  const asked = [...wanted].map(([wish, client]) => ({
    wish,
    profile_id: client.profileId,
    name: `${client.givenName} ${client.familyName}`,
    email: client.email,
    phone: client.phone,
  }));
  const rows = await tx.$queryRaw<Row[]>`
    SELECT w.wish, p.id::text, p.given_name, p.family_name, p.email, p.phone_e164
      FROM jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) w(wish text, profile_id uuid, name text, email text, phone text)
      CROSS JOIN LATERAL (
        SELECT x.* FROM profiles x WHERE x.business_id = ${businessId}::uuid AND x.id = w.profile_id
        UNION
        SELECT x.* FROM profiles x
         WHERE w.profile_id IS NULL AND x.business_id = ${businessId}::uuid AND x.email = w.email
           AND booksy_fold_name(x.given_name || ' ' || x.family_name) = booksy_fold_name(w.name)
           AND (w.phone IS NULL OR x.phone_e164 IS NULL OR x.phone_e164 = w.phone)
        UNION
        SELECT x.* FROM profiles x
         WHERE w.profile_id IS NULL AND x.business_id = ${businessId}::uuid AND x.phone_e164 = w.phone
           AND booksy_fold_name(x.given_name || ' ' || x.family_name) = booksy_fold_name(w.name)
           AND (w.email IS NULL OR x.email IS NULL OR x.email = w.email)
      ) p
     ORDER BY w.wish, p.created_at, p.id`;
  const found = new Map<string, FoundClient>();
  const made = new Map<string, Record<string, string | null>>();
  for (const [wish, client] of wanted) {
    const row = rows.find((each) => each.wish === wish);
    if (row !== undefined) {
      found.set(wish, {
        profileId: row.id,
        name: `${row.given_name} ${row.family_name}`.trim(),
        email: row.email,
        phone: row.phone_e164,
      });
      continue;
    }
    // Two wishes of one new client in one round make one profile.
    const { givenName, familyName, email, phone } = client;
    const key = JSON.stringify([givenName, familyName, email, phone]);
    const contact = email !== null || phone !== null;
    const profile = (contact ? made.get(key) : undefined) ?? {
      id: uuidv7(),
      given_name: givenName,
      family_name: familyName,
      email,
      phone_e164: phone,
    };
    made.set(contact ? key : wish, profile);
    found.set(wish, {
      profileId: String(profile.id),
      name: `${givenName} ${familyName}`.trim(),
      email,
      phone,
    });
  }
  if (made.size > 0) {
    await tx.$executeRaw`
      INSERT INTO profiles (id, business_id, given_name, family_name, email, phone_e164)
      SELECT r.id, ${businessId}::uuid, r.given_name, r.family_name, r.email, r.phone_e164
        FROM jsonb_to_recordset(${JSON.stringify([...made.values()])}::jsonb)
          AS r(id uuid, given_name text, family_name text, email text, phone_e164 text)`;
  }
  return found;
}

/**
 * The client with the phone as E.164, read by the salon's country where no country code is given.
 *
 * @throws {BookingError} `client_unusable` where it is no number
 */
export function readable(client: WantedClient, country: string): WantedClient {
  if (client.phone === null) return client;
  const phone = phoneIn(client.phone, country);
  if (phone !== null) return { ...client, phone };
  throw new BookingError('client_unusable', {
    message: 'The phone of the client is no number.',
    next: 'Send it with its country code, such as +48 500 100 200, or leave it out.',
  });
}

function phoneIn(text: string, country: string): string | null {
  const home = country.toUpperCase();
  const parsed = parsePhoneNumberFromString(text, {
    ...(isSupportedCountry(home) ? { defaultCountry: home } : {}),
    extract: false,
  });
  return parsed?.isPossible() === true ? parsed.number : null;
}
