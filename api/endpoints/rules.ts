/** Sync rules of a business: which way each group flows, who wins, how far ahead is pushed (SPEC 3.9). */
import { z } from 'zod';
import { effectiveRule } from '../../domain/rules/rules.ts';
import { loadRules } from '../../infra/rules/load.ts';
import { MOST_RULES } from '../../infra/rules/schema.ts';
import { listRules, readRule, readVersions } from '../../infra/rules/store.ts';
import { reachableBusiness, reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { KEYED, keyed } from '../http/keyed.ts';
import { cursorKind, limitSchema } from '../http/pagination.ts';
import { notFound, Problem } from '../http/problem.ts';
import { asProblem, deleteOne, importFile, saveOne } from '../rules/change.ts';
import {
  changeAnswer,
  changeOf,
  deleteBody,
  exportAnswer,
  importAnswer,
  importBody,
  ruleAnswer,
  ruleOf,
  ruleParams,
  RULES_FILE_PATH,
  RULES_FORMAT,
  RULES_PATH,
  rulesParams,
  saveBody,
  storedRule,
  versionOf,
} from '../rules/schema.ts';
import { businessId } from '../wire.ts';

type Deps = Pick<ApiDeps, 'prisma'>;
const EFFECTIVE = 'It counts from the next plan on.';

export function rulesEndpoints(deps: Deps): Endpoint[] {
  return [
    listEndpoint(deps),
    oneEndpoint(deps),
    saveEndpoint(deps),
    deleteEndpoint(deps),
    ...fileEndpoints(deps),
  ];
}

const cursor = cursorKind(z.tuple([z.guid(), z.string().max(64)]));

const page = z
  .object({
    rules: z.array(storedRule).meta({ description: 'By business, then id' }),
    nextCursor: z.string().nullable().meta({ description: 'Null on the last page' }),
  })
  .meta({ id: 'RulesPage' });

function listEndpoint({ prisma }: Deps): Endpoint {
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/rules',
    tag: 'Rules',
    summary: 'The sync rules',
    description: 'A business without a rule works by the default rule.',
    query: z
      .object({
        businessId: businessId.optional().meta({ description: 'Only this business' }),
        cursor: cursor.schema.optional(),
        limit: limitSchema(200, 50),
      })
      .strict(),
    responses: { 200: { description: 'A page', schema: page } },
    problems: ['not_found', 'rule_unusable'],
    async handler({ query: { businessId: asked, cursor: after, limit }, grant }) {
      const businesses = await reachableBusinesses(prisma, grant, asked === undefined ? undefined : [asked]);
      const nameOf = new Map(businesses.map(({ id, name }) => [id, name]));
      const found = await told(listRules(prisma, [...nameOf.keys()], { after, limit: limit + 1 }));
      const rows = found.slice(0, limit);
      const last = found.length > limit ? rows.at(-1) : undefined;
      return {
        status: 200,
        json: {
          rules: rows.map((row) => ruleOf(row, nameOf.get(row.businessId) ?? '')),
          nextCursor: last === undefined ? null : cursor.encode([last.businessId, last.rule.id]),
        },
      };
    },
  });
}

function oneEndpoint({ prisma }: Deps): Endpoint {
  return defineEndpoint({
    method: 'GET',
    path: `${RULES_PATH}/:ruleId`,
    tag: 'Rules',
    summary: 'One rule with its versions',
    description: 'Of a rule that was deleted the versions stay.',
    params: ruleParams,
    responses: { 200: { description: 'The rule as it is now, and as it was', schema: ruleAnswer } },
    problems: ['not_found', 'rule_unusable'],
    async handler({ params: { id, ruleId }, grant }) {
      const business = await reachableBusiness(prisma, grant, id);
      const [rule, versions, all] = await Promise.all([
        told(readRule(prisma, id, ruleId)),
        readVersions(prisma, id, ruleId),
        told(loadRules(prisma, id)),
      ]);
      if (rule === null && versions.length === 0) throw notFound('This rule');
      const countsFor = (side: 'platform' | 'booksy') =>
        rule !== null && effectiveRule(all, side).id === ruleId && all.length > 0;
      return {
        status: 200,
        json: {
          rule: rule === null ? null : ruleOf(rule, business.name),
          counts: { platform: countsFor('platform'), booksy: countsFor('booksy') },
          versions: versions.map(versionOf),
        },
      };
    },
  });
}

