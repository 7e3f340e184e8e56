/** What is wrong between settings that are each right by themselves. */
import { isSameDatabase, isTransactionPooler } from './rules.ts';
import type { SettingName } from './settings.ts';

/** Names which of them to change. Holds no value. */
export interface Disagreement {
  readonly name: SettingName;
  readonly problem: string;
}

type Raw = Readonly<Record<string, string>>;

/**
 * Checked beside the single values, so that all problems show at once.
 * @param raw the settings that are set, as text
 */
export function problemsBetween(raw: Raw): Disagreement[] {
  return [...ofSignIn(raw), ...ofDirectUrl(raw), ...ofReplicaUrl(raw), ...ofPool(raw)];
}

const NEEDED_BY_STRATEGY: Readonly<Record<string, readonly SettingName[]>> = {
  client_credentials: ['BOOKSY_API_KEY', 'BOOKSY_API_SECRET'],
  partner_jwt: ['BOOKSY_PARTNER_NAME', 'BOOKSY_PARTNER_UUID', 'BOOKSY_PARTNER_PRIVATE_KEY'],
};

function ofSignIn(raw: Raw): Disagreement[] {
  const strategy = raw['BOOKSY_AUTH_STRATEGY'] ?? 'client_credentials';
  return (NEEDED_BY_STRATEGY[strategy] ?? [])
    .filter((name) => raw[name] === undefined)
    .map((name) => ({ name, problem: `is missing (BOOKSY_AUTH_STRATEGY is ${strategy})` }));
}

function ofDirectUrl({ DATABASE_URL: url, DATABASE_DIRECT_URL: direct }: Raw): Disagreement[] {
  const name = 'DATABASE_DIRECT_URL';
  if (direct === undefined) {
    return url !== undefined && isTransactionPooler(url)
      ? [{ name, problem: 'is missing (DATABASE_URL leads to a transaction pooler, which knows no LISTEN)' }]
      : [];
  }
  return isTransactionPooler(direct)
    ? [{ name, problem: 'must go around the pooler, but leads to a transaction pooler' }]
    : [];
}

function ofReplicaUrl(raw: Raw): Disagreement[] {
  const { DATABASE_REPLICA_URL: replica } = raw;
  const same = ['DATABASE_URL', 'DATABASE_DIRECT_URL'].find((name) => {
    const url = raw[name];
    return replica !== undefined && url !== undefined && isSameDatabase(replica, url);
  });
  if (same === undefined) return [];
  return [{ name: 'DATABASE_REPLICA_URL', problem: `must be another server than ${same}, or empty` }];
}

function ofPool({ DATABASE_POOL_MIN: min, DATABASE_POOL_MAX: max = '10' }: Raw): Disagreement[] {
  return min !== undefined && Number(min) > Number(max)
    ? [{ name: 'DATABASE_POOL_MIN', problem: `must not be above DATABASE_POOL_MAX (${Number(max)})` }]
    : [];
}
