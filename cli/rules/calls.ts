import type { ApiClient } from '../api-client.ts';
import { EXIT } from '../exit-codes.ts';
import { CliError } from '../output.ts';
import { readList, type Listed } from '../pages.ts';
import { readStatus } from '../sync/status.ts';
import {
  changed,
  imported,
  ruleAnswer,
  rulesFile,
  rulesPage,
  type RuleAnswer,
  type RuleDiff,
  type StoredRule,
} from './wire.ts';

/** Every rule of the token, or of one business. */
export async function listRules(api: ApiClient, business: string | undefined): Promise<Listed<StoredRule>> {
  return readList(
    api,
    '/api/admin/booksy/rules',
    { businessId: business },
    { schema: rulesPage, rowsOf: ({ rules }) => rules, limit: 10_000 },
  );
}

/**
 * The business that is meant: the one that was named, else the only one there is.
 * @throws CliError `business_needed` where there are several, or none
 */
export async function theBusiness(api: ApiClient, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const { businesses } = await readStatus(api);
  const [only] = businesses;
  if (only !== undefined && businesses.length === 1) return only.businessId;
  throw new CliError(
    'business_needed',
    businesses.length === 0 ? 'There is no business yet.' : 'There are several businesses.',
    businesses.length === 0
      ? 'Connect one: booksy up, or booksy seed.'
      : `Name one with --business: ${businesses.map(({ businessId, name }) => `${businessId} (${name})`).join(', ')}.`,
    EXIT.usage,
  );
}

export async function readRule(api: ApiClient, business: string, id: string): Promise<RuleAnswer> {
  return ruleAnswer.parse(await api.get(pathOf(business, id)));
}

/** Saves a rule over the version that was looked at; 0 makes a new one. */
export async function saveRule(
  api: ApiClient,
  business: string,
  id: string,
  body: { readonly version: number; readonly rule: unknown },
): Promise<RuleDiff> {
  return changed.parse(await api.post(pathOf(business, id), body)).change;
}

export async function deleteRule(
  api: ApiClient,
  business: string,
  id: string,
  version: number,
): Promise<RuleDiff> {
  return changed.parse(await api.post(`${pathOf(business, id)}/delete`, { version })).change;
}

/** All rules of a business, as a file holds them. */
export async function exportRules(api: ApiClient, business: string) {
  return rulesFile.parse(await api.get(filePathOf(business)));
}

/** @param file what the file holds, checked by the API as a whole */
export async function importRules(
  api: ApiClient,
  business: string,
  file: Readonly<Record<string, unknown>> & { readonly replace: boolean; readonly dryRun: boolean },
) {
  return imported.parse(await api.post(filePathOf(business), file));
}

function pathOf(business: string, id: string): string {
  return `/api/admin/booksy/businesses/${encodeURIComponent(business)}/rules/${encodeURIComponent(id)}`;
}

function filePathOf(business: string): string {
  return `/api/admin/booksy/businesses/${encodeURIComponent(business)}/rules-file`;
}
