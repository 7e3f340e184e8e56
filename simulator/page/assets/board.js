/** The board: looking again, going from visit to visit by keys, opening, moving. */
import { act, open, say } from './sheet.js';

const main = document.querySelector('main');
const STEP_MINUTES = 15;

export const board = document.querySelector('#board');
let again = false;
let loading = false;
/** While something is dragged the board must stay as it is. */
export const hold = { on: false };

/** Minutes of the day at that height of a column. */
export function minuteAt(rows, clientY, step = STEP_MINUTES) {
  const box = rows.getBoundingClientRect();
  const perMinute = slotHeight(rows) / Number(board.dataset.slot);
  const minute = Number(board.dataset.start) + (clientY - box.top) / perMinute;
  return Math.max(0, Math.min(24 * 60 - step, Math.floor(minute / step) * step));
}

/** Pixels of one row. */
export function slotHeight(rows) {
  return Number.parseFloat(getComputedStyle(rows).gridAutoRows) || 6;
}

export function clockText(minute) {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

/** Shows what the server has now; scrolling and focus stay. */
export async function refresh() {
  if (loading || hold.on) {
    again = true;
    return;
  }
  loading = true;
  again = false;
  try {
    const [boardText, stripText] = await Promise.all([
      fetchText(main.dataset.board),
      fetchText(`/calendar/strip?salon=${main.dataset.salon}`),
    ]);
    if (!hold.on) {
      replaceBoard(boardText);
      document.querySelector('#strip-holder').innerHTML = stripText;
    } else again = true;
  } catch {
    // The line to the server tells that it is away, and when it is back.
  } finally {
    loading = false;
  }
  if (again && !hold.on) await refresh();
}

async function fetchText(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(String(response.status));
  return response.text();
}

function replaceBoard(text) {
  const fresh = new DOMParser().parseFromString(text, 'text/html').querySelector('#board');
  if (fresh === null) return;
  const focused = placeOf(document.activeElement);
  board.className = fresh.className;
  board.dataset.start = fresh.dataset.start;
  document.querySelector('[data-cancelled-count]').textContent = fresh.dataset.cancelled;
  board.replaceChildren(...fresh.childNodes);
  if (focused !== null) focusVisit(focused.visit, focused.part);
}

function placeOf(element) {
  const visit = element?.closest?.('.visit[data-visit]');
  return visit ? { visit: visit.dataset.visit, part: visit.dataset.part } : null;
}

export function focusVisit(visit, part) {
  const found =
    board.querySelector(`.visit[data-part="${CSS.escape(String(part))}"]`) ??
    board.querySelector(`.visit[data-visit="${CSS.escape(String(visit))}"]`);
  found?.focus({ preventScroll: false });
}

/**
 * Moves a visit by so many minutes, and that part of it to another column.
 * @returns {Promise<boolean>} whether it was done
 */
export async function shift(block, minutes, resource) {
  const fields = new URLSearchParams({ deed: 'shift', visit: block.dataset.visit, minutes: String(minutes) });
  if (resource !== undefined) {
    fields.set('part', block.dataset.part);
    fields.set('resource', resource);
  }
  const { visit, part } = block.dataset;
  const answer = await act(fields);
  say(answer.message, !answer.ok);
  await refresh();
  focusVisit(visit, part);
  return answer.ok;
}

function openBlock(block) {
  if (block.dataset.seats !== undefined) return open('session', { ids: block.dataset.seats });
  if (block.dataset.away !== undefined) return open('away', { id: block.dataset.away });
  return open('visit', { id: block.dataset.visit });
}

board.addEventListener('click', (event) => {
  const block = event.target.closest('.visit, .away');
  if (block !== null) {
    openBlock(block);
    return;
  }
  const add = event.target.closest('[data-new]');
  const column = event.target.closest('.column');
  if (column === null) return;
  const { resource, date } = column.dataset;
  if (add !== null) open('new', { resource, date });
  else if (event.target.matches('.rows')) {
    const time = clockText(minuteAt(event.target, event.clientY));
    open('new', { resource, date, time });
  }
});

// The whole text of a block that is too small for it, for a mouse only: a reader hears the label anyway.
board.addEventListener('pointerover', (event) => {
  const block = event.pointerType === 'mouse' ? event.target.closest('.visit') : null;
  if (block !== null && block.title === '') block.title = block.getAttribute('aria-label');
});

const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

board.addEventListener('keydown', (event) => {
  const arrow = ARROWS[event.key];
  const block = event.target.closest('.visit');
  if (arrow === undefined || block === null || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const [across, down] = arrow;
  if (event.altKey) moveByKey(block, across, down);
  else goByKey(block, across, down);
});

function moveByKey(block, across, down) {
  if (!('movable' in block.dataset)) {
    say('This one cannot be moved.', true);
    return;
  }
  if (across === 0) {
    shift(block, down * STEP_MINUTES);
    return;
  }
  const column = block.closest('.column');
  const next = neighbour(column, across);
  if (next === null) return;
  const days = (Date.parse(next.dataset.date) - Date.parse(column.dataset.date)) / 86_400_000;
  const other = next.dataset.resource === column.dataset.resource ? undefined : next.dataset.resource;
  shift(block, days * 24 * 60, other);
}

function neighbour(column, across) {
  const columns = [...board.querySelectorAll('.column')];
  return columns[columns.indexOf(column) + across] ?? null;
}

function goByKey(block, across, down) {
  const blocks = [...block.closest('.column').querySelectorAll('.visit')];
  if (across === 0) {
    blocks[blocks.indexOf(block) + down]?.focus();
    return;
  }
  for (
    let column = neighbour(block.closest('.column'), across);
    column !== null;
    column = neighbour(column, across)
  ) {
    const others = [...column.querySelectorAll('.visit')];
    if (others.length === 0) continue;
    const from = Number(block.dataset.from);
    const far = (one) => Math.abs(Number(one.dataset.from) - from);
    others.reduce((best, one) => (far(one) < far(best) ? one : best)).focus();
    return;
  }
}
