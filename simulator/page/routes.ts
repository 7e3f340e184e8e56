import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { HttpProblem, notFound } from '../http/problem.ts';
import type { Wire } from '../http/io.ts';
import { send } from '../http/io.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Salon } from '../state/salon.ts';
import { formatDate, parseDate, parseLocal, DAY_MINUTES } from '../time.ts';
import { localMinuteOf } from '../zone.ts';
import { boardOf } from './board-model.ts';
import type { BoardQuery, ColumnOf } from './board-model.ts';
import { renderBoard } from './board.ts';
import { doDeed, isDragged, salonOfDeed } from './deeds.ts';
import { renderSession, renderVisit } from './details.ts';
import { findClients, renderAway, renderBlock, renderNewVisit } from './forms.ts';
import type { Prefill } from './forms.ts';
import { gridCss } from './grid-css.ts';
import type { Html } from './html.ts';
import { Live } from './live.ts';
import { renderPage } from './shell.ts';
import { renderStrip } from './strip.ts';
import { refusalOf } from './words.ts';

export const PAGE_PREFIX = '/calendar';
const HTML = 'text/html; charset=utf-8';
/** Nothing from elsewhere, nothing inline. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The only files that are ever read for a request. */
const ASSETS: Readonly<Record<string, string>> = {
  'calendar.css': 'text/css; charset=utf-8',
  'calendar.js': 'text/javascript; charset=utf-8',
  'board.js': 'text/javascript; charset=utf-8',
  'drag.js': 'text/javascript; charset=utf-8',
  'sheet.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

interface PageCall {
  readonly method: string;
  /** Behind the prefix: '' or `/board`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly response: ServerResponse;
}

/** The Booksy calendar of a salon: what a person sees and does there, as the salon itself would. */
export class CalendarPage {
  private readonly sandbox: Sandbox;
  private readonly live: Live;

  constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
    this.live = new Live(sandbox);
  }

  stop(): void {
    this.live.stop();
  }

  serve(call: PageCall): void {
    const { sandbox } = this;
    if (call.method === 'GET' && call.path === '/live') {
      try {
        this.live.listen(call.response, this.salonOf(call.query).business.id);
        return;
      } catch (error) {
        if (!(error instanceof HttpProblem)) throw error;
      }
    }
    send(call.response, this.answer(call), sandbox.clock.told());
  }

  private answer(call: PageCall): Wire {
    const { method, path } = call;
    if (method === 'POST' && path === '/do') return this.act(call.body);
    if (method !== 'GET') return page('Not here.', 405);
    try {
      return this.show(path, call.query);
    } catch (error) {
      const refusal = refusalOf(error, null);
      if (refusal === null) throw error;
      return page(refusal.message, refusal.status);
    }
  }

  private show(path: string, query: URLSearchParams): Wire {
    const { sandbox } = this;
    const asset = ASSETS[path.slice(1)];
    if (path === '/grid.css') return file(gridCss(), 'text/css; charset=utf-8');
    if (asset !== undefined && Object.hasOwn(ASSETS, path.slice(1)))
      return file(readFileSync(new URL(`./assets${path}`, import.meta.url), 'utf8'), asset);
    const salon = this.salonOf(query);
    switch (path) {
      case '': {
        const asked = this.boardQuery(salon, query);
        return page(renderPage(sandbox, asked, boardOf(asked)));
      }
      case '/board': {
        const asked = this.boardQuery(salon, query);
        return fragment(renderBoard(boardOf(asked), asked.view));
      }
      case '/strip':
        return fragment(renderStrip(sandbox, salon));
      case '/visit': {
        const visit = salon.visits.get(Number(query.get('id')));
        if (visit === undefined) throw notFound();
        return fragment(renderVisit(salon, visit));
      }
      case '/session':
        return fragment(renderSession(salon, (query.get('ids') ?? '').split(' ').map(Number)));
      case '/away': {
        const found = renderAway(salon, Number(query.get('id')));
        if (found === null) throw notFound();
        return fragment(found);
      }
      case '/new':
        return fragment(renderNewVisit(salon, this.prefill(salon, query)));
      case '/block':
        return fragment(renderBlock(salon, this.prefill(salon, query)));
      case '/clients':
        return json({ clients: findClients(salon, query.get('q') ?? '') });
      default:
        throw notFound();
    }
  }

  /** Does what a form says and answers in words; the status is that of the API. */
  private act(body: unknown): Wire {
    let salon: Salon | null = null;
    try {
      salon = salonOfDeed(this.sandbox, body);
      return json({ ok: true, ...doDeed(this.sandbox, salon, body) });
    } catch (error) {
      const refusal = refusalOf(error, salon, isDragged(body));
      if (refusal === null) throw error;
      return json({ ok: false, ...refusal }, refusal.status);
    }
  }

  private salonOf(query: URLSearchParams): Salon {
    const id = query.get('salon');
    const salon = id === null ? this.sandbox.store.all()[0] : this.sandbox.store.salon(Number(id));
    if (salon === undefined) throw notFound();
    return salon;
  }

  private nowOf(salon: Salon): number {
    return localMinuteOf(this.sandbox.clock.now(), salon.business.timezone);
  }

  private boardQuery(salon: Salon, query: URLSearchParams): BoardQuery {
    const today = Math.floor(this.nowOf(salon) / DAY_MINUTES);
    return {
      salon,
      day: parseDate(query.get('date') ?? '') ?? today,
      view: query.get('view') === 'week' ? 'week' : 'day',
      only: columnOf(salon, query.get('who') ?? ''),
      rooms: query.get('rooms') === '1',
      cancelled: query.get('cancelled') === '1',
      nowMs: this.sandbox.clock.now(),
    };
  }

  /** Where a form begins: at the time that was clicked, else at the next full hour of the day that is shown. */
  private prefill(salon: Salon, query: URLSearchParams): Prefill {
    const now = this.nowOf(salon);
    const today = formatDate(Math.floor(now / DAY_MINUTES));
    const asked = query.get('date') ?? '';
    const date = parseDate(asked) === null ? today : asked;
    const next = Math.min(20, Math.max(9, Math.floor((now % DAY_MINUTES) / 60) + 1));
    const usual = `${String(date === today ? next : 10).padStart(2, '0')}:00`;
    const time = query.get('time') ?? '';
    const resource = Number(query.get('resource') ?? '');
    return {
      date,
      time: parseLocal(`${date}T${time}`) === null ? usual : time,
      resource: query.has('resource') && Number.isInteger(resource) ? resource : null,
    };
  }
}

function columnOf(salon: Salon, who: string): ColumnOf | null {
  if (who === '') return null;
  return who === '-1' ? 'anyone' : (salon.resources.get(Number(who)) ?? null);
}

const GUARDS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': PAGE_POLICY,
} as const;

function page(body: string, status = 200): Wire {
  return { status, headers: { 'content-type': HTML, 'cache-control': 'no-store', ...GUARDS }, body };
}

function fragment(body: Html): Wire {
  return page(body.text);
}

function file(body: string, type: string): Wire {
  return { status: 200, headers: { 'content-type': type, 'cache-control': 'no-cache', ...GUARDS }, body };
}

function json(body: object, status = 200): Wire {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', ...GUARDS };
  return { status, headers, body: JSON.stringify(body) };
}
