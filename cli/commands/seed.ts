import { Command } from 'commander';
import { environmentBeside, lookAt } from '../context.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { createOutput } from '../output.ts';
import { withData, withJson } from './options.ts';

/** `booksy seed`: a row here for every business at Booksy. */
export function seedCommand(): Command {
  const command = new Command('seed')
    .description('connect every business that the Booksy account lists (safe to repeat)')
    .addHelpText(
      'after',
      `
Which database and which Booksy: the configuration (see .env.example), else those of the \`up\` on the data folder.
${EXIT_CODES_HELP}`,
    );
  return withJson(withData(command)).action(async ({ data, json }: { data: string; json: boolean }) => {
    const output = createOutput(json);
    const { connectBusinesses } = await import('../up/engine.ts');
    const { connected, rejected } = await connectBusinesses(environmentBeside(lookAt(data), process.env));
    output.result({ ok: true, connected, rejected }, [
      connected.length === 0 ? 'The Booksy account lists no business.' : 'Connected:',
      ...connected.map(
        ({ name, externalId, created }) => `  ${name} (${externalId})${created ? ', new' : ''}`,
      ),
    ]);
  });
}
