import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { REFUSED_BODY } from '../../../api/webhooks/receive.ts';
import { apiReference, REFERENCE_FILE } from '../../../scripts/api-reference.ts';
import type { VARIABLES } from '../../../scripts/api-reference/example.ts';
import { SCOPES } from '../../../infra/tokens.ts';
import { startTestApi, type TestApi } from './support/api.ts';
import { SALE_DAY, salesThings } from './support/bookings.ts';
import {
  auditRow,
  calendarRows,
  conflictRow,
  dryRun,
  mappingRow,
  profileRow,
  failureRow,
  quarantineRow,
  ruleRow,
  runRow,
  scheduleRows,
  timeOffRow,
  undoRow,
  webhookRow,
  windowRow,
} from './support/rows.ts';

let api: TestApi;
let page: string;
beforeAll(async () => {
  api = await startTestApi();
  page = await readFile(REFERENCE_FILE, 'utf8');
});
afterAll(() => api.stop());

it('docs/API_REFERENCE.md is what the schemas say; else run `npm run docs:api`', async () => {
  expect(page).toBe(await apiReference(api.document));
});

it('has a place for every link in it, and every endpoint, shape and problem of the document', () => {
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, text]) => text ?? '');
  const anchors = headings.map((text) =>
    text
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replace(/\s/g, '-'),
  );
  const links = [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, link]) => link);
  expect(links.length).toBeGreaterThan(60);
  for (const link of links) expect(anchors).toContain(link);
  expect(new Set(headings).size).toBe(headings.length);
});

interface Example {
  readonly endpoint: string;
  readonly command: string;
}

/** The curl commands of the page, each under its endpoint. */
function examples(): Example[] {
  return [
    ...page.matchAll(
      /^### ((?:GET|POST|PUT|PATCH|DELETE) \S+)\n(?:(?!^###)[\s\S])*?```sh\n(curl [\s\S]*?)\n```/gm,
    ),
  ].map(([, endpoint = '', command = '']) => ({ endpoint, command }));
}

/** Does what the command does, with the variables of a shell in their places. */
function asRequest(command: string, variables: Readonly<Record<string, string>>) {
  const filled = command
    .replace(/\$\(date \+%s\)/g, '1')
    .replace(/\$([A-Z]+)/g, (whole, name: string) => variables[name] ?? whole);
  expect(filled, 'every variable is known').not.toMatch(/\$/);
  const [, method = 'GET', url = ''] = /^curl -sS (?:-X (\w+) )?"([^"]+)"/.exec(filled) ?? [];
  const headers = Object.fromEntries(
    [...filled.matchAll(/-H "([^:"]+): ([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );
  const body = /-d @- <<JSON\n([\s\S]*)\nJSON$/.exec(filled)?.[1];
  return { method, url, headers, ...(body === undefined ? {} : { body }) };
}

it('its examples work', async () => {
  const all = examples();
  expect(all).toHaveLength(api.endpoints.length);
  for (const { endpoint, command } of all) {
    // Each in a salon of its own: one example must not lean on what another has done.
    const business = await api.business();
    const { token } = await api.token(SCOPES, [business]);
    const needsWindow = endpoint.endsWith('/release');
    const needsRunning = /\/(pause|resume|cancel)$/.test(endpoint);
    await mappingRow(api, { businessId: business, externalId: '4711' });
    await ruleRow(api, business);
    const error = needsWindow
      ? await windowRow(api, { businessId: business, affected: 14 })
      : await quarantineRow(api, { businessId: business });
    const sales = await salesThings(api, business, token);
    const calendars = await calendarRows(api, business);
    if (endpoint.startsWith('DELETE') && endpoint.endsWith('/hours/week'))
      await scheduleRows(api, business, SALE_DAY);
    const operation = needsRunning
      ? await runRow(api, { businessId: business, status: 'running' })
      : await dryRun(api, { businessId: business, version: 12 });
    const values: Record<keyof typeof VARIABLES, string> = {
      BUSINESS: business,
      OPERATION: operation,
      ENTRY: await auditRow(api, business, operation),
      // What is done is confirmed once more without effect: without a worker nothing is planned here.
      UNDO: await undoRow(api, business, operation, 'done'),
      MAPPING: (await mappingRow(api, { businessId: business })).id,
      CONFLICT: await conflictRow(api, business),
      WEBHOOK: await webhookRow(api, business),
      ERROR: endpoint.endsWith('/skip') ? `record:${await failureRow(api, business)}` : `quarantine:${error}`,
      RECORD: await profileRow(api, business),
      STAFF: sales.staff,
      VARIANT: sales.variant,
      BOOKING: /(complete|no-show)$/.test(endpoint) ? sales.begun : sales.booking,
      HOLD: sales.hold,
      CALENDAR: calendars.calendar,
      FEED: calendars.feed,
      FEEDTOKEN: calendars.feedToken,
      TIMEOFF: await timeOffRow(api, business, sales.staff),
      START: `${SALE_DAY}T10:00`,
      DAY: SALE_DAY,
    };
    const { url, ...request } = asRequest(command, { API: api.url, TOKEN: token, ...values });
    const answer = await fetch(url, request);
    const text = await answer.text();
    // Only who signs gets in there, and no page can show a signature that is good for long.
    if (endpoint.startsWith('POST /api/webhooks/')) {
      expect([answer.status, text]).toEqual([401, REFUSED_BODY]);
      continue;
    }
    expect(answer.status, `${endpoint}\n${command}\n${text}`).toBeLessThan(300);
    expect(Object.hasOwn(request.headers, 'Authorization'), endpoint).toBe(scopeOf(endpoint).startsWith('`'));
  }
  // A salon of its own for each of a hundred examples takes long on a machine that does something else.
}, 240_000);

/** The line of an endpoint that names its scope, without the full stop. */
function scopeOf(endpoint: string): string {
  const start = page.indexOf(`### ${endpoint}\n`);
  return (/^Scope: (.+)\.$/m.exec(page.slice(start))?.[1] ?? '').trim();
}
