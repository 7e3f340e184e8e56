import pg from 'pg';
import { ok, skipped, warn, type Finding } from './finding.ts';

const TIMEOUT_MS = 5_000;

/**
 * Can a webhook be proven to be Booksy's? Without secret and token every one is refused, and what happens there is seen by
 * the next sweep only.
 * @param given the environment as it was given
 * @param env the same, filled with what the `up` beside it uses
 */
export async function checkWebhooks(given: NodeJS.ProcessEnv, env: NodeJS.ProcessEnv): Promise<Finding> {
  if (given['BOOKSY_CAP_WEBHOOKS']?.trim() === 'false')
    return skipped('webhooks', 'off (BOOKSY_CAP_WEBHOOKS): sweeps find what changes at Booksy');
  const names = ['BOOKSY_WEBHOOK_SECRET', 'BOOKSY_WEBHOOK_TOKEN'].filter((name) => given[name]?.trim());
  if (names.length > 0) return ok('webhooks', `proven by ${names.join(' and ')}`);
  if (!given['BOOKSY_BASE_URL']?.trim()) return ok('webhooks', 'booksy up makes a secret for its simulator');
  const { connected, secured } = await countSecured(env['DATABASE_URL']);
  if (connected > 0 && secured === connected)
    return ok('webhooks', `each of the ${connected} businesses has a secret of its own`);
  const some = secured === 0 ? '' : ` ${secured} of ${connected} businesses have their own.`;
  return warn(
    'webhooks',
    `they are on and no secret is set for all: such webhooks are refused.${some}`,
    'Set BOOKSY_WEBHOOK_SECRET (or BOOKSY_WEBHOOK_TOKEN), or give each business its own: booksy webhooks secret set. Where Booksy sends you none, set BOOKSY_CAP_WEBHOOKS=false.',
  );
}

/** Connected businesses, and those of them that have a secret; nothing where the database does not answer. */
async function countSecured(url: string | undefined): Promise<{ connected: number; secured: number }> {
  const nothing = { connected: 0, secured: 0 };
  if (!url) return nothing;
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: TIMEOUT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ connected: number; secured: number }>(
      `SELECT count(*)::int AS connected,
              count(*) FILTER (WHERE EXISTS (
                SELECT 1 FROM integration_secrets s
                 WHERE s.account_key = 'business:' || b.id::text AND s.name LIKE 'webhook\\_%'
                   AND (s.expires_at IS NULL OR s.expires_at > now())))::int AS secured
         FROM businesses b WHERE b.booksy_business_id IS NOT NULL`,
    );
    return rows[0] ?? nothing;
  } catch {
    // Other findings tell that the database does not answer, or lacks its tables.
    return nothing;
  } finally {
    await client.end().catch(() => undefined);
  }
}
