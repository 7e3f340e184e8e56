import { Command } from 'commander';
import { z } from 'zod';
import { findApi, type ApiOptions } from '../api-client.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-codes.ts';
import { createOutput } from '../output.ts';
import { withApi, withJson } from './options.ts';

const health = z.object({
  status: z.string(),
  components: z.record(z.string(), z.object({ status: z.string(), reason: z.string() })),
});

/** `booksy health check`: asks a running API how everything is. */
export function healthCommand(): Command {
  const command = new Command('health').description('how a running Booksy Sync is');
  command.addCommand(
    withJson(withApi(new Command('check')))
      .description('ask every part; exit code 1 when something is unhealthy')
      .option('--probe', 'spend one call at Booksy to prove that it answers', false)
      .addHelpText('after', EXIT_CODES_HELP)
      .action(async (options: ApiOptions & { json: boolean; probe: boolean }) => {
        const path = `/api/admin/booksy/health${options.probe ? '?probe=true' : ''}`;
        const { status, components } = health.parse(await findApi(options).get(path));
        const ok = status === 'ok';
        createOutput(options.json).result({ ok, status, components }, [
          ok ? 'Healthy.' : `Not well: ${status}.`,
          ...Object.entries(components).map(
            ([name, part]) => `  ${part.status.padEnd(9)} ${name.padEnd(10)} ${part.reason}`,
          ),
        ]);
        process.exitCode = ok ? EXIT.ok : EXIT.failed;
      }),
  );
  return command;
}
