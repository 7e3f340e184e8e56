import { DEFAULT_FLAGS } from './flags.ts';
import type { Flags } from './flags.ts';
import { DEFAULT_FEES } from './settlement/fees.ts';
import type { Fees } from './settlement/fees.ts';

export { DEFAULT_FLAGS };
export type { Flags };

export interface Limits {
  readonly algorithm: 'fixed' | 'sliding' | 'bucket' | 'none';
  /** Authenticated calls in a window (of the partner or the business, see flags). */
  readonly limit: number;
  readonly windowMs: number;
  /** Size of the bucket; null = `limit`. */
  readonly burst: number | null;
  /** Unauthenticated calls, that is calls for tokens, in a window. */
  readonly tokenLimit: number;
  readonly tokenWindowMs: number;
  /** Whether a 429 carries Retry-After (not documented). */
  readonly retryAfter: boolean;
}

export const DEFAULT_LIMITS: Limits = {
  algorithm: 'sliding',
  limit: 200,
  windowMs: 60_000,
  burst: null,
  tokenLimit: 10,
  tokenWindowMs: 60_000,
  retryAfter: false,
};

export interface TokenLifetimes {
  readonly clientCredentialsSeconds: number;
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
}

export const DEFAULT_TOKENS: TokenLifetimes = {
  clientCredentialsSeconds: 3600,
  accessSeconds: 300,
  refreshSeconds: 259_200,
};

export interface WebhookTarget {
  readonly url: string;
  /** Only of that business; null = of all. */
  readonly salon: number | null;
}

export interface WebhookSettings {
  readonly targets: readonly WebhookTarget[];
  /** `standard`: Standard Webhooks headers; `token`: the token is the last segment of the path; `none`: for tests of refusal. */
  readonly signing: 'standard' | 'token' | 'none';
  /** Each signs (several during rotation). `whsec_` + base64, or any text as it is. */
  readonly secrets: readonly string[];
  readonly token: string;
  readonly timeoutMs: number;
}

export const DEFAULT_WEBHOOKS: WebhookSettings = {
  targets: [],
  signing: 'standard',
  secrets: ['simulator-webhook-secret'],
  token: 'simulator-webhook-token',
  timeoutMs: 10_000,
};

/** Everything about the sandbox's behaviour that outlives a restart. */
export interface Settings {
  readonly flags: Flags;
  readonly limits: Limits;
  readonly tokens: TokenLifetimes;
  readonly webhooks: WebhookSettings;
  readonly fees: Fees;
  readonly latencyMs: number;
}

export const DEFAULT_SETTINGS: Settings = {
  flags: DEFAULT_FLAGS,
  limits: DEFAULT_LIMITS,
  tokens: DEFAULT_TOKENS,
  webhooks: DEFAULT_WEBHOOKS,
  fees: DEFAULT_FEES,
  latencyMs: 0,
};

/** Settings with only what is given replaced. */
export interface SettingsPatch {
  readonly flags?: Partial<Record<keyof Flags, unknown>> | undefined;
  readonly limits?: object | undefined;
  readonly tokens?: object | undefined;
  readonly webhooks?: object | undefined;
  readonly fees?: object | undefined;
  readonly latencyMs?: number | undefined;
}

/** The patch is checked before it comes here; what it leaves out stays. */
export function patchSettings(settings: Settings, patch: SettingsPatch): Settings {
  return {
    flags: merge(settings.flags, patch.flags),
    limits: merge(settings.limits, patch.limits),
    tokens: merge(settings.tokens, patch.tokens),
    webhooks: merge(settings.webhooks, patch.webhooks),
    fees: merge(settings.fees, patch.fees),
    latencyMs: patch.latencyMs ?? settings.latencyMs,
  };
}

/** A copy with the given fields replaced; a field that is undefined stays. */
export function merge<T extends object>(record: T, changes: object | undefined): T {
  const given = Object.fromEntries(Object.entries(changes ?? {}).filter(([, value]) => value !== undefined));
  return Object.assign({}, record, given);
}
