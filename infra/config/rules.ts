/**
 * The kinds of value that settings may have. Messages say what is wanted and never quote what came.
 */
import { z } from 'zod';

/** Hosts that plain http may be spoken to: this machine, and the one-word names of a container network. */
function isLocalHost(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname === '[::1]' ||
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

export const postgresUrl = z.string().refine((value) => {
  const url = parseUrl(value);
  return url !== null && /^postgres(ql)?:$/.test(url.protocol) && url.pathname.length > 1;
}, 'must be a postgresql:// address with a database name');

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
