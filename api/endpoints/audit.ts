/** GET /api/admin/booksy/audit …: who or what did what, when and why (R42), and whether the trail is whole. */
import { z } from 'zod';
import { auditChains } from '../../infra/audit/read-chain.ts';
import { AUDIT_FAULTS, verifyChain } from '../../infra/audit/verify.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import { auditEntry, listAudit } from '../audit/list.ts';
import {
  auditEntrySchema,
  auditValuesSchema,
  chainSchema,
  verifiedSchema,
  verifyBody,
} from '../audit/schema.ts';
import { reachableBusiness, reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint } from '../http/endpoint.ts';
import { cursorKind, limitSchema } from '../http/pagination.ts';
import { notFound } from '../http/problem.ts';
import { businessId, note } from '../wire.ts';

type Deps = Pick<ApiDeps, 'prisma' | 'reads' | 'vault' | 'logger'>;

/** Links that one request looks at: well within the patience of whoever waits for it. */
const LINKS_OF_A_REQUEST = 50_000;

const cursor = cursorKind(z.tuple([z.string().regex(/^-?\d{1,19}$/)]));
const uuid = (what: string) =>
  z
    .guid(`must be ${what} (uuid)`)
    .transform((id) => id.toLowerCase())
    .optional();
const word = (what: string) => z.string().min(1).max(80).optional().meta({ description: what });
const moment = (what: string) =>
  z.iso
    .datetime('must be an instant, such as 2026-03-01T10:00:00Z')
    .transform((text) => new Date(text))
    .optional()
    .meta({ description: what });

const query = z
  .object({
    businessId: businessId.optional().meta({ description: 'Only this business' }),
    entity: word('Only this kind of record, such as `booking`'),
    recordId: uuid('a record id').meta({ description: 'Only what happened to this record' }),
    runId: uuid('a run id').meta({ description: 'Only what this operation did' }),
    actor: word('Only what this one did: `sync`, `api:<token id>`, …'),
    action: word('Only this kind of deed, such as `updated`'),
    from: moment('Not before'),
    to: moment('Before'),
    cursor: cursor.schema.optional(),
    limit: limitSchema(200, 50),
  })
  .strict();

const page = z
  .object({
    entries: z.array(auditEntrySchema).meta({ description: 'Newest first' }),
    nextCursor: z.string().nullable().meta({ description: 'Null on the last page' }),
    notes: z.array(note),
  })
  .meta({ id: 'AuditPage' });

/** The list, one entry with its values, the chains, and their verification. */
export function auditEndpoints(deps: Deps) {
  return [listEndpoint(deps), chainsEndpoint(deps), entryEndpoint(deps), verifyEndpoint(deps)];
}

function listEndpoint(deps: Deps) {
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/audit',
    tag: 'Audit',
    summary: 'Who or what did what, when and why',
    description: 'Holds ids, codes and names of groups, never a value: those are asked for entry by entry.',
    query,
    responses: { 200: { description: 'A page, newest first', schema: page } },
    problems: ['not_found'],
    async handler({ query: asked, grant }) {
      const businesses = await reachableBusinesses(
        deps.prisma,
        grant,
        asked.businessId === undefined ? undefined : [asked.businessId],
      );
      const after = asked.cursor === undefined ? undefined : BigInt(asked.cursor[0]);
      const { entries, next } = await deps.reads((db) =>
        listAudit(db, businesses, asked, { after, limit: asked.limit }),
      );
      const nextCursor = next === null ? null : cursor.encode([next.toString()]);
      return { status: 200, json: { entries, nextCursor, notes: [] } };
    },
  });
}

const entryParams = z.object({
  id: z
    .guid('must be the id of an entry (uuid)')
    .transform((id) => id.toLowerCase())
    .meta({ description: 'Id of the entry', example: '0199c0de-0000-7000-8000-0000000000f1' }),
});

function entryEndpoint(deps: Deps) {
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/audit/:id',
    tag: 'Audit',
    summary: 'One entry with what was before and after',
    description: 'Holds personal data: give the scope only to who needs it.',
    params: entryParams,
    responses: {
      200: {
        description: 'The entry',
        schema: z
          .object({ entry: auditEntrySchema, values: auditValuesSchema.nullable(), notes: z.array(note) })
          .meta({ id: 'AuditEntryAnswer' }),
      },
    },
    problems: ['not_found'],
    async handler({ params: { id }, grant }) {
      const found = await auditEntry(deps, await reachableBusinesses(deps.prisma, grant, undefined), id);
      if (found === null) throw notFound('This entry');
      return { status: 200, json: found };
    },
  });
}

function chainsEndpoint(deps: Deps) {
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/audit-chains',
    tag: 'Audit',
    summary: 'The chains and their last links',
    query: z
      .object({ businessId: businessId.optional().meta({ description: 'Only this business' }) })
      .strict(),
    responses: {
      200: {
        description: 'Every chain that the token may verify',
        schema: z.object({ chains: z.array(chainSchema) }).meta({ id: 'AuditChains' }),
      },
    },
    problems: ['not_found'],
    async handler({ query: asked, grant }) {
      const wanted = asked.businessId === undefined ? undefined : [asked.businessId];
      const businesses = await reachableBusinesses(deps.prisma, grant, wanted);
      const own = wanted === undefined && grant.businesses === 'all' ? [null] : [];
      const chains = await auditChains(deps.prisma, [...own, ...businesses.map(({ id }) => id)]);
      const named = chains.map((chain) => ({
        ...chain,
        businessName: businesses.find(({ id }) => id === chain.businessId)?.name ?? null,
      }));
      return { status: 200, json: { chains: named } };
    },
  });
}

function verifyEndpoint(deps: Deps) {
  return defineEndpoint({
    method: 'POST',
    path: '/api/admin/booksy/audit-chains/verify',
    tag: 'Audit',
    summary: 'Whether a chain is whole',
    description:
      'Makes every link anew and compares the kept values with what their links stand for. Changes nothing. Looks at ' +
      `${LINKS_OF_A_REQUEST.toLocaleString('en-US')} links; ask again with \`after\` until \`ended\`.`,
    body: verifyBody,
    responses: { 200: { description: 'What was found', schema: verifiedSchema } },
    problems: ['not_found'],
    async handler({ body: { businessId: asked, after }, grant }) {
      await mayVerify(deps, grant, asked);
      const report = await verifyChain(deps.prisma, deps.vault, {
        businessId: asked,
        after,
        most: LINKS_OF_A_REQUEST,
      });
      const faults = report.faults.map((fault) => ({ ...fault, message: AUDIT_FAULTS[fault.code] }));
      return { status: 200, json: { ...report, businessId: asked, faults } };
    },
  });
}

/** @throws {Problem} 404 */
async function mayVerify({ prisma }: Deps, grant: TokenGrant, asked: string | null): Promise<void> {
  if (asked !== null) await reachableBusiness(prisma, grant, asked);
  else if (grant.businesses !== 'all') throw notFound('This chain');
}
