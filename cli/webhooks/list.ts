import { InvalidArgumentError } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { ago, table, thousands } from '../format.ts';
import { readList, type Listed } from '../pages.ts';
import type { Painter } from '../terminal.ts';
import { webhookPage, type WebhookCounts, type WebhookRow } from './wire.ts';

export const WEBHOOKS = '/api/admin/booksy/webhooks';

/** Which webhooks are meant. `since` and `until` are ISO instants. */
export type WebhookFilter = {
  readonly business?: string;
  readonly action?: string;
  readonly appointment?: string;
  readonly since?: string;
  readonly until?: string;
};

/** The filter in the words of the API. */
export function filterOf({ business, action, appointment, since, until }: WebhookFilter) {
  return { businessId: business, action, appointment, receivedFrom: since, receivedTill: until };
}

export type ListedWebhooks = Listed<WebhookRow> & { readonly counts: WebhookCounts };

/** What came, newest first, with how many of the filter wait and how many were used. */
export async function listWebhooks(
  api: ApiClient,
  filter: WebhookFilter & { readonly state?: string | undefined; readonly limit: number },
): Promise<ListedWebhooks> {
  let counts: WebhookCounts = { waiting: 0, drained: 0, capped: false };
  const listed = await readList(
    api,
    WEBHOOKS,
    { ...filterOf(filter), state: filter.state },
    {
      schema: webhookPage,
      rowsOf: (page) => {
        counts = page.counts;
        return page.webhooks;
      },
      limit: filter.limit,
    },
  );
  return { ...listed, counts };
}

/** The list as people read it. */
export function webhookLines(
  { rows, more, counts }: ListedWebhooks,
  paint: Painter,
  now: number = Date.now(),
): string[] {
  const { waiting, drained, capped } = counts;
  const sum = `${thousands(waiting)} wait, ${capped ? 'more than ' : ''}${thousands(drained)} were used.`;
  if (rows.length === 0) return [`No webhook of that kind came. ${sum}`];
  return [
    ...table(
      ['id', 'received', 'what', 'appointment', 'salon', 'state', 'copies'],
      rows.map((row) => [
        row.id,
        ago(row.receivedAt, now),
        row.action,
        row.appointment ?? '',
        row.businessName,
        stateOf(row, now),
        row.copies === 1 ? '' : String(row.copies),
      ]),
    ),
    '',
    sum,
    ...(more ? ['There are more: --limit shows them.'] : []),
    ...(waiting > 0
      ? [paint.dim('What waits is taken up within seconds while a worker runs: booksy health check')]
      : []),
  ];
}

function stateOf({ drainedAt, replayedAt }: WebhookRow, now: number): string {
  const again = replayedAt === null ? '' : ', replayed';
  return drainedAt === null ? `waits${again}` : `used ${ago(drainedAt, now)}${again}`;
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** An instant, or how long ago it was ("90m", "2h", "3d"), as an ISO instant. For commander. */
export function parseInstant(text: string, now: number = Date.now()): string {
  const [, count, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text.trim()) ?? [];
  if (count !== undefined) return new Date(now - Number(count) * (UNITS[unit] ?? 0)).toISOString();
  const exact = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text.trim());
  const parsed = Date.parse(text);
  if (!exact || Number.isNaN(parsed))
    throw new InvalidArgumentError(
      'Give an instant such as 2026-03-01T10:00:00Z, or how long ago: 90m, 2h, 3d.',
    );
  return new Date(parsed).toISOString();
}
