import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { feedAddress, isAllowedAddress } from '../../../infra/calendars/address.ts';
import { createFeedFetcher } from '../../../infra/calendars/fetch.ts';
import { startFeedServer, type FeedServer } from './support/feed-server.ts';

/** TRUST §2 (ASVS 1.3.6, 13.2.5): an address that a user sets never leads inside, and never brings more than is read. */

let server: FeedServer;
const MAX = 200_000;
const lax = createFeedFetcher({ allowLoopback: true, maxBytes: MAX });
const strict = createFeedFetcher({ allowLoopback: false, maxBytes: MAX });
const NEW = { etag: null, lastModified: null };

beforeAll(async () => {
  server = await startFeedServer();
});
afterAll(async () => {
  await Promise.all([server.stop(), lax.close(), strict.close()]);
});

const refusal = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'answered',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );

describe('addresses', () => {
  it.each([
    'http://calendar.example/a.ics',
    'https://127.0.0.1/a.ics',
    'https://2130706433/a.ics',
    'https://0x7f.1/a.ics',
    'https://0177.0.0.1/a.ics',
    'https://[::1]/a.ics',
    'https://[::ffff:10.0.0.1]/a.ics',
    'https://[::7f00:1]/a.ics',
    'https://[64:ff9b::a00:1]/a.ics',
    'https://[fd00::1]/a.ics',
    'https://10.1.2.3/',
    'https://172.16.0.1/',
    'https://192.168.1.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://100.64.0.1/',
    'https://224.0.0.1/',
    'https://0.0.0.0/',
    'https://localhost/',
    'https://metadata.google.internal/',
    'https://intranet/',
    'https://printer.local/',
    'https://user:pass@calendar.example/a.ics',
    'webcal://127.0.0.1/a.ics',
  ])('%s is refused', (address) => {
    expect(() => feedAddress(address, { allowLoopback: false })).toThrow('calendar_address_refused');
  });

  it.each(['', 'calendar', 'ftp://calendar.example/a.ics', 'file:///etc/passwd', 'https://'])(
    '“%s” is no address',
    (address) => {
      expect(() => feedAddress(address, { allowLoopback: false })).toThrow('calendar_address_malformed');
    },
  );

  it('webcal means https', () => {
    expect(feedAddress('webcal://calendar.example/a.ics', { allowLoopback: false }).href).toBe(
      'https://calendar.example/a.ics',
    );
  });

  it('the setting for tests opens this machine and nothing else', () => {
    expect(isAllowedAddress('127.0.0.1', { allowLoopback: true })).toBe(true);
    expect(isAllowedAddress('::1', { allowLoopback: true })).toBe(true);
    for (const address of ['10.0.0.1', '169.254.169.254', '::ffff:192.168.0.1', 'fe80::1', 'nonsense'])
      expect(isAllowedAddress(address, { allowLoopback: true })).toBe(false);
    expect(() => feedAddress('http://10.0.0.1/', { allowLoopback: true })).toThrow('refused');
  });

  it('a name that resolves to this machine is refused where it is connected, and nobody was asked', async () => {
    // `localhost` is refused by its name already; a trailing word makes the resolver answer for it.
    const port = new URL(server.url).port;
    const before = server.requests.length;
    const names = [`https://foo.localhost:${port}/`, `https://localhost.:${port}/`];
    for (const name of names) expect(await refusal(strict.fetch(name, NEW))).toMatch(/refused|unreachable/);
    expect(server.requests.length).toBe(before);
  });
});

describe('answers', () => {
  it('is conditional: sends the validators back, and takes 304 for as before', async () => {
    server.feed('BEGIN:VCALENDAR', '"v1"');
    const first = await lax.fetch(`${server.url}/a`, NEW);
    expect(first).toMatchObject({ kind: 'content', text: 'BEGIN:VCALENDAR', etag: '"v1"' });
    expect(
      await lax.fetch(`${server.url}/a`, { etag: '"v1"', lastModified: 'Mon, 01 Jun 2026 00:00:00 GMT' }),
    ).toEqual({
      kind: 'unchanged',
    });
    expect(server.requests.at(-1)?.headers['if-modified-since']).toBe('Mon, 01 Jun 2026 00:00:00 GMT');
  });

  it('ASVS 1.3.6, 13.2.5: follows no redirect, wherever it leads', async () => {
    for (const location of [
      '/elsewhere',
      'http://10.0.0.1/',
      'https://169.254.169.254/',
      'https://[::ffff:127.0.0.1]:1/',
      'file:///etc/passwd',
    ]) {
      for (const status of [301, 302, 303, 307, 308]) {
        const before = server.requests.length;
        server.serve((_request, response) => void response.writeHead(status, { location }).end());
        expect(await refusal(lax.fetch(server.url, NEW)), location).toBe('calendar_redirects');
        expect(server.requests.length).toBe(before + 1);
      }
    }
  });

  it('50 MB are refused while they arrive, announced or not', async () => {
    let sent = 0;
    let closed = false;
    server.serve((_request, response) => {
      response.on('close', () => (closed = true));
      response.writeHead(200);
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const more = () => {
        while (sent < 50 * 1024 * 1024 && !response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    expect(await refusal(lax.fetch(server.url, NEW))).toBe('calendar_too_large');
    expect(sent).toBeLessThan(10 * 1024 * 1024);
    await expect.poll(() => closed).toBe(true);
    server.serve((_request, response) => {
      response.writeHead(200, { 'content-length': String(50 * 1024 * 1024) });
      response.flushHeaders();
    });
    expect(await refusal(lax.fetch(server.url, NEW))).toBe('calendar_too_large');
  });

  it('refuses what is packed: nothing grows while it is read', async () => {
    server.serve(
      (_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
    );
    expect(await refusal(lax.fetch(server.url, NEW))).toBe('calendar_encoding');
  });

  it('says what an answer was, and never its address', async () => {
    server.serve((_request, response) => void response.writeHead(403).end('secret-body'));
    const error: unknown = await lax
      .fetch(`${server.url}/secret-path`, NEW)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'calendar_http_status', status: 403 });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/secret|127\.0\.0\.1/);
    await server.stop();
    expect(await refusal(lax.fetch(server.url, NEW))).toBe('calendar_unreachable');
    server = await startFeedServer();
  });
});
