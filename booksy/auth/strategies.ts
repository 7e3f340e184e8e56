/** The two ways to get an access token. Neither knows pacing, storage or repeats: see tokens.ts. */
import { createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose';
import type { z } from 'zod';
import type { BooksyClientConfig, BooksyCredentials } from '../config-type.ts';
import { SchemaDriftError } from '../errors.ts';
import { pathOf } from '../wire/read.ts';
import { credentialsTokenShape, partnerAccessShape, partnerPairShape } from '../wire/shapes.ts';

const JWT_ISSUER = 'https://public-api.booksy.com';
/** The other side allows three minutes; one is left for clocks that differ. */
const JWT_LIFE_SECONDS = 120;
const PARTNER_ACCESS_LIFE_MS = 5 * 60_000;
const PARTNER_REFRESH_LIFE_MS = 3 * 24 * 3_600_000;
const ACCEPT = 'application/json; version=0.3';

/** What is kept of a token answer, sealed. */
export interface AccessToken {
  readonly access: string;
  /** How long it lives from when it was asked for. */
  readonly lifetimeMs: number;
  readonly refresh: { readonly token: string; readonly untilMs: number } | null;
}

export interface TokenRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Safe to log. */
  readonly path: string;
  /** Made with a refresh token: if it is refused, the full request is still to be tried. */
  readonly byRefresh: boolean;
}

export interface AuthStrategy {
  /** @param nowMs wall time by the database clock, epoch milliseconds */
  request(previous: AccessToken | null, nowMs: number): Promise<TokenRequest>;
  /** @throws SchemaDriftError */
  read(body: unknown, request: TokenRequest, previous: AccessToken | null, nowMs: number): AccessToken;
}

export function createAuthStrategy(config: BooksyClientConfig): AuthStrategy {
  const { credentials } = config;
  return credentials.strategy === 'client_credentials'
    ? clientCredentials(config, credentials)
    : partnerJwt(config, credentials);
}

type ClientCredentials = Extract<BooksyCredentials, { strategy: 'client_credentials' }>;
type PartnerCredentials = Extract<BooksyCredentials, { strategy: 'partner_jwt' }>;

function clientCredentials(
  config: BooksyClientConfig,
  { apiKey, apiSecret }: ClientCredentials,
): AuthStrategy {
  const url = new URL('/oauth/token', config.authUrl);
  return {
    request: () =>
      Promise.resolve({
        url,
        headers: { accept: ACCEPT, 'content-type': 'application/json' },
        body: JSON.stringify({
          grant_type: 'client_credentials',
          client_id: apiKey,
          client_secret: apiSecret,
        }),
        path: 'oauth/token',
        byRefresh: false,
      }),
    read: (body, request) => {
      const token = parse(credentialsTokenShape, body, request.path);
      return { access: token.access_token, lifetimeMs: token.expires_in * 1000, refresh: null };
    },
  };
}

function partnerJwt(config: BooksyClientConfig, credentials: PartnerCredentials): AuthStrategy {
  const key = createPrivateKey(credentials.privateKey);
  const form = (
    path: string,
    fields: Readonly<Record<string, string>>,
    byRefresh: boolean,
  ): TokenRequest => ({
    url: new URL(path, config.baseUrl),
    headers: { accept: ACCEPT, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
    path,
    byRefresh,
  });
  return {
    request: async (previous, nowMs) => {
      if (previous?.refresh != null && previous.refresh.untilMs > nowMs) {
        return form('refresh/', { refresh: previous.refresh.token }, true);
      }
      const issuedAt = Math.floor(nowMs / 1000);
      const token = await new SignJWT()
        .setProtectedHeader({ typ: 'JWT', alg: 'RS256' })
        .setIssuer(JWT_ISSUER)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + JWT_LIFE_SECONDS)
        .setAudience(credentials.partnerUuid)
        .sign(key);
      return form('token/', { partner_name: credentials.partnerName, token }, false);
    },
    read: (body, request, previous, nowMs) => {
      const shape = request.byRefresh ? partnerAccessShape : partnerPairShape;
      const token = parse(shape, body, request.path);
      return {
        access: token.access,
        lifetimeMs: PARTNER_ACCESS_LIFE_MS,
        refresh:
          token.refresh == null
            ? (previous?.refresh ?? null)
            : { token: token.refresh, untilMs: nowMs + PARTNER_REFRESH_LIFE_MS },
      };
    },
  };
}

function parse<T>(shape: z.ZodType<T>, body: unknown, path: string): T {
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  const field = pathOf(parsed.error.issues[0]?.path ?? []);
  throw new SchemaDriftError('The token answer has changed', field, { method: 'POST', path });
}
