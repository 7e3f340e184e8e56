import type { ApiClient } from '../api-client.ts';
import { defined } from '../defined.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { ago, table } from '../format.ts';
import type { Output } from '../output.ts';
import { feedMade, feedsAnswer, removedAnswer } from './wire.ts';

/** Feeds of a business that can be read; never their addresses. */
export async function listFeeds(api: ApiClient, business: string, output: Output): Promise<ExitCode> {
  const { feeds } = feedsAnswer.parse(await api.get(ofBusiness(business)));
  output.result(
    { ok: true, feeds },
    feeds.length === 0
      ? ['Nobody reads a calendar of this business.']
      : table(
          ['ID', 'NAME', 'OF', 'SHOWS', 'READ'],
          feeds.map(({ id, name, staffId, withDetails, lastReadAt }) => [
            id,
            name,
            staffId ?? 'everybody',
            withDetails ? 'names' : 'busy times',
            lastReadAt === null ? 'never' : ago(lastReadAt),
          ]),
        ),
  );
  return EXIT.ok;
}

export type CreateOptions = {
  readonly business: string;
  readonly name: string;
  readonly staff?: string;
  readonly details: boolean;
};

/** Makes a feed; its address is shown this once. */
export async function createFeed(api: ApiClient, options: CreateOptions, output: Output): Promise<ExitCode> {
  const { business, name, staff, details } = options;
  const body = defined({ name, staffId: staff, withDetails: details });
  const { id, path } = feedMade.parse(await api.post(ofBusiness(business), body));
  const url = `${api.url}${path}`;
  output.result({ ok: true, id, path, url }, [
    url,
    'Keep it now: it cannot be shown again, and whoever has it reads the calendar.',
    `Take it back: booksy feeds revoke ${id}`,
  ]);
  return EXIT.ok;
}

/** Ends a feed. */
export async function revokeFeed(api: ApiClient, id: string, output: Output): Promise<ExitCode> {
  const path = `/api/admin/booksy/calendar-feeds/${encodeURIComponent(id)}`;
  const { removed, changed } = removedAnswer.parse(await api.delete(path));
  output.result({ ok: true, removed, changed }, [
    changed ? 'Its address answers no more.' : 'It was revoked already: its address answers no more.',
  ]);
  return EXIT.ok;
}

function ofBusiness(business: string): string {
  return `/api/admin/booksy/businesses/${encodeURIComponent(business)}/calendar-feeds`;
}
