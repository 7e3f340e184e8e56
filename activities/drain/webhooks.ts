import type { Links } from '../../domain/states/links.ts';
import type { Tx } from '../../infra/database/index.ts';
import { applyGone } from '../apply/gone.ts';
import { quarantinedRow } from '../apply/record.ts';
import { timeOffBinding } from '../apply/time-bindings.ts';
import { visitMirror } from '../apply/visit-binding.ts';
import { applyClients, applyVisits, type SeenClient } from '../inbound/apply-page.ts';
import { inStep, type RunBusiness, type StepScope } from '../inbound/run.ts';
import { markDrained, type WebhookNews } from './boxes.ts';
import type { DrainDeps, DrainRun } from './deps.ts';
import { markDisputed } from './disputed-news.ts';
import { readNewCards, readNews, type ReadNews } from './read-news.ts';
import { isAboutAll } from './trouble.ts';

/** What became of the webhooks of one look. */
export interface DrainedNews {
  /** Appointments whose news are used up. */
  readonly drained: readonly string[];
  /** Read before their last applied read had ended (R1): they stay and are read again. */
  readonly again: readonly string[];
  readonly failed: readonly { readonly externalId: string; readonly error: unknown }[];
}

const NOTHING: DrainedNews = { drained: [], again: [], failed: [] };

/**
 * Uses up the news of one look: every appointment is read once, however many webhooks there are of it, and all are applied
 * in one transaction that marks exactly the rows that were seen before the read (R26). A body is never applied (R4a).
 */
export async function drainWebhooks(
  deps: DrainDeps,
  business: RunBusiness,
  run: DrainRun,
  news: readonly WebhookNews[],
  catalog: () => Promise<Links>,
  beat: () => void,
): Promise<DrainedNews> {
  if (news.length === 0) return NOTHING;
  const ids = news.flatMap(({ externalId }) => externalId ?? []);
  const read = await readNews(deps, business, ids, beat);
  const cards = await readNewCards(deps, business, read, beat);
  beat();
  const links = await catalog();
  const failedIds = new Set(read.failed.map(({ externalId }) => externalId));
  const usable = news.filter(({ externalId }) => externalId === null || !failedIds.has(externalId));
  const applied = await applyOrHalve({ deps, business, run, links, read, cards }, usable);
  // What pages and offers cached of this business may be older than what was just read.
  await deps.dropCached(business.externalId);
  return { ...applied, failed: [...read.failed, ...applied.failed] };
}

interface Batch {
  readonly deps: DrainDeps;
  readonly business: RunBusiness;
  readonly run: DrainRun;
  readonly links: Links;
  readonly read: ReadNews;
  readonly cards: readonly SeenClient[];
}

/**
 * Applies news in one transaction; where that fails, in two halves, down to the one appointment that cannot be applied:
 * it fails alone and the others are in (R29).
 */
async function applyOrHalve(batch: Batch, news: readonly WebhookNews[]): Promise<DrainedNews> {
  if (news.length === 0) return NOTHING;
  try {
    return { ...(await applyNews(batch, news)), failed: [] };
  } catch (error) {
    if (isAboutAll(error)) throw error;
    const [only] = news;
    if (news.length === 1 && only !== undefined) {
      return { ...NOTHING, failed: [{ externalId: only.externalId ?? 'unknown', error }] };
    }
    const middle = Math.ceil(news.length / 2);
    const first = await applyOrHalve(batch, news.slice(0, middle));
    const second = await applyOrHalve(batch, news.slice(middle));
    return {
      drained: [...first.drained, ...second.drained],
      again: [...first.again, ...second.again],
      failed: [...first.failed, ...second.failed],
    };
  }
}

async function applyNews(
  { deps, business, run, links, read, cards }: Batch,
  news: readonly WebhookNews[],
): Promise<Omit<DrainedNews, 'failed'>> {
  const wanted = new Set(news.map(({ externalId }) => externalId));
  const visits = read.visits.filter(({ row }) => wanted.has(row.externalId));
  const gone = read.gone.filter((id) => wanted.has(id));
  const unreadable = read.unreadable.filter((id) => wanted.has(id));
  const theirCards = new Set(
    visits.flatMap(({ row }) => (row.kind === 'visit' ? (row.clientExternalId ?? []) : [])),
  );
  const clients = cards.filter(({ row }) => theirCards.has(row.externalId));
  return inStep(deps, business, run, links, async (scope) => {
    if (clients.length > 0) await applyClients(scope, clients, []);
    const { again } = await applyVisits(scope, visits, [], null);
    await takeGone(scope, gone);
    await putAsideUnreadable(scope, unreadable);
    await markDisputed(deps, business, scope, news, visits);
    const early = new Set(again);
    const used = news.filter(({ externalId }) => externalId === null || !early.has(externalId));
    await markDrained(
      scope.tx,
      used.flatMap(({ rows }) => rows),
    );
    return { drained: used.map(({ externalId }) => externalId ?? 'unknown'), again };
  });
}

/** Appointments that were answered 404: visits, and the blocks of reservations. */
async function takeGone(scope: StepScope, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await applyGone(scope, { entity: 'booking', mirror: visitMirror }, ids);
  await applyGone(scope, timeOffBinding('reservation'), await blocksOf(scope.tx, scope.businessId, ids));
}

async function blocksOf(tx: Tx, businessId: string, ids: readonly string[]): Promise<readonly string[]> {
  const rows = await tx.$queryRaw<{ external_id: string }[]>`
    SELECT external_id FROM external_time_off
     WHERE business_id = ${businessId}::uuid AND source = 'reservation' AND gone_at IS NULL
       AND split_part(external_id, ':', 1) = ANY(${[...ids]}::text[])`;
  return rows.map((row) => row.external_id);
}

async function putAsideUnreadable(scope: StepScope, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await scope.quarantine(
    'visits',
    ids.map((externalId) =>
      quarantinedRow('booking', {
        externalId,
        reasonCode: 'unparseable',
        field: null,
        detail: 'Read by id because of a webhook, it was not in a form that can be read.',
      }),
    ),
  );
}