function saveEndpoint(deps: Deps): Endpoint {
  return defineEndpoint({
    method: 'POST',
    path: `${RULES_PATH}/:ruleId`,
    tag: 'Rules',
    summary: 'Make or change a rule',
    description: `Refused where it has changed since it was shown. Every save is a version that stays. ${EFFECTIVE}`,
    params: ruleParams,
    body: saveBody,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'What changed', schema: changeAnswer } },
    problems: ['not_found', 'rule_changed', 'too_many_rules', 'rule_unusable', ...KEYED],
    async handler({ params: { id, ruleId }, body: { version, rule }, grant, headers }) {
      if (rule.id !== ruleId) {
        throw new Problem('bad_request', {
          detail: 'The rule has another id than the address.',
          nextStep: 'Send the rule under its own id.',
          errors: [{ path: 'body.rule.id', message: `must be ${ruleId}` }],
        });
      }
      return keyed(deps.prisma, { grant, headers }, ['save-rule', id, version, rule], async () => {
        const change = await saveOne(deps, grant, { businessId: id, rule, expected: version });
        return { status: 200, json: { change: changeOf(change) } };
      });
    },
  });
}

function deleteEndpoint(deps: Deps): Endpoint {
  return defineEndpoint({
    method: 'POST',
    path: `${RULES_PATH}/:ruleId/delete`,
    tag: 'Rules',
    summary: 'Delete a rule',
    description: `Its versions stay. ${EFFECTIVE}`,
    params: ruleParams,
    body: deleteBody,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'What was taken away', schema: changeAnswer } },
    problems: ['not_found', 'rule_changed', 'rule_unusable', ...KEYED],
    handler: ({ params: { id, ruleId }, body: { version }, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['delete-rule', id, ruleId, version], async () => {
        const change = await deleteOne(deps, grant, { businessId: id, ruleId, expected: version });
        return { status: 200, json: { change: changeOf(change) } };
      }),
  });
}

function fileEndpoints(deps: Deps): Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: RULES_FILE_PATH,
      tag: 'Rules',
      summary: 'The rules of a business as a file',
      description: 'As the import takes it, in the same business or another.',
      params: rulesParams,
      responses: { 200: { description: 'All its rules, by id', schema: exportAnswer } },
      problems: ['not_found', 'rule_unusable'],
      async handler({ params: { id }, grant }) {
        await reachableBusiness(deps.prisma, grant, id);
        const rules = await told(listRules(deps.prisma, [id], { limit: MOST_RULES }));
        return { status: 200, json: { format: RULES_FORMAT, rules: rules.map(({ rule }) => rule) } };
      },
    }),
    defineEndpoint({
      method: 'POST',
      path: RULES_FILE_PATH,
      tag: 'Rules',
      summary: 'Import a file of rules',
      description: `Checked as a whole and taken whole or not at all. A dry run answers what it would change. ${EFFECTIVE}`,
      params: rulesParams,
      body: importBody,
      headers: idempotencyHeaders,
      responses: { 200: { description: 'What it changed, or would', schema: importAnswer } },
      problems: ['not_found', 'rule_changed', 'too_many_rules', 'rule_unusable', ...KEYED],
      handler: ({ params: { id }, body: { rules, replace, dryRun, basis }, grant, headers }) =>
        keyed(
          deps.prisma,
          { grant, headers },
          ['import-rules', id, rules, replace, dryRun, basis],
          async () => {
            const file = { rules, replace, dryRun, basis };
            const imported = await importFile(deps, grant, { businessId: id, file });
            return {
              status: 200,
              json: { dryRun, changes: imported.changes.map(changeOf), basis: imported.basis },
            };
          },
        ),
    }),
  ];
}

/** Rules' errors as problems. */
async function told<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw asProblem(error);
  });
}
