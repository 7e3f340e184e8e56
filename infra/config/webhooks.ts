/** Settings of the webhook intake: how a sender proves that it is Booksy. */
import { describe } from './notes.ts';
import { secretList, unguessableList } from './rules.ts';

const GROUP = 'Booksy: webhooks';

export const webhookSettings = {
  BOOKSY_WEBHOOK_SECRET: describe(
    'BOOKSY_WEBHOOK_SECRET',
    secretList.optional(),
    GROUP,
    'Secret that signs webhooks to /api/webhooks/booksy (Standard Webhooks: whsec_ + base64, or any text of 16 characters or more). During a rotation several, separated by commas, the newest first. One salon may have its own: `booksy webhooks secret set`.',
    'whsec_c2VjcmV0LW9mLXRoZS1leGFtcGxlLTMyLWJ5dGU=',
    true,
  ),
  BOOKSY_WEBHOOK_TOKEN: describe(
    'BOOKSY_WEBHOOK_TOKEN',
    unguessableList.optional(),
    GROUP,
    'For a sender that cannot sign: an unguessable word as the last part of the address, /api/webhooks/booksy/<token>: `openssl rand -hex 32`. Several as above. With neither of the two every webhook is refused.',
    '6f1f3a2b9d103f6d3c0e6c1b4c399a0f',
    true,
  ),
};
