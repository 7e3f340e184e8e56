import { APPLIANCE_REASONS, STAFF_REASONS } from '../routes/schedules.ts';
import type { Salon } from '../state/salon.ts';
import { ANY_STAFF } from '../types.ts';
import type { Customer, Resource, Variant } from '../types.ts';
import { roomsOf, teamOf } from './board-model.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';

/** What a form is filled with when it opens. */
export interface Prefill {
  readonly date: string;
  readonly time: string;
  readonly resource: number | null;
}

/** The head of every sheet: what it is, and the way out. */
export function sheetHead(title: string): Html {
  return html`<header class="sheet-head">
    <h2 id="sheet-title">${title}</h2>
    <button type="button" class="quiet" data-close aria-label="Close">✕</button>
  </header>`;
}

/** Where a refusal is shown, beside the form it is about. */
export const REFUSAL = html`<p class="refusal" role="alert" hidden></p>`;

export function staffOptions(salon: Salon, chosen: number | null): Html {
  const known = teamOf(salon);
  const other = known.some(({ id }) => id === chosen) ? undefined : salon.resources.get(chosen ?? 0);
  return html`<option value="${ANY_STAFF}" ${selected(chosen === ANY_STAFF)}>Anyone</option>
    ${[...known, ...(other?.type === 'S' ? [other] : [])].map(
      ({ id, name }) => html`<option value="${id}" ${selected(id === chosen)}>${name}</option>`,
    )}`;
}

function selected(is: boolean): Html | null {
  return is ? html` selected` : null;
}

/** Making a visit. */
export function renderNewVisit(salon: Salon, { date, time, resource }: Prefill): Html {
  const isRoom = resource !== null && salon.resources.get(resource)?.type === 'R';
  return html`${sheetHead('New visit')}
    <form data-form>
      <input type="hidden" name="deed" value="create" />
      <input type="hidden" name="salon" value="${salon.business.id}" />
      <label
        >Service
        <select name="variant" required data-variant data-first>
          ${serviceOptions(salon)}
        </select></label
      >
      <label
        >Who
        <select name="staff">
          ${staffOptions(salon, isRoom ? null : resource)}
        </select></label
      >
      <div class="row">
        <label>Day <input type="date" name="date" value="${date}" required /></label>
        <label>Start <input type="time" name="time" value="${time}" step="300" required /></label>
        <label class="short"
          >Minutes
          <input type="number" name="minutes" min="5" max="1440" step="5" inputmode="numeric" data-minutes
        /></label>
      </div>
      <label
        >Client
        <input
          name="client"
          list="clients"
          autocomplete="off"
          placeholder="Name, phone or e-mail; empty = walk-in"
          data-client
        />
      </label>
      <datalist id="clients"></datalist>
      <details>
        <summary>A new client’s contact, a note, who booked</summary>
        <div class="row">
          <label>Phone <input type="tel" name="phone" autocomplete="off" /></label>
          <label>E-mail <input type="email" name="email" autocomplete="off" /></label>
        </div>
        <label>Client’s note <input name="note" autocomplete="off" /></label>
        <label
          >Booked by
          <select name="type">
            <option value="B">the salon</option>
            <option value="C">the client, in the app</option>
          </select>
        </label>
      </details>
      ${bookAnyway()} ${REFUSAL}
      <footer><button type="submit" class="primary">Book</button></footer>
    </form>`;
}

/** The tick that lets the salon book over what is there. */
export function bookAnyway(): Html {
  return html`<label class="tick"
    ><input type="checkbox" name="over" value="on" /> Book anyway, over what is there</label
  >`;
}

function serviceOptions(salon: Salon): Html[] {
  const byService = new Map<number, Variant[]>();
  for (const variant of salon.variants.all()) {
    const group = byService.get(variant.service_id);
    if (group === undefined) byService.set(variant.service_id, [variant]);
    else group.push(variant);
  }
  const groups = new Map<string, Html[]>();
  for (const service of salon.services.all()) {
    if (!service.active) continue;
    const category = salon.categories.get(service.service_category_id ?? 0)?.name ?? 'Other';
    const options = groups.get(category) ?? [];
    for (const { id, label, duration, price, staffers } of byService.get(service.id) ?? []) {
      const name = label === null ? service.name : `${service.name} – ${label}`;
      const cost = price === null ? '' : `, ${typeof price === 'number' ? price.toFixed(2) : price}`;
      options.push(
        html`<option value="${id}" data-minutes="${duration}" data-staff="${staffers.join(' ')}">
          ${name} (${duration} min${cost})
        </option>`,
      );
    }
    groups.set(category, options);
  }
  return [...groups].map(([category, options]) => html`<optgroup label="${category}">${options}</optgroup>`);
}

