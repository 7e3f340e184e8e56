import { stepsFrom } from '../routes/visitDeeds.ts';
import type { Salon } from '../state/salon.ts';
import { formatLocal } from '../time.ts';
import { ANY_STAFF, spanOf } from '../types.ts';
import type { Visit } from '../types.ts';
import { bookAnyway, REFUSAL, sheetHead, staffOptions } from './forms.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { clockOf, STATUS_WORDS, STEP_WORDS } from './words.ts';

/** A visit with all that can be done to it. */
export function renderVisit(salon: Salon, visit: Visit): Html {
  const { word } = STATUS_WORDS[visit.status];
  const { from } = spanOf(visit);
  const block = visit.type === 'R';
  const title = block ? 'Blocked time' : visit.parts.map((part) => part.serviceName ?? 'Visit').join(' + ');
  const gone = visit.status === 'C' || visit.status === 'D';
  return html`${sheetHead(title)}
    <p class="chips">
      <span class="chip s-${visit.status}">${block && !gone ? 'reservation' : word}</span>
      ${visit.type === 'C' ? html`<span class="chip">booked by the client</span>` : null}
      ${visit.repeating ? html`<span class="chip">one of a series</span>` : null}
      ${visit.parts.length > 1 ? html`<span class="chip">${visit.parts.length} parts</span>` : null}
    </p>
    <dl>
      ${line('When', `${formatLocal(from).slice(0, 10)}, ${visit.parts.map((part) => `${clockOf(part.from)}–${clockOf(part.till)}`).join(', ')}`)}
      ${block ? null : line('Client', visit.name ?? 'Walk-in')} ${line('Phone', visit.phone)}
      ${line('E-mail', visit.email)}
      ${line('Who', visit.parts.map(({ staffer }) => staffName(salon, staffer)).join(', '))}
      ${line('Room', visit.parts.flatMap(({ appliance }) => salon.resources.get(appliance ?? 0)?.name ?? []).join(', '))}
      ${line('Client’s note', visit.customerNote)} ${line('Salon’s note', visit.businessNote)}
      ${line('Where', visit.traveling === null || visit.traveling.price === null ? null : [visit.traveling.address_line_1, visit.traveling.city].filter(Boolean).join(', '))}
      ${line('Made through the API as', visit.importUid)} ${line('Number', String(visit.id))}
    </dl>
    ${
      visit.repeating || visit.parts.length > 1
        ? html`<p class="hint">
            Here, as the salon, this visit can be moved. A program cannot: through the API it is 422,
            “repeating or multi booking cannot be modified”.
          </p>`
        : null
    }
    ${renderSteps(salon, visit)} ${gone ? null : renderMove(salon, visit)}
    <form data-form data-sure="Really delete it?">
      ${hidden(salon, visit, 'delete')} ${REFUSAL}
      <footer><button type="submit" class="danger">Delete</button></footer>
    </form>`;
}

function line(name: string, value: string | null): Html | null {
  return value === null || value === ''
    ? null
    : html`<dt>${name}</dt>
        <dd>${value}</dd>`;
}

function staffName(salon: Salon, staffer: number | null): string {
  if (staffer === ANY_STAFF) return 'anyone';
  return staffer === null ? '' : (salon.resources.get(staffer)?.name ?? `#${String(staffer)}`);
}

function hidden(salon: Salon, visit: Visit, deed: string): Html {
  return html`<input type="hidden" name="deed" value="${deed}" /><input
      type="hidden"
      name="salon"
      value="${salon.business.id}"
    /><input type="hidden" name="visit" value="${visit.id}" />`;
}

function renderSteps(salon: Salon, visit: Visit): Html | null {
  const steps = stepsFrom(visit.status).filter((step) => visit.type !== 'R' || step === 'cancel');
  if (steps.length === 0) return null;
  return html`<form data-form>
    ${hidden(salon, visit, 'step')} ${REFUSAL}
    <footer class="steps">
      ${steps.map(
        (name) =>
          html`<button
            type="submit"
            name="step"
            value="${name}"
            class="${name === 'cancel' || name === 'decline' ? 'danger' : ''}"
          >
            ${visit.type === 'R' ? 'Free the time' : STEP_WORDS[name].button}
          </button>`,
      )}
    </footer>
  </form>`;
}

function renderMove(salon: Salon, visit: Visit): Html {
  const { from } = spanOf(visit);
  const local = formatLocal(from);
  const several = visit.parts.length > 1;
  return html`<form data-form>
    <h3>Move</h3>
    ${hidden(salon, visit, 'move')}
    <div class="row">
      <label>Day <input type="date" name="date" value="${local.slice(0, 10)}" required /></label>
      <label>Start <input type="time" name="time" value="${local.slice(11)}" step="300" required /></label>
    </div>
    ${visit.parts
      .filter(({ staffer }) => staffer !== null)
      .map(
        (part) =>
          html`<label
            >${several ? `Who: ${part.serviceName ?? 'part'}` : 'Who'}
            <select name="staff-${part.id}">
              ${staffOptions(salon, part.staffer)}
            </select></label
          >`,
      )}
    ${bookAnyway()} ${REFUSAL}
    <footer><button type="submit" class="primary">Move</button></footer>
  </form>`;
}

/** The seats of one session, each a way to its visit. */
export function renderSession(salon: Salon, ids: readonly number[]): Html {
  const visits = ids.flatMap((id) => salon.visits.get(id) ?? []);
  const [part] = visits[0]?.parts ?? [];
  const seats = salon.serviceOf(part?.variant ?? null)?.parallel_clients ?? visits.length;
  const title =
    part === undefined
      ? 'Session'
      : `${part.serviceName ?? 'Session'}, ${clockOf(part.from)}–${clockOf(part.till)}`;
  return html`${sheetHead(title)}
    <p class="hint">${visits.length} of ${seats} seats are taken.</p>
    <ul class="seats">
      ${visits.map(
        (visit) =>
          html`<li>
            <button type="button" data-open="${visit.id}">
              ${visit.name ?? 'Walk-in'} <small>${STATUS_WORDS[visit.status].word}</small>
            </button>
          </li>`,
      )}
    </ul>`;
}
