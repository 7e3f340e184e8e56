/**
 * The kinds of value that settings may have. Messages say what is wanted and never quote what came.
 */
import { z } from 'zod';

/** Hosts that plain http may be spoken to: this machine, and the one-word names of a container network. */
function isLocalHost(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname === '[::1]' ||
    hostname === 'host.docker.internal' ||
    /^127(\.\d{1,3}){3}$/.test(hostname) ||
    !/[.:]/.test(hostname)
  );
}

function parseUrl(value: string): URL | null {
  try {
    return new URL(value);
  } catch {
    return null;
  }
}

/** A database: verified TLS, except on this machine and in a container network. */
export const postgresUrl = z
  .string()
  .refine((value) => {
    const url = parseUrl(value);
    return url !== null && /^postgres(ql)?:$/.test(url.protocol) && url.pathname.length > 1;
  }, 'must be a postgresql:// address with a database name')
  .refine((value) => {
    const url = parseUrl(value);
    if (url === null) return true;
    const host = url.searchParams.get('host') ?? url.hostname;
    return host === '' || host.startsWith('/') || isLocalHost(host) || verifiesTls(url.searchParams);
  }, 'must say sslmode=verify-full, because the server is not on this machine');

/** Would the driver refuse a server whose certificate it cannot verify? */
function verifiesTls(params: URLSearchParams): boolean {
  const mode = params.get('sslmode');
  if (params.get('uselibpqcompat') === 'true') {
    return mode === 'verify-full' || (mode === 'verify-ca' && params.has('sslrootcert'));
  }
  if (mode !== null) return ['prefer', 'require', 'verify-ca', 'verify-full'].includes(mode);
  return ['true', '1'].includes(params.get('ssl') ?? '') || params.get('sslnegotiation') === 'direct';
}

/**
 * Does the address lead to a pooler that lends a connection for one transaction only? There is no LISTEN, no advisory
 * lock of a session and no migration through one.
 */
export function isTransactionPooler(value: string): boolean {
  const url = parseUrl(value);
  if (url === null) return false;
  const supabase = /\.supabase\.(com|co)$/.test(url.hostname) && url.port === '6543';
  return supabase || url.searchParams.get('pgbouncer') === 'true';
}

/** Do two addresses name the same database of the same server, as far as the text tells? */
export function isSameDatabase(one: string, other: string): boolean {
  const place = (value: string) => {
    const url = parseUrl(value);
    return url === null ? value : `${url.hostname}:${url.port || '5432'}${url.pathname}`;
  };
  return place(one) === place(other);
}

/** Redis: TLS (`rediss://`), except on this machine and in a container network. */
export const redisUrl = z
  .string()
  .refine((value) => {
    const url = parseUrl(value);
    return url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '';
  }, 'must be a redis:// or rediss:// address')
  .refine((value) => {
    const url = parseUrl(value);
    return url === null || url.protocol === 'rediss:' || isLocalHost(url.hostname);
  }, 'must begin with rediss://, because the server is not on this machine')
  .refine(
    (value) => /^\/?\d{0,4}$/.test(parseUrl(value)?.pathname ?? ''),
    'must end in the number of a database, or in none',
  );

export const webUrl = z.string().refine((value) => {
  const url = parseUrl(value);
  return url !== null && /^https?:$/.test(url.protocol);
}, 'must be an http(s) address');

/** An address credentials travel to: verified TLS, except on this machine. */
export const remoteUrl = webUrl.refine((value) => {
  const url = parseUrl(value);
  if (url === null) return true;
  const encrypted = url.protocol === 'https:' || isLocalHost(url.hostname);
  return encrypted && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}, 'must be https (plain http only on this machine), without user, query or fragment');

export function integer(min: number, max: number) {
  return z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);
}

export const flag = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true');

export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, `must be one of ${values.join(', ')}`);
}

export const word = z
  .string()
  .regex(/^[\w.:-]{1,100}$/, 'must be 1–100 letters, digits, dots, dashes, colons or underscores');

export const hostAndPort = z.string().regex(/^(\[[\da-f:]+\]|[\w.-]+):\d{1,5}$/i, 'must be host:port');

export const key32 = z
  .string()
  .refine(
    (value) => /^[A-Za-z\d+/]{43}=$/.test(value) && Buffer.from(value, 'base64').length === 32,
    'must be 32 bytes in base64',
  )
  .transform((value) => Buffer.from(value, 'base64'));

export const originList = z
  .string()
  .transform((value) => value.split(',').map((origin) => origin.trim()))
  .refine(
    (origins) => origins.every((origin) => parseUrl(origin)?.origin === origin),
    'must be a list of exact origins, separated by commas',
  );

export const pem = z
  .string()
  .transform((value) => value.replaceAll('\\n', '\n'))
  .refine(
    (value) => /^-----BEGIN (RSA )?PRIVATE KEY-----[\s\S]+-----END (RSA )?PRIVATE KEY-----\s*$/.test(value),
    'must be an RSA private key in PEM',
  );

export const text = z.string().min(1).max(500);

/** Words separated by commas, blanks around them left out. */
function listOf(every: RegExp, problem: string) {
  return z
    .string()
    .max(4000)
    .transform((value) => value.split(',').map((one) => one.trim()))
    .refine((values) => values.every((one) => every.test(one)), problem);
}

/** Secrets that sign: `whsec_` + base64 of 16 bytes or more, or any text of 16 characters or more. */
export const secretList = listOf(
  /^(whsec_([A-Za-z\d+/]{4}){5,}([A-Za-z\d+/]{4}|[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)|(?!whsec_)[\x21-\x7e]{16,500})$/,
  'must be one or more secrets of 16 characters or more, separated by commas; what begins with whsec_ goes on in base64',
);

/** Words that are the secret themselves, in an address. */
export const unguessableList = listOf(
  /^[\w-]{22,200}$/,
  'must be one or more words of 22 to 200 letters, digits, dashes and underscores, separated by commas',
);
