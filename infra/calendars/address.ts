import ipaddr from 'ipaddr.js';

/** Why a feed could not be fetched. Codes are stable; no text here holds an address. */
export const FETCH_PROBLEMS = {
  calendar_address_malformed: {
    what: 'The address is no address of a calendar.',
    next: 'Copy the iCal address of the calendar anew: it begins with https:// or webcal://.',
  },
  calendar_address_refused: {
    what: 'The address leads into a network of our own, or is not encrypted.',
    next: 'Use a public https address without user, password or fragment.',
  },
  calendar_unreachable: {
    what: 'Nobody answers at the address.',
    next: 'It is tried again by itself. If it stays so, see whether the calendar is still shared.',
  },
  calendar_timeout: {
    what: 'The calendar did not arrive in time.',
    next: 'It is tried again by itself. If it stays so, share a smaller calendar.',
  },
  calendar_http_status: {
    what: 'The address refused.',
    next: 'See whether the calendar is still shared, and copy its private iCal address anew.',
  },
  calendar_redirects: {
    what: 'The address leads on to another one, which is not followed.',
    next: 'Open it in a browser, and use the https address at which the calendar really is.',
  },
  calendar_encoding: {
    what: 'The calendar came in an encoding that was not asked for.',
    next: 'Tell whoever serves the calendar.',
  },
} as const;
export type FetchProblem = keyof typeof FETCH_PROBLEMS;

/** Thrown where a feed cannot be fetched. Holds nothing of its address. */
export class FeedError extends Error {
  readonly code: FetchProblem | 'calendar_too_large';
  /** Of `calendar_http_status`. */
  readonly status: number | null;

  constructor(code: FeedError['code'], status: number | null = null) {
    super(code);
    this.name = 'FeedError';
    this.code = code;
    this.status = status;
  }
}

export interface AddressRules {
  /** Tests and the simulator: this machine, and plain http to it. */
  readonly allowLoopback: boolean;
}

/**
 * The address of a feed, checked as far as its text goes; `webcal:` means https. Names are checked where they are resolved.
 *
 * @throws FeedError `calendar_address_malformed`, `calendar_address_refused`
 */
export function feedAddress(text: string, rules: AddressRules): URL {
  const https = text.trim().replace(/^webcals?:\/\//i, 'https://');
  if (https.length > 2000 || !URL.canParse(https)) throw new FeedError('calendar_address_malformed');
  const url = new URL(https);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new FeedError('calendar_address_malformed');
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw new FeedError('calendar_address_refused');
  const host = hostOf(url);
  const literal = ipaddr.isValid(host);
  const here = rules.allowLoopback && (literal ? isLoopback(host) : host === 'localhost');
  if (url.protocol === 'http:' && !here) throw new FeedError('calendar_address_refused');
  // Node connects to a literal without resolving it: it is judged here.
  if (literal && !isAllowedAddress(host, rules)) throw new FeedError('calendar_address_refused');
  // Names of a network of one's own: no dot, or an ending that no public name has.
  const inner =
    !literal && (!host.includes('.') || /\.(localhost|local|internal|home\.arpa|lan)\.?$/i.test(host));
  if (inner && !here) throw new FeedError('calendar_address_refused');
  return url;
}

/** Host without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** Whether a resolved address is one of the public network: nothing else is ever connected to. */
export function isAllowedAddress(address: string, { allowLoopback }: AddressRules): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (allowLoopback && parsed.range() === 'loopback') return true;
  if (parsed.range() !== 'unicast') return false;
  // Of IPv6 only 2000::/3 is given out; `::7f00:1` and the like mean IPv4 addresses.
  return parsed.kind() === 'ipv4' || (parsed.toByteArray()[0] ?? 0) >> 5 === 1;
}

function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}
