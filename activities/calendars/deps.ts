import type { CalendarConfig } from '../../infra/config/calendars.ts';
import type { FeedFetcher } from '../../infra/calendars/fetch.ts';
import type { InboundDeps } from '../inbound/run.ts';

/** What polling calendars touches the world with. */
export interface CalendarDeps extends Pick<InboundDeps, 'db' | 'vault' | 'logger'> {
  readonly calendars: Pick<CalendarConfig, 'keepHours' | 'maxBytes' | 'horizonDays'>;
  readonly feeds: Pick<FeedFetcher, 'fetch'>;
}

/** Beats for an activity; throws where it is to end. */
export type Beat = (detail?: unknown) => void;
