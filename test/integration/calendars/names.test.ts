import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createFeedFetcher,
  type FeedFetcher,
  type FetchWorld,
  type Resolve,
} from '../../../infra/calendars/fetch.ts';
import { selfSignedCertificate } from '../../support/certificate.ts';
import { startFeedServer, type FeedServer } from './support/feed-server.ts';

/**
 * TRUST §2 (ASVS 1.3.6, 12.3.2, 13.2.5), over real TLS: what a name resolves to is judged when it is connected to, and it is that address which is
 * connected to. Only what the resolver says is made up.
 */

const HOST = 'calendar.example';
const OTHER = 'elsewhere.example';
const NEW = { etag: null, lastModified: null };
const MAX = 200_000;
const certificate = selfSignedCertificate([HOST, OTHER]);

let server: FeedServer;
/** On another address of this machine, at the same port: whoever connects there went astray. */
let stranger: FeedServer;
/** What each name resolves to, answer by answer; the last one stays. */
let world: Readonly<Record<string, readonly (readonly string[])[]>> = {};
let asked: string[] = [];
const fetchers: FeedFetcher[] = [];

const resolve: Resolve = (hostname, _options, done) => {
  const answers = world[hostname];
  const turn = asked.filter((name) => name === hostname).length;
  asked.push(hostname);
  const addresses = answers?.[Math.min(turn, answers.length - 1)];
  if (addresses === undefined)
    done(Object.assign(new Error(`ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }), []);
  else
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
};
function fetcher(allowLoopback: boolean, world: FetchWorld = { ca: certificate.cert }): FeedFetcher {
  const made = createFeedFetcher({ allowLoopback, maxBytes: MAX }, { resolve, ...world });
  fetchers.push(made);
  return made;
}
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'answered',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );
const address = (host = HOST, path = '/a.ics') => `https://${host}:${String(server.port)}${path}`;

beforeAll(async () => {
  server = await startFeedServer({ tls: certificate });
  stranger = await startFeedServer({ tls: certificate, address: '127.0.0.2', port: server.port });
});
afterAll(async () => {
  await Promise.all([server.stop(), stranger.stop(), ...fetchers.map((each) => each.close())]);
});
beforeEach(() => {
  world = {};
  asked = [];
  server.feed('BEGIN:VCALENDAR');
  stranger.feed('STRANGER');
});

describe('a name', () => {
  it('that resolves is fetched over TLS, and its certificate is checked against that name', async () => {
    world = { [HOST]: [['127.0.0.1']], 'unknown.example': [['127.0.0.1']] };
    expect(await fetcher(true).fetch(address(), NEW)).toMatchObject({ text: 'BEGIN:VCALENDAR' });
    expect(await codeOf(fetcher(true).fetch(address('unknown.example'), NEW))).toBe('calendar_unreachable');
    expect(await codeOf(fetcher(true, {}).fetch(address(), NEW))).toBe('calendar_unreachable');
    expect(await codeOf(fetcher(true).fetch('https://nowhere.example/', NEW))).toBe('calendar_unreachable');
  });

  it.each([
    ['this machine', '127.0.0.1'],
    ['this machine, IPv6', '::1'],
    ['this machine, IPv4 within IPv6', '::ffff:127.0.0.1'],
    ['any address', '0.0.0.0'],
    ['a private network', '10.1.2.3'],
    ['a private network', '172.16.0.1'],
    ['a private network', '192.168.1.1'],
    ['a private network, IPv6', 'fd00:ec2::254'],
    ['a link', '169.254.1.1'],
    ['a link, IPv6', 'fe80::1'],
    ['a cloud’s metadata', '169.254.169.254'],
    ['another cloud’s metadata', '100.100.100.200'],
    ['a private network through NAT64', '64:ff9b::a00:1'],
    ['a private network through 6to4', '2002:a00:1::'],
    ['a group', '224.0.0.1'],
    ['everybody', '255.255.255.255'],
  ])('that leads to %s (%s) is refused, and nobody is connected to', async (_what, inside) => {
    const before = server.connections() + stranger.connections();
    world = { [HOST]: [[inside]] };
    expect(await codeOf(fetcher(false).fetch(address(), NEW))).toBe('calendar_address_refused');
    expect(asked).toEqual([HOST]);
    expect(server.connections() + stranger.connections()).toBe(before);
  });

  it('with one address inside among others is refused whole', async () => {
    world = { [HOST]: [['127.0.0.1', '10.0.0.1']] };
    const before = server.connections();
    expect(await codeOf(fetcher(true).fetch(address(), NEW))).toBe('calendar_address_refused');
    expect(server.connections()).toBe(before);
  });

  it('that resolves otherwise the second time (rebinding): the address that was judged is the one connected to', async () => {
    world = { [HOST]: [['127.0.0.1'], ['127.0.0.2'], ['10.0.0.1']] };
    const astray = stranger.connections();
    const rebound = fetcher(true);
    expect(await rebound.fetch(address(), NEW)).toMatchObject({ text: 'BEGIN:VCALENDAR' });
    expect(asked).toEqual([HOST]);
    expect(stranger.connections()).toBe(astray);
    // A new connection is judged anew, by what the name says then.
    expect(await fetcher(true).fetch(address(), NEW)).toMatchObject({ text: 'STRANGER' });
    expect(await codeOf(fetcher(true).fetch(address(), NEW))).toBe('calendar_address_refused');
  });

  it('that a redirect leads to is not even asked for', async () => {
    world = { [HOST]: [['127.0.0.1']], [OTHER]: [['127.0.0.1']] };
    for (const location of [address(OTHER), `http://${OTHER}/a.ics`]) {
      asked = [];
      server.serve((_request, response) => response.writeHead(302, { location }).end());
      expect(await codeOf(fetcher(true).fetch(address(), NEW))).toBe('calendar_redirects');
      expect(asked).toEqual([HOST]);
    }
  });
});
