/** The Booksy calendar of the sandbox: brings the parts together and keeps the page up to date. */
import { board, refresh, slotHeight } from './board.js';
import './drag.js';
import { isOpen, open, salon } from './sheet.js';

const OFFLINE_MS = 1500;
const main = document.querySelector('main');

const pick = document.querySelector('[data-pick]');
pick.addEventListener('change', (event) => {
  // Somebody of another salon works there.
  if (event.target.name === 'salon') pick.elements.who.disabled = true;
  pick.requestSubmit();
});

document.querySelector('.acts').addEventListener('click', (event) => {
  if (event.target.closest('[data-new]')) open('new', { date: main.dataset.date, ...shownPerson() });
  else if (event.target.closest('[data-block]')) open('block', { date: main.dataset.date, ...shownPerson() });
});

/** Whoever's column is alone on the board is meant. */
function shownPerson() {
  const resources = new Set([...board.querySelectorAll('.column')].map((column) => column.dataset.resource));
  return resources.size === 1 ? { resource: [...resources][0] } : {};
}

document.addEventListener('keydown', (event) => {
  const typing = event.target.closest('input, select, textarea, dialog');
  if (typing || isOpen() || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'n') document.querySelector('.acts [data-new]').click();
  else if (event.key === 'b') document.querySelector('.acts [data-block]').click();
  else return;
  event.preventDefault();
});

document.addEventListener('calendar:changed', () => refresh());

let offline = 0;
function listen() {
  const line = new EventSource(`/calendar/live?salon=${salon}`);
  line.addEventListener('change', () => refresh());
  line.addEventListener('open', () => {
    clearTimeout(offline);
    offline = 0;
    document.querySelector('.offline')?.remove();
    document.body.dataset.live = 'yes';
    refresh();
  });
  line.addEventListener('error', () => {
    delete document.body.dataset.live;
    // It errs again at each try: the first one counts.
    if (offline === 0) offline = setTimeout(showOffline, OFFLINE_MS);
  });
}

function showOffline() {
  if (document.querySelector('.offline')) return;
  const note = document.createElement('p');
  note.className = 'offline';
  note.setAttribute('role', 'alert');
  note.textContent = 'The sandbox does not answer: what you see may be old. It is tried again by itself.';
  document.body.prepend(note);
}

/** The present hour comes into view, or half an hour before the first visit. */
function show() {
  const now = board.querySelector('.now');
  if (now !== null) {
    board.scrollTop = Math.max(0, now.offsetTop - board.clientHeight / 3);
    return;
  }
  const tops = [...board.querySelectorAll('.visit')].map((block) => block.offsetTop);
  const first = board.querySelector('.column .rows');
  if (tops.length > 0 && first !== null)
    board.scrollTop = Math.max(0, Math.min(...tops) - 6 * slotHeight(first));
}

show();
listen();
