/** Settings about the other side: who we are there, how fast we may go, what the account can do. */
import { z } from 'zod';
import { describe } from './notes.ts';
import { flag, integer, oneOf, pem, remoteUrl, text, word } from './rules.ts';

export const AUTH_STRATEGIES = ['client_credentials', 'partner_jwt'] as const;
export const LIST_FILTERS = ['start', 'overlap'] as const;
export const LIST_ORDERS = ['id', 'start', 'start_desc', 'unknown'] as const;
export const LIMIT_SCOPES = ['partner', 'business'] as const;

const WHO = 'Booksy: where and who';
const PACE = 'Booksy: pace';
const CAPABILITIES = 'Booksy: what the account can do (R5)';

export const booksySettings = {
  BOOKSY_BASE_URL: describe(
    'BOOKSY_BASE_URL',
    remoteUrl.transform((value) => (value.endsWith('/') ? value : `${value}/`)),
    WHO,
    'Where the partner API lives, country code twice. Empty: `booksy up` starts the simulator and uses that.',
    'https://pl.booksy.com/public-api/pl/',
  ),
  BOOKSY_AUTH_URL: describe(
    'BOOKSY_AUTH_URL',
    remoteUrl.optional(),
    WHO,
    'Origin that serves /oauth/token. Empty: the origin of BOOKSY_BASE_URL.',
    'https://pl.booksy.com',
  ),
  BOOKSY_AUTH_STRATEGY: describe(
    'BOOKSY_AUTH_STRATEGY',
    oneOf(AUTH_STRATEGIES).prefault('client_credentials'),
    WHO,
    'client_credentials needs BOOKSY_API_KEY and BOOKSY_API_SECRET; partner_jwt needs the three BOOKSY_PARTNER_ values.',
    'client_credentials',
  ),
  BOOKSY_API_KEY: describe('BOOKSY_API_KEY', text.optional(), WHO, 'Client id.', 'your-key', true),
  BOOKSY_API_SECRET: describe(
    'BOOKSY_API_SECRET',
    text.optional(),
    WHO,
    'Client secret.',
    'your-secret',
    true,
  ),
  BOOKSY_PARTNER_NAME: describe(
    'BOOKSY_PARTNER_NAME',
    text.optional(),
    WHO,
    'partner_jwt: name given at onboarding.',
    'my-platform',
  ),
  BOOKSY_PARTNER_UUID: describe(
    'BOOKSY_PARTNER_UUID',
    z.guid('must be a uuid').optional(),
    WHO,
    'partner_jwt: id given at onboarding (claim `aud`).',
    '3f6d3c0e-6c1b-4c39-9a0f-6f1f3a2b9d10',
  ),
  BOOKSY_PARTNER_PRIVATE_KEY: describe(
    'BOOKSY_PARTNER_PRIVATE_KEY',
    pem.optional(),
    WHO,
    'partner_jwt: RSA private key, PEM; line ends may be written as \\n.',
    '"-----BEGIN PRIVATE KEY-----\\nMIIE…\\n-----END PRIVATE KEY-----"',
    true,
  ),
  BOOKSY_ACCOUNT_KEY: describe(
    'BOOKSY_ACCOUNT_KEY',
    word.prefault('default'),
    WHO,
    'Name of the Booksy account: all processes with the same name share one pace and one token (R34).',
    'default',
  ),

  BOOKSY_RATE_LIMIT: describe(
    'BOOKSY_RATE_LIMIT',
    integer(10, 1_000_000).prefault('200'),
    PACE,
    'Calls allowed per window.',
    '200',
  ),
  BOOKSY_RATE_WINDOW_MS: describe(
    'BOOKSY_RATE_WINDOW_MS',
    integer(100, 3_600_000).prefault('60000'),
    PACE,
    'Length of the window in milliseconds.',
    '60000',
  ),
  BOOKSY_TOKEN_RATE_LIMIT: describe(
    'BOOKSY_TOKEN_RATE_LIMIT',
    integer(1, 10_000).prefault('10'),
    PACE,
    'Token calls allowed per window.',
    '10',
  ),
  BOOKSY_TIMEOUT_MS: describe(
    'BOOKSY_TIMEOUT_MS',
    integer(100, 120_000).prefault('15000'),
    PACE,
    'How long one call may take, in milliseconds.',
    '15000',
  ),

  BOOKSY_LIST_ROWS_FULL: describe(
    'BOOKSY_LIST_ROWS_FULL',
    flag.prefault('true'),
    CAPABILITIES,
    'Is a row of the visit list as full as the visit read by id?',
    'true',
  ),
  BOOKSY_LIST_FILTER: describe(
    'BOOKSY_LIST_FILTER',
    oneOf(LIST_FILTERS).prefault('start'),
    CAPABILITIES,
    'Does the visit list filter by start, or by overlap with the window?',
    'start',
  ),
  BOOKSY_LIST_ORDER: describe(
    'BOOKSY_LIST_ORDER',
    oneOf(LIST_ORDERS).prefault('id'),
    CAPABILITIES,
    'Order of the visit list.',
    'id',
  ),
  BOOKSY_CAP_WEBHOOKS: describe(
    'BOOKSY_CAP_WEBHOOKS',
    flag.prefault('true'),
    CAPABILITIES,
    'Does Booksy send webhooks? The engine works without.',
    'true',
  ),
  BOOKSY_CAP_APPOINTMENT_WRITES: describe(
    'BOOKSY_CAP_APPOINTMENT_WRITES',
    flag.prefault('true'),
    CAPABILITIES,
    'May this partner write visits?',
    'true',
  ),
  BOOKSY_CAP_CANCELLED_LISTED: describe(
    'BOOKSY_CAP_CANCELLED_LISTED',
    flag.prefault('true'),
    CAPABILITIES,
    'Are cancelled visits listed?',
    'true',
  ),
  BOOKSY_CAP_CREATE_NOTIFIES: describe(
    'BOOKSY_CAP_CREATE_NOTIFIES',
    flag.prefault('true'),
    CAPABILITIES,
    'Does a create by API notify the client? Keep true until it was tried.',
    'true',
  ),
  BOOKSY_CAP_STATUS_OPTIONAL_IN_PUT: describe(
    'BOOKSY_CAP_STATUS_OPTIONAL_IN_PUT',
    flag.prefault('true'),
    CAPABILITIES,
    'May the status be left out when a visit is changed?',
    'true',
  ),
  BOOKSY_CAP_LIMIT_SCOPE: describe(
    'BOOKSY_CAP_LIMIT_SCOPE',
    oneOf(LIMIT_SCOPES).prefault('partner'),
    CAPABILITIES,
    'Is the limit counted for the partner as a whole, or for each business?',
    'partner',
  ),
};
