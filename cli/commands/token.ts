import { Command, InvalidArgumentError, Option } from 'commander';
import { listTokens, mintToken, revokeToken, SCOPES, type Scope } from '../../infra/tokens.ts';
import { lookAt } from '../context.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-codes.ts';
import { CliError, createOutput } from '../output.ts';
import { withData, withJson } from './options.ts';

const DAY_MS = 24 * 3_600_000;

interface MintOptions {
  readonly name: string;
  readonly scope: readonly Scope[];
  readonly business?: readonly string[];
  readonly expires: number;
  readonly data: string;
  readonly json: boolean;
}

/** `booksy token mint|list|revoke`: tokens of the admin API, straight in the database. */
export function tokenCommand(): Command {
  const token = new Command('token').description('tokens of the admin API');
  const help = `
Which database: DATABASE_URL, else that of the \`up\` that runs on the data folder.
${EXIT_CODES_HELP}`;
  token.addCommand(
    withJson(withData(new Command('mint')))
      .description('make a token; it is shown this once and kept as a hash only')
      .requiredOption('--name <name>', 'what it is for; not a person’s name')
      .addOption(
        new Option('--scope <scope...>', 'what it may do; default: everything')
          .choices(SCOPES)
          .default(SCOPES, 'all'),
      )
      .option('--business <id...>', 'only these businesses; default: all there are')
      .option('--expires <days>', 'days until it ends', days, 365)
      .addHelpText('after', help)
      .action(async (options: MintOptions) => {
        const expiresAt = new Date(Date.now() + options.expires * DAY_MS);
        const minted = await withStore(options.data, (store) =>
          mintToken(store, {
            name: options.name,
            scopes: options.scope,
            businesses: options.business ?? 'all',
            expiresAt,
          }),
        );
        createOutput(options.json).result({ ok: true, ...minted, expiresAt: expiresAt.toISOString() }, [
          minted.token,
          `Keep it now: it cannot be shown again. It ends on ${expiresAt.toISOString().slice(0, 10)}; revoke it with`,
          `  booksy token revoke ${minted.tokenId}`,
        ]);
      }),
  );
  token.addCommand(
    withJson(withData(new Command('list')))
      .description('which tokens there are, what they may do, and when they were last used')
      .addHelpText('after', help)
      .action(async ({ data, json }: { data: string; json: boolean }) => {
        const tokens = await withStore(data, (store) => listTokens(store));
        createOutput(json).result(
          { ok: true, tokens },
          tokens.length === 0
            ? ['There is no token.']
            : tokens.map(
                ({ tokenId, name, state, lastUsedAt }) =>
                  `${tokenId}  ${state.padEnd(8)} ${name}, ${lastUsedAt === null ? 'never used' : `last used ${lastUsedAt}`}`,
              ),
        );
      }),
  );
  token.addCommand(
    withJson(withData(new Command('revoke')))
      .description('end a token at once')
      .argument('<tokenId>', 'id of the token, as `token list` shows it', uuid)
      .addHelpText('after', help)
      .action(async (tokenId: string, { data, json }: { data: string; json: boolean }) => {
        if (!(await withStore(data, (store) => revokeToken(store, tokenId)))) {
          throw new CliError(
            'not_found',
            `No token with the id ${tokenId} is alive.`,
            'booksy token list shows those there are.',
            EXIT.failed,
          );
        }
        createOutput(json).result({ ok: true, tokenId }, ['The token is revoked.']);
      }),
  );
  return token;
}

function days(value: string): number {
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= 3650) return count;
  throw new InvalidArgumentError('It must be a whole number of days from 1 to 3650.');
}

function uuid(value: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) return value;
  throw new InvalidArgumentError('It must be an id as `booksy token list` shows it.');
}

type Store = Parameters<typeof listTokens>[0];

async function withStore<T>(data: string, work: (store: Store) => Promise<T>): Promise<T> {
  const url = process.env['DATABASE_URL'] || lookAt(data).addresses.databaseUrl;
  if (!url) {
    throw new CliError(
      'no_database',
      'It is not known in which database the tokens are.',
      'Set DATABASE_URL, or start `booksy up` on the data folder.',
      EXIT.cannotStart,
    );
  }
  const { createDatabase } = await import('../../infra/database/index.ts');
  const database = createDatabase({ url, poolMax: 1, applicationName: 'booksy-sync token' });
  try {
    return await work(database.prisma);
  } finally {
    await database.close();
  }
}
