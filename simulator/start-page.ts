import type { Wire } from './http/io.ts';

const LINKS = [
  ['/_control/state', 'What there is', 'salons, clock and settings'],
  ['/_control/visits?limit=50', 'Visits', 'the first fifty, as the salon sees them'],
  ['/_control/counters', 'Counters', 'calls by route, created objects, refused calls'],
  ['/_control/faults', 'Faults', 'what is armed, and how often it hit'],
  ['/_control/openapi.json', 'Control surface', 'OpenAPI document of everything below /_control/'],
] as const;

/** What a person sees who opens the sandbox in a browser. Holds nothing of the salons. */
export function startPage(): Wire {
  const items = LINKS.map(([href, name, what]) => `<li><a href="${href}">${name}</a>: ${what}</li>`).join('');
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Booksy simulator</title>
<body style="font:16px/1.6 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem">
<h1>Booksy simulator</h1>
<p>A sandbox of the partner API with a made-up salon. The API itself is below <code>/public-api/pl/</code> and wants a token.</p>
<ul>${items}</ul></body></html>`;
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}
