import type { Delivery } from '../deliveries.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Salon } from '../state/salon.ts';
import { localMinuteOf } from '../zone.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { clockOf } from './words.ts';

const SHOWN = 12;

/** What is told to whom, the newest first: a person sees at once whether a change got through. */
export function renderStrip(sandbox: Sandbox, salon: Salon): Html {
  const { settings } = sandbox.store;
  const id = salon.business.id;
  const targets = settings.webhooks.targets.filter((target) => target.salon === null || target.salon === id);
  const newest = sandbox.webhooks.deliveries.newest(id, SHOWN);
  return html`<section class="strip" id="strip" aria-label="Webhooks">
    <h2>
      Webhooks
      <small
        >${headline(
          settings.flags.webhooks,
          targets.map(({ url }) => url),
          sandbox.clock.skewMs(),
        )}</small
      >
    </h2>
    ${
      newest.length === 0
        ? html`<p>Nothing was sent yet. Make or move a visit, and see here whether it was delivered.</p>`
        : html`<ol>
            ${newest.map((delivery) => renderDelivery(delivery, salon))}
          </ol>`
    }
  </section>`;
}

function headline(on: boolean, urls: readonly string[], skewMs: number): string {
  if (!on) return 'switched off (flag “webhooks”)';
  if (urls.length === 0)
    return 'nobody listens: no address is set (POST /_control/settings, webhooks.targets)';
  const skew = skewMs === 0 ? '' : ', with a clock that is told wrongly';
  return `to ${urls.map((url) => new URL(url).host).join(', ')}${skew}`;
}

const MARKS = { waiting: '…', delivered: '✓', retrying: '↻', given_up: '✕', dropped: '⊘' } as const;

function renderDelivery(delivery: Delivery, salon: Salon): Html {
  const at = clockOf(localMinuteOf(delivery.toldMs, salon.business.timezone));
  return html`<li
    class="d-${delivery.state}"
    data-state="${delivery.state}"
    data-appointment="${delivery.appointment}"
  >
    <span class="mark" aria-hidden="true">${MARKS[delivery.state]}</span>
    <b>${delivery.action.toLowerCase()}</b> ${delivery.appointment} <time>${at}</time>
    <span class="how">${stateText(delivery, salon)}</span>
  </li>`;
}

function stateText({ state, outcome, tries, nextTryMs }: Delivery, salon: Salon): string {
  const answer = outcome === null ? '' : /^\d+$/.test(outcome) ? `answer ${outcome}` : outcome;
  switch (state) {
    case 'waiting':
      return 'on its way';
    case 'delivered':
      return tries > 1 ? `delivered at try ${String(tries)}` : 'delivered';
    case 'retrying': {
      const next = nextTryMs === null ? '' : clockOf(localMinuteOf(nextTryMs, salon.business.timezone));
      return `${answer}: again at ${next}`;
    }
    case 'given_up':
      return `${answer}: given up after ${String(tries)} tries`;
    case 'dropped':
      return 'dropped by a fault';
  }
}
