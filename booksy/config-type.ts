/** What the client needs of the configuration. `config.booksy` of infra/config.ts fits it. */
import type { BooksyCapabilities } from './capabilities.ts';

/** Exactly what the chosen strategy needs. */
export type BooksyCredentials =
  | { readonly strategy: 'client_credentials'; readonly apiKey: string; readonly apiSecret: string }
  | {
      readonly strategy: 'partner_jwt';
      readonly partnerName: string;
      readonly partnerUuid: string;
      /** RSA private key, PEM (PKCS #8). */
      readonly privateKey: string;
    };

export interface BooksyClientConfig {
  /** Full base, country code twice, with a slash at the end. */
  readonly baseUrl: string;
  /** Origin that serves `/oauth/token`, without a slash at the end. */
  readonly authUrl: string;
  /** Name of the account: what shares it shares one pace and one token. */
  readonly accountKey: string;
  readonly credentials: BooksyCredentials;
  readonly rate: { readonly limit: number; readonly windowMs: number; readonly tokenLimit: number };
  readonly timeoutMs: number;
  readonly capabilities: BooksyCapabilities;
}
