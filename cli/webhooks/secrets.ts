import type { Vault } from '../../infra/crypto.ts';
import type { PrismaClient } from '../../infra/database/index.ts';
import type { ListedSecret, WebhookSecretKind } from '../../infra/webhooks/secrets.ts';
import { checkConfigured } from '../configuration.ts';
import { environmentBeside, lookAt } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { table } from '../format.ts';
import { CliError, type Output } from '../output.ts';

/** What `webhooks secret set` was told. */
export type SetOptions = {
  readonly business: string;
  readonly kind: WebhookSecretKind;
  readonly overlap: number;
  /** Read the secret from stdin instead of making one. */
  readonly stdin: boolean;
  readonly data: string;
};

/** Stores a secret of one business; one that was made here is shown this once. */
export async function setSecret(
  { business, kind, overlap, stdin, data }: SetOptions,
  output: Output,
  read: () => Promise<string> = readStdin,
): Promise<ExitCode> {
  const { makeSecret, setWebhookSecret, WebhookSecretError } =
    await import('../../infra/webhooks/secrets.ts');
  const secret = stdin ? await read() : makeSecret(kind);
  const request = { businessId: business, kind, secret, overlapHours: overlap, actor: 'cli' };
  const { secretId, olderUntil } = await withDatabase(data, async ({ prisma, vault }) =>
    setWebhookSecret(prisma, vault, request),
  ).catch((error: unknown) => {
    if (!(error instanceof WebhookSecretError)) throw error;
    throw new CliError(
      error.code,
      error.message,
      error.code === 'business_unknown'
        ? 'booksy sync status --json shows the businesses with their ids.'
        : 'Leave --stdin out: then a good one is made.',
      EXIT.failed,
    );
  });
  const until = olderUntil?.toISOString() ?? null;
  output.result({ ok: true, secretId, kind, olderUntil: until, ...(stdin ? {} : { secret }) }, [
    ...(stdin
      ? ['Stored.']
      : [secret, 'Keep it now: it cannot be shown again. Give it to whoever sends the webhooks.']),
    ...(kind === 'path_token' ? ['The address is /api/webhooks/booksy/ and this word.'] : []),
    until === null
      ? 'It counts within seconds.'
      : `It counts within seconds; those before it hold until ${until}.`,
    `Take it away: booksy webhooks secret remove ${secretId}`,
  ]);
  return EXIT.ok;
}

/** Which secrets hold now; never the secrets. */
export async function listSecrets(
  { business, data }: { readonly business?: string | undefined; readonly data: string },
  output: Output,
): Promise<ExitCode> {
  const { listWebhookSecrets } = await import('../../infra/webhooks/secrets.ts');
  const secrets = await withDatabase(data, ({ prisma }) => listWebhookSecrets(prisma, business));
  output.result({ ok: true, secrets: secrets.map(shownSecret) }, secretLines(secrets));
  return EXIT.ok;
}

/** Ends one. */
export async function removeSecret(secretId: string, data: string, output: Output): Promise<ExitCode> {
  const { removeWebhookSecret } = await import('../../infra/webhooks/secrets.ts');
  if (!(await withDatabase(data, ({ prisma }) => removeWebhookSecret(prisma, secretId, 'cli')))) {
    throw new CliError(
      'not_found',
      `No webhook secret has the id ${secretId}.`,
      'booksy webhooks secret list shows those there are.',
      EXIT.failed,
    );
  }
  output.result({ ok: true, secretId }, [
    'It is taken away; webhooks that it signs are refused within seconds.',
  ]);
  return EXIT.ok;
}

function shownSecret({ secretId, businessId, kind, setAt, until }: ListedSecret) {
  return { secretId, businessId, kind, setAt: setAt.toISOString(), until: until?.toISOString() ?? null };
}

function secretLines(secrets: readonly ListedSecret[]): string[] {
  if (secrets.length === 0)
    return [
      'No business has a webhook secret of its own. Those of all businesses are in BOOKSY_WEBHOOK_SECRET.',
    ];
  return table(
    ['id', 'business', 'kind', 'set', 'holds until'],
    secrets.map((one) => [
      one.secretId,
      one.businessId,
      one.kind,
      one.setAt.toISOString().slice(0, 16),
      one.until?.toISOString().slice(0, 16) ?? 'it is replaced',
    ]),
  );
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8').trim();
}

/** Straight in the database, sealed with the installation's key: beside a running `up`, or by the environment. */
async function withDatabase<T>(
  data: string,
  work: (given: { readonly prisma: PrismaClient; readonly vault: Vault }) => Promise<T>,
): Promise<T> {
  const env = environmentBeside(lookAt(data), process.env);
  if (!env['DATABASE_URL'] || !env['ENCRYPTION_KEY']) {
    throw new CliError(
      'no_database',
      'It is not known in which database the secrets are, or what seals them.',
      'Set DATABASE_URL and ENCRYPTION_KEY, or start `booksy up` on the data folder.',
      EXIT.cannotStart,
    );
  }
  const config = checkConfigured(env);
  const [{ createDatabase }, { createVault }] = await Promise.all([
    import('../../infra/database/index.ts'),
    import('../../infra/crypto.ts'),
  ]);
  const database = createDatabase({
    url: config.database.url,
    poolMax: 1,
    applicationName: 'booksy-sync webhooks',
  });
  try {
    return await work({ prisma: database.prisma, vault: createVault(config.encryption) });
  } finally {
    await database.close();
  }
}
