import { Command } from 'commander';
import { lockDataFolder, openDataFolder } from '../../infra/local/data-folder.ts';
import { lookAt } from '../context.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { createOutput, type Output } from '../output.ts';
import { withData, withJson } from './options.ts';

/** `booksy migrate`: the schema and nothing else. */
export function migrateCommand(): Command {
  const command = new Command('migrate')
    .description('bring the database schema up to date (adds only; safe to repeat)')
    .addHelpText(
      'after',
      `
Which database: DATABASE_DIRECT_URL or DATABASE_URL, else that of the \`up\` that runs on the data folder, else the
embedded one of the folder, which is started for it and stopped again.
${EXIT_CODES_HELP}`,
    );
  return withJson(withData(command)).action(async ({ data, json }: { data: string; json: boolean }) => {
    const output = createOutput(json);
    const applied = await migrateWhatIsMeant(data, output);
    output.result(
      { ok: true, applied },
      applied.length === 0
        ? ['The schema is up to date.']
        : ['Applied:', ...applied.map((name) => `  ${name}`)],
    );
  });
}

async function migrateWhatIsMeant(data: string, output: Output): Promise<readonly string[]> {
  const { migrateDatabase } = await import('../up/engine.ts');
  const say = (line: string): void => output.say(line);
  const url =
    process.env['DATABASE_DIRECT_URL'] || process.env['DATABASE_URL'] || lookAt(data).addresses.databaseUrl;
  if (url) return (await migrateDatabase(url, say)).applied;
  const folder = openDataFolder(data);
  const unlock = lockDataFolder(folder);
  try {
    const { startPostgres } = await import('../../infra/local/postgres.ts');
    const server = await startPostgres({ dataDir: folder.dir, log: () => undefined });
    try {
      return (await migrateDatabase(server.url, say)).applied;
    } finally {
      await server.stop();
    }
  } finally {
    unlock();
  }
}
