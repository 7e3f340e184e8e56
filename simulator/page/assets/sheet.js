/** Sheets (dialogs) with forms, messages, and what a form does at the server. */

const sheet = document.querySelector('#sheet');
const toasts = document.querySelector('#toasts');
const main = document.querySelector('main');
export const salon = main.dataset.salon;

const GOOD_MS = 5000;
const BAD_MS = 15000;
const AWAY = 'The sandbox does not answer. Is it still running? Nothing was changed here.';

/** Says something at the lower edge; a refusal stays longer. */
export function say(message, bad = false) {
  const toast = document.createElement('div');
  toast.className = bad ? 'toast bad' : 'toast';
  const text = document.createElement('span');
  text.textContent = message;
  const close = document.createElement('button');
  close.type = 'button';
  close.textContent = '✕';
  close.setAttribute('aria-label', 'Dismiss');
  close.addEventListener('click', () => toast.remove());
  toast.append(text, close);
  toasts.append(toast);
  setTimeout(() => toast.remove(), bad ? BAD_MS : GOOD_MS);
}

/**
 * Does something as the salon would.
 * @param {URLSearchParams} fields
 * @returns {Promise<{ok: boolean, message: string, field?: string|null, visit?: number|null}>} never rejects
 */
export async function act(fields) {
  fields.set('salon', salon);
  try {
    const response = await fetch('/calendar/do', { method: 'POST', body: fields });
    const answer = await response.json();
    if (typeof answer.message === 'string') return answer;
    return { ok: false, message: answer.description ?? `That did not work (${response.status}).` };
  } catch {
    return { ok: false, message: AWAY };
  }
}

export function isOpen() {
  return sheet.open;
}

/** Opens a sheet with what the server shows for that path. */
export async function open(path, parameters = {}) {
  const query = new URLSearchParams({ salon, ...parameters });
  try {
    const response = await fetch(`/calendar/${path}?${query}`);
    const text = await response.text();
    if (!response.ok) {
      say(text, true);
      return;
    }
    sheet.innerHTML = text;
  } catch {
    say(AWAY, true);
    return;
  }
  for (const select of sheet.querySelectorAll('[data-variant]')) fitToService(select);
  if (!sheet.open) sheet.showModal();
  sheet.querySelector('[data-first]')?.focus();
}

/** Who does the service comes first, and its minutes are shown. */
function fitToService(select) {
  const form = select.form;
  const chosen = select.selectedOptions[0];
  const able = new Set((chosen?.dataset.staff ?? '').split(' '));
  form.elements.minutes.placeholder = chosen?.dataset.minutes ?? '';
  const { staff } = form.elements;
  for (const option of staff.options) {
    const can = option.value === '-1' || able.has(option.value);
    option.textContent =
      option.textContent.replace(/ \(does not do this\)$/, '') + (can ? '' : ' (does not do this)');
  }
}

let asked = 0;
/** Fills the list under the client's field while it is typed in. */
async function suggest(input) {
  asked += 1;
  const mine = asked;
  const query = new URLSearchParams({ salon, q: input.value });
  const response = await fetch(`/calendar/clients?${query}`).catch(() => null);
  if (response === null || !response.ok || mine !== asked) return;
  const { clients } = await response.json();
  const list = document.querySelector('#clients');
  list?.replaceChildren(
    ...clients.map((line) => {
      const option = document.createElement('option');
      option.value = line;
      return option;
    }),
  );
}

async function submit(form, button) {
  if (form.dataset.sure !== undefined && button.dataset.asked === undefined) {
    button.dataset.asked = 'yes';
    button.textContent = form.dataset.sure;
    return;
  }
  const fields = new URLSearchParams(new FormData(form));
  if (button?.name) fields.set(button.name, button.value);
  const buttons = form.querySelectorAll('button');
  for (const one of buttons) one.disabled = true;
  const answer = await act(fields);
  for (const one of buttons) one.disabled = false;
  if (answer.ok) {
    sheet.close();
    say(answer.message);
    document.dispatchEvent(new CustomEvent('calendar:changed', { detail: answer }));
    return;
  }
  const refusal = form.querySelector('.refusal');
  refusal.textContent = answer.message;
  refusal.hidden = false;
  refusal.scrollIntoView({ block: 'nearest' });
  const field = answer.field ? form.elements[answer.field] : null;
  if (field instanceof HTMLElement) field.focus();
}

sheet.addEventListener('submit', (event) => {
  event.preventDefault();
  submit(event.target, event.submitter);
});
sheet.addEventListener('click', (event) => {
  const target = event.target;
  if (target === sheet || target.closest('[data-close]')) sheet.close();
  const seat = target.closest('[data-open]');
  if (seat) open('visit', { id: seat.dataset.open });
});
sheet.addEventListener('change', (event) => {
  if (event.target.matches('[data-variant]')) fitToService(event.target);
});
sheet.addEventListener('input', (event) => {
  if (event.target.matches('[data-client]')) suggest(event.target);
});
