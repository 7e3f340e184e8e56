import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { CliError } from '../output.ts';

/** Where the API takes webhooks. */
const INTAKE = '/api/webhooks/booksy';

/** The secret with which the sandbox signs: the first of those that are set, else one that is made for this run. */
export function webhookSecret(env: NodeJS.ProcessEnv): string {
  const given = env['BOOKSY_WEBHOOK_SECRET']?.split(',')[0]?.trim();
  return given || `whsec_${randomBytes(32).toString('base64')}`;
}

const settings = z.looseObject({
  webhooks: z.looseObject({
    targets: z.array(z.object({ url: z.string(), salon: z.number().nullable() })),
  }),
});

/**
 * Tells the sandbox to send its webhooks to our API. Targets of earlier runs give way; those that a person set stay.
 * @throws CliError where the sandbox does not take it
 */
export async function sendWebhooksTo(simulator: string, api: string, secret: string): Promise<void> {
  const address = `${simulator}/_control/settings`;
  const before = settings.parse(await (await fetch(address, timed())).json());
  const others = before.webhooks.targets.filter(({ url }) => new URL(url).pathname !== INTAKE);
  const response = await fetch(address, {
    ...timed(),
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      webhooks: {
        targets: [...others, { url: `${api}${INTAKE}`, salon: null }],
        signing: 'standard',
        secrets: [secret],
      },
    }),
  });
  if (response.ok) return;
  throw new CliError(
    'part_not_ready',
    `The simulator did not take the address of the webhooks (status ${response.status}).`,
    'Report this.',
  );
}

function timed(): RequestInit {
  return { signal: AbortSignal.timeout(10_000) };
}
