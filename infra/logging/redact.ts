/**
 * What never reaches a log line: secrets and personal values. Two nets. The first goes by field name, at any depth;
 * the second looks at the finished line for the shapes of tokens, e-mail addresses, phone numbers and credentials in
 * addresses, because text composed by libraries knows no field names.
 */

export const REDACTED = '[redacted]';

/** Field names, folded by {@link fold}, whose values are secret or personal whatever they hold. */
const SENSITIVE = new Set(
  `authorization proxyauthorization cookie setcookie password passphrase secret token apikey apisecret privatekey
  encryptionkey accesstoken refreshtoken clientsecret idtoken bearer jwt credentials connectionstring databaseurl
  directurl adminurl body rawbody
  givenname familyname firstname lastname fullname displayname clientname customername staffname personname
  email clientemail customeremail emails phone clientphone customerphone cellphone phonee164 phones mobile
  birthday birthdate dateofbirth allergens addressline1 addressline2 apartmentnumber street postcode
  zipcode latitude longitude note notes clientnote customernote businessnote businesssecretnote
  ip ipaddress remoteaddress useragent xforwardedfor`.split(/\s+/),
);

/** Names that end like this are secret too: webhookSecret, adminToken, signingPrivateKey. */
const SENSITIVE_END = /(password|secret|token|apikey|privatekey|encryptionkey|credentials)$/;

function fold(name: string): string {
  return name.toLowerCase().replace(/[_\-\s]/g, '');
}

/** True where a value under this field name must not be logged. */
export function isSensitiveName(name: string): boolean {
  const folded = fold(name);
  return SENSITIVE.has(folded) || SENSITIVE_END.test(folded);
}

const MAX_DEPTH = 12;
const MAX_ITEMS = 200;

/** A copy in which every value under a sensitive name is replaced, and every error is described by {@link describeError}. */
export function redactFields(value: unknown, depth = 0): unknown {
  if (typeof value === 'string' || value === null || typeof value !== 'object') {
    return typeof value === 'bigint' ? value.toString() : value;
  }
  if (depth > MAX_DEPTH) return '[too deep]';
  if (value instanceof Error) return describeError(value, depth);
  if (value instanceof Date || value instanceof URL) return value.toJSON();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redactFields(item, depth + 1));
  if (value instanceof Map || value instanceof Set) return `[${value.size} entries]`;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      isSensitiveName(name) && item !== null && item !== undefined ? REDACTED : redactFields(item, depth + 1),
    ]),
  );
}

export interface DescribedError {
  readonly type: string;
  readonly code?: string | number;
  readonly message: string;
  /** Where it came from: frames only, never the message that V8 repeats in front of them. */
  readonly at?: readonly string[];
  readonly cause?: unknown;
}

/**
 * An error as it may be logged: type, code, message and the place it came from. Other fields (a driver's `detail`,
 * a query's parameters, a response body) are left out because they hold values of rows.
 */
export function describeError(error: Error, depth = 0): DescribedError {
  const code: unknown = 'code' in error ? error.code : undefined;
  const frames = (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 6)
    .map((line) => line.trim());
  return {
    type: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    message: maskText(plainMessage(error)),
    ...(frames.length > 0 ? { at: frames } : {}),
    ...(error.cause instanceof Error && depth < 5 ? { cause: describeError(error.cause, depth + 1) } : {}),
  };
}

/** Prisma repeats the whole call, values and all, in front of its last line. */
function plainMessage(error: Error): string {
  if (!/^Prisma/.test(error.name)) return error.message;
  return error.message.trim().split('\n').at(-1) ?? '';
}

const MASKS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\bbks_[\w-]{8,}/g, 'bks_[redacted]'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, '$1 [redacted]'],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, '[jwt]'],
  [/-----BEGIN [A-Z ]+-----[\s\S]*?-----END [A-Z ]+-----/g, '[key]'],
  [/\b([a-z][a-z\d+.-]{1,20}:\/\/)[^\s/@"]+@/gi, '$1[redacted]@'],
  [/([?&](?:token|key|secret|code|password|signature)=)[^&\s"\\]+/gi, '$1[redacted]'],
  // Bounded, so that a long line without an address costs no more than one pass.
  [/[\p{L}\d._%+-]{1,64}@[\p{L}\d-]{1,63}(?:\.[\p{L}\d-]{1,63})+/gu, '[email]'],
  [/\+\d[\d ()-]{7,18}\d/g, '[phone]'],
  [/(\/webhooks\/booksy\/)[^/\s?"\\]+/g, '$1[redacted]'],
];

/** Replaces whatever looks like a token, a credential, an e-mail address or an international phone number. */
export function maskText(text: string): string {
  return MASKS.reduce((masked, [pattern, replacement]) => masked.replace(pattern, replacement), text);
}

/** `"name":"value"` pairs of a finished JSON line: catches what reached it by a way the walk does not see. */
const PAIR = /"([A-Za-z][\w-]{0,40})":"((?:[^"\\]|\\.)*)"/g;

/** The second net, over a finished line of JSON. Keeps it valid JSON. */
export function maskLine(line: string): string {
  const byName = line.replace(PAIR, (whole: string, name: string) =>
    isSensitiveName(name) ? `"${name}":"${REDACTED}"` : whole,
  );
  return maskText(byName);
}
