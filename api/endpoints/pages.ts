/** The start page, the documentation page and the OpenAPI document. Everything is served from here; nothing from elsewhere. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint, type Endpoint, type Reply } from '../http/endpoint.ts';
import { notFound } from '../http/problem.ts';

const require = createRequire(import.meta.url);

interface Asset {
  readonly file: string | URL;
  readonly contentType: string;
}

const CSS = 'text/css; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
const HTML = 'text/html; charset=utf-8';

const swagger = (file: string) => require.resolve(`swagger-ui-dist/${file}`);
const ours = (file: string) => new URL(`../pages/${file}`, import.meta.url);

/** The only files that are ever read for a request. */
const DOCS_ASSETS: Readonly<Record<string, Asset>> = {
  'swagger-ui.css': { file: swagger('swagger-ui.css'), contentType: CSS },
  'swagger-ui-bundle.js': { file: swagger('swagger-ui-bundle.js'), contentType: SCRIPT },
  'favicon-32x32.png': { file: swagger('favicon-32x32.png'), contentType: 'image/png' },
  'docs-init.js': { file: ours('docs-init.js'), contentType: SCRIPT },
};
const SITE_ASSETS: Readonly<Record<string, Asset>> = {
  'site.css': { file: ours('site.css'), contentType: CSS },
};

const fileParams = (example: string) =>
  z.object({ file: z.string().max(60).meta({ description: 'Name of the file', example }) });

async function serve(assets: Readonly<Record<string, Asset>>, name: string): Promise<Reply> {
  const asset = Object.hasOwn(assets, name) ? assets[name] : undefined;
  if (asset === undefined) throw notFound('This file');
  return {
    status: 200,
    content: await readFile(asset.file),
    contentType: asset.contentType,
    headers: { 'Cache-Control': 'public, max-age=3600' },
  };
}

const DOCS_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Booksy Sync · API</title>
<link rel="icon" href="/api/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/api/docs/assets/swagger-ui.css">
<script src="/api/docs/assets/swagger-ui-bundle.js" defer></script>
<script src="/api/docs/assets/docs-init.js" defer></script>
</head>
<body><div id="docs"></div></body>
</html>
`;

/** Swagger UI writes style attributes; nothing else of the policy is widened, and on this page only. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** @param document the finished OpenAPI document, asked for once all endpoints are known. */
export function pageEndpoints(
  deps: Pick<ApiDeps, 'api' | 'temporal' | 'version'>,
  document: () => unknown,
): Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/',
      tag: 'Pages',
      summary: 'Start page',
      responses: { 200: { description: 'Where to look', contentType: 'text/html' } },
      handler: () => Promise.resolve({ status: 200, content: startPage(deps), contentType: HTML }),
    }),
    defineEndpoint({
      method: 'GET',
      path: '/assets/:file',
      tag: 'Pages',
      summary: 'Files of the start page',
      params: fileParams('site.css'),
      responses: { 200: { description: 'The file', contentType: 'text/css' } },
      problems: ['not_found'],
      handler: ({ params: { file } }) => serve(SITE_ASSETS, file),
    }),
    defineEndpoint({
      method: 'GET',
      path: '/api/openapi.json',
      tag: 'Pages',
      summary: 'This document',
      responses: { 200: { description: 'OpenAPI 3.1', schema: z.record(z.string(), z.unknown()) } },
      handler: () => Promise.resolve({ status: 200, json: document() }),
    }),
    defineEndpoint({
      method: 'GET',
      path: '/api/docs',
      tag: 'Pages',
      summary: 'Documentation page',
      responses: { 200: { description: 'The page', contentType: 'text/html' } },
      handler: () =>
        Promise.resolve({
          status: 200,
          content: DOCS_PAGE,
          contentType: HTML,
          headers: { 'Content-Security-Policy': DOCS_POLICY },
        }),
    }),
    defineEndpoint({
      method: 'GET',
      path: '/api/docs/assets/:file',
      tag: 'Pages',
      summary: 'Files of the documentation page',
      params: fileParams('docs-init.js'),
      responses: { 200: { description: 'The file', contentType: 'application/octet-stream' } },
      problems: ['not_found'],
      handler: ({ params: { file } }) => serve(DOCS_ASSETS, file),
    }),
  ];
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function card(title: string, text: string, href: string | null): string {
  const inside = `<strong>${escape(title)}</strong><span>${escape(text)}</span>`;
  return href === null
    ? `<li><div class="card">${inside}</div></li>`
    : `<li><a class="card" href="${escape(href)}">${inside}</a></li>`;
}

function startPage({ api, temporal, version }: Pick<ApiDeps, 'api' | 'temporal' | 'version'>): string {
  const cards = [
    card('API', 'Every endpoint, with a form to try it', '/api/docs'),
    temporal.uiUrl === null
      ? card('Temporal', 'No Web UI is configured (TEMPORAL_UI_URL)', null)
      : card('Temporal', 'Every run, step by step', temporal.uiUrl),
    api.simulatorUrl === null
      ? card('Simulator', 'Not running: this installation talks to another Booksy', null)
      : card('Simulator', 'The Booksy sandbox with its seeded salon', api.simulatorUrl),
    card('Ready?', 'Database and Temporal answer', '/readyz'),
    card('Alive?', 'This process runs', '/healthz'),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Booksy Sync</title>
<link rel="icon" href="/api/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/assets/site.css">
</head>
<body>
<main>
<h1>Booksy Sync</h1>
<p>Keeps the platform and Booksy in step. The administration needs a token: send it as
<code>Authorization: Bearer …</code>, or enter it on the API page.</p>
<ul>
${cards.join('\n')}
</ul>
<footer>Version ${escape(version)}</footer>
</main>
</body>
</html>
`;
}
