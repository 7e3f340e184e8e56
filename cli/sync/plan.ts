import { OUTBOUND_ENTITIES, PLAN_ACTIONS } from '../../domain/import-plan.ts';
import type { ApiClient } from '../api-client.ts';
import { ago, counted, table, thousands } from '../format.ts';
import { CliError } from '../output.ts';
import type { Painter } from '../terminal.ts';
import { plan, type Plan, type Planned } from '../wire-review.ts';
import { operationPage, type Note } from '../wire.ts';
import { readList } from '../pages.ts';

const OPERATIONS = '/api/admin/booksy/operations';
/** Dry runs that are looked through for the newest of each business. */
const MOST_DRY_RUNS = 200;

/** The plan of one dry run. */
export async function readPlan(api: ApiClient, id: string): Promise<{ plan: Plan; notes: readonly Note[] }> {
  return plan.parse(await api.get(`${OPERATIONS}/${encodeURIComponent(id)}/plan`));
}

/** The plan of the newest finished dry run of each business. */
export async function readNewestPlans(
  api: ApiClient,
): Promise<{ plans: readonly Plan[]; notes: readonly Note[] }> {
  const { rows, notes } = await readList(
    api,
    OPERATIONS,
    { mode: 'dry_run', status: 'completed' },
    { schema: operationPage, rowsOf: ({ operations }) => operations, limit: MOST_DRY_RUNS },
  );
  const newest = new Map<string, string>();
  for (const { id, businessId } of rows)
    if (businessId !== null && !newest.has(businessId)) newest.set(businessId, id);
  if (newest.size === 0) {
    throw new CliError(
      'no_dry_run',
      'No dry run has ended yet.',
      'Make one: npm run -s booksy -- sync full --dry-run',
    );
  }
  const plans = [];
  for (const id of newest.values()) plans.push((await readPlan(api, id)).plan);
  return { plans, notes };
}

/**
 * Allows that what the plan shows is made at Booksy (R18). The version that was just read is approved: a plan that
 * changed since then is refused by the API.
 */
export async function approvePlan(
  api: ApiClient,
  { operationId, version }: Plan,
): Promise<{ plan: Plan; notes: readonly Note[] }> {
  const path = `${OPERATIONS}/${encodeURIComponent(operationId)}/plan/approve`;
  return plan.parse(await api.post(path, { version }));
}

/** Order and words of the rows of a plan; kinds that are not named here follow. */
const INBOUND_WORDS: Readonly<Record<string, string>> = {
  categories: 'categories',
  services: 'services',
  variants: 'variants',
  staff: 'staff',
  rooms: 'rooms',
  hours: 'hours',
  timeOff: 'times off',
  clients: 'clients',
  visits: 'visits',
};

const OUTBOUND_WORDS: Readonly<Record<(typeof OUTBOUND_ENTITIES)[number], readonly [string, string]>> = {
  visits: ['visit', 'visits'],
  clients: ['client', 'clients'],
  timeOff: ['time off', 'times off'],
  services: ['service', 'services'],
  variants: ['variant', 'variants'],
  hours: ['set of hours', 'sets of hours'],
};

/** A plan as people read it: what would come in, examples, what would be made at Booksy, and how to allow it. */
export function planLines(shown: Plan, paint: Painter, now: number = Date.now()): string[] {
  const { operationId, businessName, businessId, createdAt, status } = shown;
  return [
    paint.bold(`Plan for ${businessName ?? businessId}`) +
      paint.dim(`  dry run ${operationId}, ${ago(createdAt, now)}, nothing was written`),
    ...(status === 'completed'
      ? []
      : [paint.yellow(`The dry run is ${status}: this is not the whole plan.`)]),
    '',
    'From Booksy to here:',
    ...inboundTable(shown.counts.inbound),
    ...sampleLines(shown, paint),
    '',
    'From here to Booksy, once you allow it:',
    ...outboundLines(shown.counts.outbound),
    '',
    ...approvalLines(shown, paint, now),
  ];
}

function inboundTable(inbound: Plan['counts']['inbound']): string[] {
  const kinds = [...Object.keys(INBOUND_WORDS), ...Object.keys(inbound)];
  const rows = [...new Set(kinds)].flatMap((kind) => {
    const planned: Planned | undefined = inbound[kind];
    if (planned === undefined) return [];
    const cells = PLAN_ACTIONS.map((action) => (planned[action] === 0 ? '·' : thousands(planned[action])));
    return [[INBOUND_WORDS[kind] ?? kind, ...cells]];
  });
  return rows.length === 0 ? ['  nothing'] : table(['', ...PLAN_ACTIONS], rows);
}

function sampleLines({ samples }: Plan, paint: Painter): string[] {
  const inbound = samples.filter(({ action }) => action !== 'unchanged');
  if (inbound.length === 0) return [];
  const rows = inbound.map(({ entity, action, label, externalId, groups }) => [
    action === 'push' ? 'make at Booksy' : action,
    INBOUND_WORDS[entity] ?? entity,
    label,
    externalId ?? '',
    groups.join(', '),
  ]);
  return ['', 'For example:', ...table(['', '', '', '', ''], rows).slice(1).map(paint.dim)];
}

function outboundLines(outbound: Plan['counts']['outbound']): string[] {
  const lines = OUTBOUND_ENTITIES.flatMap((kind) => {
    const counts = outbound[kind];
    if (counts === undefined) return [];
    const [one, many] = OUTBOUND_WORDS[kind];
    const blocked = Object.entries(counts.blocked).filter(([, count]) => count > 0);
    if (counts.create + counts.change === 0 && blocked.length === 0) return [];
    return [
      ...(counts.create === 0 && counts.change > 0
        ? []
        : [`  ${counted(counts.create, one, many)} would be made at Booksy`]),
      ...(counts.change === 0
        ? []
        : [`  ${counted(counts.change, one, many)} would be changed or ended at Booksy`]),
      ...blocked.map(([reason, count]) => `    ${thousands(count)} not: ${reason.replaceAll('_', ' ')}`),
    ];
  });
  return lines.length === 0 ? ['  nothing would be made or changed'] : lines;
}

/** Records that a first push would make, or change, at Booksy. */
export function pushedCount({ counts }: Plan, what: 'create' | 'change'): number {
  return OUTBOUND_ENTITIES.reduce((sum, kind) => sum + (counts.outbound[kind]?.[what] ?? 0), 0);
}

function approvalLines(
  { operationId, approvedAt, approvedBy, blocked }: Plan,
  paint: Painter,
  now: number,
): string[] {
  if (approvedAt !== null)
    return [paint.green(`Allowed ${ago(approvedAt, now)}${approvedBy === null ? '' : ` by ${approvedBy}`}.`)];
  if (blocked !== null)
    return [paint.yellow(`It cannot be allowed now: ${blocked.message}`), blocked.nextStep];
  return [
    `Allow it: ${paint.bold(`npm run -s booksy -- sync allow-push ${operationId}`)}`,
    paint.dim('Booksy may notify clients of visits that are made there.'),
  ];
}

/** What an approval means, said before it is given. */
export function meaningLines(shown: Plan): string[] {
  return [
    `With this Booksy Sync may write to Booksy for ${shown.businessName ?? shown.businessId}:`,
    ...outboundLines(shown.counts.outbound),
    '  Booksy may notify clients by message of visits that are made, moved or cancelled there.',
    '  booksy sync pause stops it again at once.',
  ];
}