/** Blocking time: a reservation (a visit of type R), or time off. */
export function renderBlock(salon: Salon, { date, time, resource }: Prefill): Html {
  const until = `${String(Math.min(23, Number(time.slice(0, 2)) + 1)).padStart(2, '0')}${time.slice(2)}`;
  const resources = [...teamOf(salon), ...roomsOf(salon)];
  const who = html`<label
    >Who or what
    <select name="resource" data-first>
      ${resources.map((one) => html`<option value="${one.id}" ${selected(one.id === resource)}>${one.name}</option>`)}
    </select>
  </label>`;
  const hidden = html`<input type="hidden" name="salon" value="${salon.business.id}" />`;
  return html`${sheetHead('Block time')}
    <form data-form>
      <h3>Reservation</h3>
      <p class="hint">
        A block in the visit list, of type R. A webhook goes out (unless the flag says otherwise).
      </p>
      <input type="hidden" name="deed" value="block" />${hidden} ${who}
      <div class="row">
        <label>Day <input type="date" name="date" value="${date}" required /></label>
        <label>From <input type="time" name="from" value="${time}" step="300" required /></label>
        <label>To <input type="time" name="till" value="${until}" step="300" required /></label>
      </div>
      <label>Note <input name="note" autocomplete="off" /></label>
      ${bookAnyway()} ${REFUSAL}
      <footer><button type="submit" class="primary">Block</button></footer>
    </form>
    <form data-form>
      <h3>Time off</h3>
      <p class="hint">
        Holidays, sick days, repairs. Booksy sends no webhook for these: the next sweep finds out.
      </p>
      <input type="hidden" name="deed" value="away" />${hidden} ${who}
      <div class="row">
        <label>Day <input type="date" name="date" value="${date}" required /></label>
        <label>From <input type="time" name="from" step="300" /></label>
        <label>To <input type="time" name="till" step="300" /></label>
      </div>
      <label
        >Why
        <select name="reason">
          ${reasonOptions()}
        </select></label
      >
      ${REFUSAL}
      <footer><button type="submit">Enter time off</button></footer>
    </form>`;
}

function reasonOptions(): Html[] {
  return [...new Set([...STAFF_REASONS, ...APPLIANCE_REASONS])].map(
    (reason) => html`<option value="${reason}">${reason.replaceAll('_', ' ')}</option>`,
  );
}

/** One time off, and taking it away. */
export function renderAway(salon: Salon, id: number): Html | null {
  const entry = salon.timeOff.get(id);
  if (entry === undefined) return null;
  const resource: Resource | undefined = salon.resources.get(entry.resource_id);
  const days =
    entry.date_from === entry.date_till ? entry.date_from : `${entry.date_from} to ${entry.date_till}`;
  const hours =
    entry.hour_from === null ? 'the whole day' : `${entry.hour_from}–${entry.hour_till ?? '24:00'}`;
  return html`${sheetHead('Time off')}
    <dl>
      <dt>Who</dt>
      <dd>${resource?.name ?? '–'}</dd>
      <dt>When</dt>
      <dd>${days}, ${hours}</dd>
      <dt>Why</dt>
      <dd>${entry.reason_code.replaceAll('_', ' ')}${entry.approved ? '' : ' (not approved yet)'}</dd>
    </dl>
    <form data-form>
      <input type="hidden" name="deed" value="back" /><input
        type="hidden"
        name="salon"
        value="${salon.business.id}"
      />
      <input type="hidden" name="id" value="${id}" />${REFUSAL}
      <footer><button type="submit">Take the time off away</button></footer>
    </form>`;
}

const FOUND = 12;

/** Cards that fit what was typed, for the list under the field. */
export function findClients(salon: Salon, typed: string): string[] {
  const wanted = plain(typed);
  if (wanted.length < 2) return [];
  const found: string[] = [];
  for (const card of salon.customers.all()) {
    if (
      !plain(`${card.first_name} ${card.last_name} ${card.cell_phone ?? ''} ${card.email ?? ''}`).includes(
        wanted,
      )
    )
      continue;
    found.push(cardLine(card));
    if (found.length === FOUND) break;
  }
  return found;
}

/** A card in one line; its id at the end says which one is meant. */
export function cardLine(card: Customer): string {
  const name = `${card.first_name.trim()} ${card.last_name}`.trim();
  const contact = card.cell_phone ?? (card.email === '' ? null : card.email);
  return [name, contact, `#${String(card.id)}`].filter((part) => part !== null && part !== '').join(' · ');
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replaceAll('ł', 'l')
    .replace(/\s+/g, ' ')
    .trim();
}
