/** Dragging a visit to another time or column: at once by mouse, after a short hold by finger (so that swiping scrolls). */
import { board, clockText, hold, refresh, shift, slotHeight } from './board.js';

const THRESHOLD_PX = 5;
const HOLD_MS = 350;
const SNAP_MINUTES = 15;
const FINE_MINUTES = 5;
const EDGE_PX = 48;

/** @type {null | {block: HTMLElement, id: number, startX: number, startY: number, grabMinutes: number, ghost: HTMLElement|null, target: null|{column: HTMLElement, minute: number}, timer: number, touch: boolean}} */
let drag = null;
let justDropped = false;

board.addEventListener('pointerdown', (event) => {
  const block = event.target.closest('.visit[data-movable]');
  if (block === null || event.button !== 0 || drag !== null) return;
  const touch = event.pointerType === 'touch';
  drag = {
    block,
    id: event.pointerId,
    startX: event.clientX,
    startY: event.clientY,
    grabMinutes: minutesOf(block, event.clientY - block.getBoundingClientRect().top),
    ghost: null,
    target: null,
    timer: touch ? setTimeout(() => lift(event.clientX, event.clientY), HOLD_MS) : 0,
    touch,
  };
});

document.addEventListener('pointermove', (event) => {
  if (drag === null || event.pointerId !== drag.id) return;
  const far = Math.hypot(event.clientX - drag.startX, event.clientY - drag.startY);
  if (drag.ghost === null) {
    if (far < THRESHOLD_PX) return;
    // A finger that moves before its time is up wants to scroll.
    if (drag.touch) return end();
    lift(event.clientX, event.clientY);
  }
  follow(event.clientX, event.clientY, event.shiftKey ? FINE_MINUTES : SNAP_MINUTES);
});

document.addEventListener('pointerup', (event) => {
  if (drag === null || event.pointerId !== drag.id) return;
  drop();
});
document.addEventListener('pointercancel', () => end());
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && drag !== null) end();
});
// Once lifted, the finger moves the visit and not the page.
document.addEventListener(
  'touchmove',
  (event) => {
    if (drag?.ghost) event.preventDefault();
  },
  { passive: false },
);
board.addEventListener(
  'click',
  (event) => {
    if (!justDropped) return;
    justDropped = false;
    event.stopPropagation();
    event.preventDefault();
  },
  true,
);
board.addEventListener('contextmenu', (event) => {
  if (drag?.touch) event.preventDefault();
});

function minutesOf(block, pixels) {
  return (pixels / slotHeight(block.parentElement)) * Number(board.dataset.slot);
}

function lift(x, y) {
  if (drag === null) return;
  hold.on = true;
  drag.ghost = document.createElement('div');
  drag.ghost.className = 'ghost';
  drag.block.classList.add('lifted');
  document.body.classList.add('dragging');
  follow(x, y, SNAP_MINUTES);
}

/** Puts the shadow where the visit would go. */
function follow(x, y, snap) {
  const column = columnAt(x);
  if (drag === null || column === null) return;
  const rows = column.querySelector('.rows');
  const box = rows.getBoundingClientRect();
  const start = Number(board.dataset.start);
  const perMinute = slotHeight(rows) / Number(board.dataset.slot);
  const length = Number(drag.block.dataset.till) - Number(drag.block.dataset.from);
  const wished = start + (y - box.top) / perMinute - drag.grabMinutes;
  const minute = Math.max(0, Math.min(24 * 60 - FINE_MINUTES, Math.round(wished / snap) * snap));
  drag.target = { column, minute };
  drag.ghost.style.top = `${(minute - start) * perMinute}px`;
  drag.ghost.style.height = `${length * perMinute}px`;
  drag.ghost.textContent = `${clockText(minute)}–${clockText((minute + length) % 1440)}`;
  if (drag.ghost.parentElement !== rows) rows.append(drag.ghost);
  scrollAtEdge(x, y);
}

function columnAt(x) {
  const columns = [...board.querySelectorAll('.column')];
  return (
    columns.find((column) => {
      const box = column.getBoundingClientRect();
      return x >= box.left && x < box.right;
    }) ?? null
  );
}

function scrollAtEdge(x, y) {
  const box = board.getBoundingClientRect();
  const by = (at, low, high) => (at < low + EDGE_PX ? -16 : at > high - EDGE_PX ? 16 : 0);
  board.scrollBy(by(x, box.left, box.right), by(y, box.top + EDGE_PX, box.bottom));
}

function drop() {
  const { block, ghost, target } = drag;
  if (ghost === null || target === null) {
    end();
    return;
  }
  justDropped = true;
  // The click that follows a drop comes at once, or not at all.
  setTimeout(() => (justDropped = false), 0);
  const from = block.closest('.column');
  const days = (Date.parse(target.column.dataset.date) - Date.parse(from.dataset.date)) / 86_400_000;
  const minutes = days * 24 * 60 + target.minute - Number(block.dataset.from);
  const resource = target.column.dataset.resource;
  const other = resource === from.dataset.resource ? undefined : resource;
  end();
  if (minutes !== 0 || other !== undefined) shift(block, minutes, other);
}

function end() {
  if (drag === null) return;
  clearTimeout(drag.timer);
  const lifted = drag.ghost !== null;
  drag.ghost?.remove();
  drag.block.classList.remove('lifted');
  document.body.classList.remove('dragging');
  drag = null;
  hold.on = false;
  if (lifted) refresh();
}
