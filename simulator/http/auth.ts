import { randomBytes } from 'node:crypto';
import { decodeProtectedHeader, importSPKI, jwtVerify } from 'jose';
import type { Clock } from '../clock.ts';
import type { TokenLifetimes } from '../settings.ts';
import { detail, invalid } from './problem.ts';
import type { Answer } from './problem.ts';

/** Who may have a token. */
export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly partner: { readonly name: string; readonly uuid: string; readonly publicKeyPem: string } | null;
}

const PARTNER_ISSUER = 'https://public-api.booksy.com';
const PARTNER_JWT_SECONDS = 180;

/** The tokens that are good at the moment. They are gone after a restart, as a revoked one would be. */
export class Auth {
  credentials: Credentials;
  /** While true no token is given to anybody. */
  refused = false;
  private readonly access = new Map<string, number>();
  private readonly refresh = new Map<string, number>();
  private readonly clock: Clock;
  private readonly lifetimes: () => TokenLifetimes;

  constructor(credentials: Credentials, clock: Clock, lifetimes: () => TokenLifetimes) {
    this.credentials = credentials;
    this.clock = clock;
    this.lifetimes = lifetimes;
  }

  /** Takes every token back. */
  revokeAll(): void {
    this.access.clear();
    this.refresh.clear();
  }

  /** Takes one access token back. */
  revoke(token: string): void {
    this.access.delete(token);
  }

  /** The bearer token of a request, checked. */
  check(authorization: string | undefined): string {
    if (authorization === undefined) throw detail(401, 'Authentication credentials were not provided.');
    const [scheme, token] = authorization.split(' ');
    const expires =
      scheme?.toLowerCase() === 'bearer' && token !== undefined ? this.access.get(token) : undefined;
    if (token === undefined || expires === undefined || expires <= this.clock.now()) {
      if (token !== undefined) this.access.delete(token);
      throw detail(401, 'Given token not valid for any token type');
    }
    return token;
  }

  /** POST /oauth/token */
  clientCredentials(body: unknown): Answer {
    const fields = asRecord(body);
    if (fields['grant_type'] !== 'client_credentials') throw invalid('grant_type', 'Unsupported grant type');
    const known =
      fields['client_id'] === this.credentials.clientId &&
      fields['client_secret'] === this.credentials.clientSecret;
    if (!known || this.refused) throw detail(401, 'Invalid client credentials');
    const seconds = this.lifetimes().clientCredentialsSeconds;
    return {
      status: 200,
      body: { access_token: this.issue(this.access, seconds), token_type: 'Bearer', expires_in: seconds },
    };
  }

  /** POST token/ */
  async partnerJwt(body: unknown): Promise<Answer> {
    const fields = asRecord(body);
    const { partner } = this.credentials;
    const jwt = fields['token'];
    if (typeof jwt !== 'string') throw invalid('token', 'This field is required.');
    if (typeof fields['partner_name'] !== 'string') throw invalid('partner_name', 'This field is required.');
    if (partner === null || fields['partner_name'] !== partner.name || this.refused)
      throw detail(401, 'Unknown partner');
    try {
      if (decodeProtectedHeader(jwt).typ !== 'JWT') throw new Error('typ is not JWT');
      const { payload } = await jwtVerify(jwt, await importSPKI(partner.publicKeyPem, 'RS256'), {
        algorithms: ['RS256'],
        issuer: PARTNER_ISSUER,
        audience: partner.uuid,
        requiredClaims: ['iat', 'exp'],
        currentDate: new Date(this.clock.told()),
      });
      if ((payload.exp ?? 0) - (payload.iat ?? 0) > PARTNER_JWT_SECONDS)
        throw new Error('lives longer than 3 minutes');
    } catch (error) {
      throw detail(401, `Invalid partner token: ${error instanceof Error ? error.message : 'unreadable'}`);
    }
    const { accessSeconds, refreshSeconds } = this.lifetimes();
    return {
      status: 200,
      body: {
        access: this.issue(this.access, accessSeconds),
        refresh: this.issue(this.refresh, refreshSeconds),
      },
    };
  }

  /** POST refresh/ */
  refreshPartner(body: unknown): Answer {
    const token = asRecord(body)['refresh'];
    if (typeof token !== 'string') throw invalid('refresh', 'This field is required.');
    const expires = this.refresh.get(token);
    if (expires === undefined || expires <= this.clock.now() || this.refused) {
      throw detail(401, 'Token is invalid or expired');
    }
    return { status: 200, body: { access: this.issue(this.access, this.lifetimes().accessSeconds) } };
  }

  private issue(tokens: Map<string, number>, seconds: number): string {
    const token = randomBytes(24).toString('base64url');
    tokens.set(token, this.clock.now() + seconds * 1000);
    return token;
  }
}

function asRecord(body: unknown): Record<string, unknown> {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body } : {};
}
