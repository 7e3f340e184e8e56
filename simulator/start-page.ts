import type { Wire } from './http/io.ts';
import { html } from './page/html.ts';
import { PAGE_POLICY } from './page/routes.ts';
import { document } from './page/shell.ts';

const LINKS = [
  [
    '/calendar',
    'The Booksy calendar',
    'a salon’s day or week: make, move and cancel visits as the salon would',
  ],
  ['/_control/state', 'What there is', 'salons, clock and settings'],
  ['/_control/visits?limit=50', 'Visits', 'the first fifty, as the salon sees them'],
  ['/_control/counters', 'Counters', 'calls by route, created objects, refused calls'],
  ['/_control/faults', 'Faults', 'what is armed, and how often it hit'],
  ['/_control/webhooks', 'Webhooks', 'each try, and what was answered'],
  ['/_control/openapi.json', 'Control surface', 'OpenAPI document of everything below /_control/'],
] as const;

/** What a person sees who opens the sandbox in a browser. Holds nothing of the salons. */
export function startPage(): Wire {
  const body = html`<main class="start">
    <h1>Booksy simulator</h1>
    <p>
      A sandbox of the partner API with made-up salons. The API itself is below
      <code>/public-api/pl/</code> and wants a token.
    </p>
    <ul class="cards">
      ${LINKS.map(
        ([href, name, what]) =>
          html`<li>
            <a class="card" href="${href}"><strong>${name}</strong><span>${what}</span></a>
          </li>`,
      )}
    </ul>
  </main>`;
  return {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': PAGE_POLICY },
    body: document('Booksy simulator', body),
  };
}
