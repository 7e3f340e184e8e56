import type { Sandbox } from '../sandbox.ts';
import type { Salon } from '../state/salon.ts';
import { formatDate } from '../time.ts';
import type { Board, BoardQuery } from './board-model.ts';
import { mondayOf, roomsOf, teamOf } from './board-model.ts';
import { columnKey, dayName, renderBoard } from './board.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { renderStrip } from './strip.ts';
import { STATUS_WORDS } from './words.ts';

/** Address of a board; what is left out stays as it is usual. */
export function boardAddress(
  query: BoardQuery,
  change: Partial<BoardQuery> = {},
  path = '/calendar',
): string {
  const { salon, day, view, only, rooms, cancelled } = { ...query, ...change };
  const parameters = new URLSearchParams({ salon: String(salon.business.id), date: formatDate(day), view });
  if (only !== null) parameters.set('who', columnKey(only));
  if (rooms) parameters.set('rooms', '1');
  if (cancelled) parameters.set('cancelled', '1');
  return `${path}?${parameters.toString()}`;
}

/** A whole document around a body. */
export function document(title: string, body: Html, script = false): string {
  return `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="/calendar/icon.svg" />
        <link rel="stylesheet" href="/calendar/grid.css" />
        <link rel="stylesheet" href="/calendar/calendar.css" />
        ${script ? html`<script type="module" src="/calendar/calendar.js"></script>` : null}
      </head>
      <body>
        ${body}
      </body>
    </html>`.text
  }\n`;
}

/** The calendar page. */
export function renderPage(sandbox: Sandbox, query: BoardQuery, board: Board): string {
  const { salon } = query;
  const body = html`<a class="skip" href="#board">To the calendar</a>
    ${renderBar(sandbox, query, board)}
    <main
      id="main"
      data-salon="${salon.business.id}"
      data-board="${boardAddress(query, {}, '/calendar/board')}"
      data-date="${formatDate(query.day)}"
    >
      ${renderBoard(board, query.view)}
    </main>
    <div id="strip-holder">${renderStrip(sandbox, salon)}</div>
    <dialog id="sheet" aria-labelledby="sheet-title"></dialog>
    <div id="toasts" role="status" aria-live="polite"></div>
    <noscript
      ><p class="empty">Looking needs nothing; to make and move visits, JavaScript must be on.</p></noscript
    >`;
  return document(`${salon.business.name} · Booksy calendar`, body, true);
}

function renderBar(sandbox: Sandbox, query: BoardQuery, board: Board): Html {
  const { salon, day, view } = query;
  const step = view === 'week' ? 7 : 1;
  const today = Math.floor(board.now / 1440);
  const monday = mondayOf(day);
  const heading =
    view === 'week' ? `${dayName(monday, 'short')} – ${dayName(monday + 6, 'short')}` : dayName(day);
  const brief =
    view === 'week'
      ? `${dayName(monday, 'short').slice(4)} – ${dayName(monday + 6, 'short').slice(4)}`
      : dayName(day, 'short');
  return html`<header class="bar">
    <div class="title">
      <a class="home" href="/" aria-label="The sandbox’s start page">●</a>
      <h1><span class="full">${heading}</span><span class="brief">${brief}</span></h1>
      <span class="sandbox">sandbox of the Booksy calendar</span>
    </div>
    <nav class="days" aria-label="Days">
      <a
        class="button"
        href="${boardAddress(query, { day: day - step })}"
        rel="prev"
        aria-label="${view === 'week' ? 'Week before' : 'Day before'}"
        >‹</a
      >
      <a
        class="button"
        href="${boardAddress(query, { day: today })}"
        ${today === day ? html` aria-current="date"` : null}
        >Today</a
      >
      <a
        class="button"
        href="${boardAddress(query, { day: day + step })}"
        rel="next"
        aria-label="${view === 'week' ? 'Week after' : 'Day after'}"
        >›</a
      >
    </nav>
    <input type="checkbox" id="filters" class="toggle" aria-label="Show what is chosen: salon, day, who" />
    <div class="acts">
      <button type="button" class="primary" data-new>New visit <kbd>n</kbd></button>
      <button type="button" data-block>Block time <kbd>b</kbd></button>
      <label for="filters" class="button toggle-button">Choose</label>
      <details class="legend">
        <summary>Legend</summary>
        <div class="card">
          <ul>
            ${(['A', 'W', 'P', 'M', 'F', 'N', 'C'] as const).map((status) => {
              const { word, mark } = STATUS_WORDS[status];
              return html`<li><span class="swatch s-${status}">${mark}</span> ${word}</li>`;
            })}
            <li><span class="swatch block"></span> reservation</li>
            <li><span class="swatch off"></span> away</li>
          </ul>
          <p>
            <b>Mouse:</b> click an empty time to book it; drag a visit to move it (a finger: hold it first).
          </p>
          <p>
            <b>Keys:</b> arrows go from visit to visit, <kbd>Enter</kbd> opens, <kbd>Alt</kbd> + arrows move
            it by a quarter of an hour or to the next column.
          </p>
        </div>
      </details>
    </div>
    <form class="pick" action="/calendar" data-pick>
      ${renderSalons(sandbox, salon)}
      <label><span>Day</span><input type="date" name="date" value="${formatDate(day)}" /></label>
      <label
        ><span>View</span
        ><select name="view">
          <option value="day" ${view === 'day' ? html` selected` : null}>Day</option>
          <option value="week" ${view === 'week' ? html` selected` : null}>Week</option>
        </select></label
      >
      ${renderWho(query)}
      <label class="tick"
        ><input type="checkbox" name="rooms" value="1" ${query.rooms ? html` checked` : null} /> Rooms</label
      >
      <label class="tick"
        ><input type="checkbox" name="cancelled" value="1" ${query.cancelled ? html` checked` : null} />
        <span>Cancelled (<span data-cancelled-count>${board.cancelledCount}</span>)</span></label
      >
      <noscript><button>Show</button></noscript>
    </form>
  </header>`;
}

function renderSalons(sandbox: Sandbox, salon: Salon): Html {
  return html`<label class="wide"
    ><span>Salon</span
    ><select name="salon">
      ${sandbox.store
        .all()
        .map(
          ({ business: { id, name } }) =>
            html`<option value="${id}" ${id === salon.business.id ? html` selected` : null}>${name}</option>`,
        )}
    </select></label
  >`;
}

function renderWho({ salon, only, view, rooms }: BoardQuery): Html {
  const chosen = only === null ? null : columnKey(only);
  const option = (key: string, name: string): Html =>
    html`<option value="${key}" ${key === chosen ? html` selected` : null}>${name}</option>`;
  const team = teamOf(salon).map(({ id, name }) => option(String(id), name));
  const others = rooms || (only !== null && only !== 'anyone' && only.type === 'R') ? roomsOf(salon) : [];
  return html`<label
    ><span>Who</span
    ><select name="who">
      ${view === 'day' ? html`<option value="">Everybody</option>` : null} ${team} ${option('-1', 'Anyone')}
      ${others.map(({ id, name }) => option(String(id), name))}
    </select></label
  >`;
}
