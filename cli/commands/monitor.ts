import { Command } from 'commander';
import { findApi, type ApiOptions } from '../api-client.ts';
import { environmentBeside, lookAt } from '../context.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-codes.ts';
import { freshnessLines, scheduleLines } from '../monitor/status.ts';
import { createOutput } from '../output.ts';
import { sayNotes } from '../pages.ts';
import { lookOf } from '../sync/follow.ts';
import { readStatus } from '../sync/status.ts';
import { withApi, withData, withJson } from './options.ts';

/** `booksy monitor start|status`: the schedules that sweep, compare and restart, and how fresh everything is. */
export function monitorCommand(): Command {
  const monitor = new Command('monitor').description(
    'schedules that watch over the sync, and how fresh it is',
  );
  monitor.addCommand(startCommand());
  monitor.addCommand(statusCommand());
  return monitor;
}

function startCommand(): Command {
  return withJson(withData(new Command('start')))
    .description('make the schedules and set them right; ends when they are (safe to repeat)')
    .addHelpText(
      'after',
      `
Which Temporal and which database: the configuration (see .env.example), else those of the \`up\` on the data folder.
${EXIT_CODES_HELP}`,
    )
    .action(async ({ data, json }: { data: string; json: boolean }) => {
      const { ensureMonitor } = await import('../monitor/ensure.ts');
      const schedules = await ensureMonitor(environmentBeside(lookAt(data), process.env));
      createOutput(json).result({ ok: true, schedules }, [
        'The schedules are there:',
        ...schedules.map(
          ({ id, change }) => `  ${id}${change === 'kept' ? '' : ` (${change.replace('_', ' ')})`}`,
        ),
      ]);
    });
}

function statusCommand(): Command {
  return withJson(withApi(new Command('status')))
    .description(
      'each schedule, and up to when each window is proven; exit code 1 when something is missing or stale',
    )
    .addHelpText('after', EXIT_CODES_HELP)
    .action(async (options: ApiOptions & { json: boolean }) => {
      const { businesses, schedules, notes } = await readStatus(findApi(options));
      const output = createOutput(options.json);
      const look = lookOf(output);
      sayNotes(output, notes);
      const synced = businesses.filter(({ lastRun, paused }) => lastRun !== null && paused === null);
      const ok =
        schedules.length > 0 &&
        schedules.every(({ exists, paused }) => exists && !paused) &&
        synced.every(({ stale }) => !stale);
      output.result({ ok, schedules, businesses }, [
        ...scheduleLines(schedules, look),
        ...businesses.flatMap((business) => ['', ...freshnessLines(business, look)]),
      ]);
      process.exitCode = ok ? EXIT.ok : EXIT.failed;
    });
}
