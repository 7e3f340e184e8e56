import { formatDate } from '../time.ts';
import type { Board, Block, Column, ColumnOf } from './board-model.ts';
import type { Placed } from './lanes.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { clockOf, STATUS_WORDS } from './words.ts';

/** Minutes of one row of the grid. */
export const SLOT_MINUTES = 5;
/** Columns of the grid inside a column: what lies side by side shares them. */
export const LANES = 12;

const DAY_NAMES = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

/** `Sunday 22 November`, or short `Sun 22 Nov`. */
export function dayName(day: number, length: 'long' | 'short' = 'long'): string {
  const date = new Date(`${formatDate(day)}T00:00:00Z`);
  const month = date.toLocaleDateString('en', { month: length, timeZone: 'UTC' });
  const name = DAY_NAMES[date.getUTCDay()] ?? '';
  return `${length === 'long' ? name : name.slice(0, 3)} ${String(date.getUTCDate())} ${month}`;
}

/** Rows of a stretch as classes: no styles stand in the page, so that none need be allowed. */
function rows(board: Board, from: number, till: number): string {
  const start = board.fromHour * 60;
  const end = board.tillHour * 60;
  const first = Math.floor((Math.min(Math.max(from, start), end - SLOT_MINUTES) - start) / SLOT_MINUTES);
  const last = Math.ceil((Math.min(Math.max(till, start), end) - start) / SLOT_MINUTES);
  return `f${String(first)} t${String(Math.max(last, first + 1))}`;
}

function lanes({ lane, lanes: all }: Placed<unknown>): string {
  const many = Math.min(all, LANES);
  const from = Math.floor((Math.min(lane, many - 1) * LANES) / many);
  const till = Math.max(from + 1, Math.floor(((Math.min(lane, many - 1) + 1) * LANES) / many));
  return `a${String(from)} b${String(till)}`;
}

/** Name of a column for a person. */
export function columnName(of: ColumnOf): string {
  return of === 'anyone' ? 'Anyone' : of.name;
}

/** What stands for a column in addresses and forms. */
export function columnKey(of: ColumnOf): string {
  return of === 'anyone' ? '-1' : String(of.id);
}

/** The board: hours at the side, a column for each of the team (or each day), and what is in it. */
export function renderBoard(board: Board, view: 'day' | 'week'): Html {
  const hours = Array.from({ length: board.tillHour - board.fromHour }, (_, n) => board.fromHour + n);
  return html`<div
    class="board ${view} hours${board.tillHour - board.fromHour}"
    id="board"
    data-start="${board.fromHour * 60}"
    data-slot="${SLOT_MINUTES}"
    data-cancelled="${board.cancelledCount}"
    tabindex="-1"
  >
    <div class="gutter" aria-hidden="true">
      <div class="head"></div>
      <div class="rows">
        ${hours.map((hour) => html`<span class="hour ${rows(board, hour * 60, hour * 60 + 60)}">${hour}:00</span>`)}
      </div>
    </div>
    ${board.columns.map((column) => renderColumn(board, column, view))}
    ${
      board.columns.length === 0
        ? html`<p class="empty">Nobody works here yet: this salon has no bookable staff.</p>`
        : null
    }
  </div>`;
}

function renderColumn(board: Board, column: Column, view: 'day' | 'week'): Html {
  const name = view === 'week' ? dayName(column.day, 'short') : columnName(column.of);
  const count = column.blocks.filter(({ item }) => item.visit.type !== 'R').length;
  const today = Math.floor(board.now / 1440) === column.day;
  const key = columnKey(column.of);
  const date = formatDate(column.day);
  const minute = board.now % 1440;
  const nowShown = today && minute >= board.fromHour * 60 && minute < board.tillHour * 60;
  return html`<section
    class="column${today ? ' today' : ''}${column.of !== 'anyone' && column.of.type === 'R' ? ' room' : ''}"
    aria-label="${view === 'week' ? `${columnName(column.of)}, ${name}` : name}: ${countText(count)}"
    data-resource="${key}"
    data-date="${date}"
  >
    <header class="head">
      <h2 title="${name}">${name}</h2>
      <span class="count">${countText(count)}</span>
      <button
        type="button"
        class="add"
        data-new
        data-resource="${key}"
        data-date="${date}"
        aria-label="New visit for ${columnName(column.of)} on ${date}"
      >
        +
      </button>
    </header>
    <div class="rows">
      ${column.closed
        .filter(({ from, till }) => till > board.fromHour * 60 && from < board.tillHour * 60)
        .map(({ from, till }) => html`<div class="closed ${rows(board, from, till)}"></div>`)}
      ${column.away.map(
        ({ id, from, till, reason }) =>
          html`<button
            type="button"
            class="away ${rows(board, from, till)}"
            data-away="${id}"
            data-resource="${key}"
          >
            <span>Away: ${reason}</span>
          </button>`,
      )}
      ${column.blocks.map((placed) => renderBlock(board, column, placed))}
      ${nowShown ? html`<div class="now ${rows(board, minute, minute + SLOT_MINUTES)}" aria-hidden="true"></div>` : null}
      <div class="end ${rows(board, board.tillHour * 60 - SLOT_MINUTES, board.tillHour * 60)}"></div>
    </div>
  </section>`;
}

function countText(count: number): string {
  return count === 1 ? '1 visit' : `${String(count)} visits`;
}

function renderBlock(board: Board, column: Column, placed: Placed<Block>): Html {
  const { item } = placed;
  const { visit, part, from, till, seats, seatsInAll } = item;
  const place = `${rows(board, from, till)} ${lanes(placed)}`;
  const minutes = till - from;
  const size = minutes < 30 ? 'tiny' : minutes < 45 ? 'small' : minutes < 55 ? 'medium' : '';
  const time = `${clockOf(part.from)}–${clockOf(part.till)}`;
  if (seats.length > 1) {
    const ids = seats.map(({ id }) => id).join(' ');
    const what = part.serviceName ?? 'Session';
    return html`<button
      type="button"
      class="visit session s-${visit.status} ${size} ${place}"
      data-seats="${ids}"
      data-from="${from}"
      aria-label="${time}, ${what}, ${seats.length} of ${seatsInAll} seats taken"
    >
      <b>${what}</b><span class="who">${seats.length} of ${seatsInAll} seats</span
      ><span class="when">${time}</span>
    </button>`;
  }
  const { word, mark } = STATUS_WORDS[visit.status];
  const gone = visit.status === 'C' || visit.status === 'D';
  const block = visit.type === 'R';
  const what = block ? 'Blocked' : (part.serviceName ?? 'Visit');
  const who = block ? (visit.businessNote ?? '') : (visit.name ?? 'Walk-in');
  const notes = [
    visit.parts.length > 1 ? `${String(visit.parts.length)} parts` : '',
    visit.repeating ? 'series' : '',
  ];
  const extra = notes.filter((note) => note !== '').join(', ');
  return html`<button
    type="button"
    class="visit ${block ? 'block' : ''} s-${visit.status} ${size} ${place}"
    data-visit="${visit.id}"
    data-part="${part.id}"
    data-from="${from}"
    data-till="${till}"
    data-column="${columnKey(column.of)}"
    ${gone ? null : html`data-movable`}
    aria-label="${time}, ${what}, ${who}, ${block && !gone ? 'reservation' : word}${extra === '' ? '' : `, ${extra}`}"
  >
    <b>${mark === '' ? null : html`<i class="mark">${mark}</i> `}${what}</b><span class="who">${who}</span
    ><span class="when">${time}${extra === '' ? null : html` · ${extra}`}</span>
  </button>`;
}
