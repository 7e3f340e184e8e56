import { Command, Option } from 'commander';
import { findApi, type ApiOptions } from '../api-client.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { createOutput } from '../output.ts';
import { sayNotes } from '../pages.ts';
import { lookOf } from '../sync/follow.ts';
import { planLines, readNewestPlans, readPlan } from '../sync/plan.ts';
import { full, watch } from '../sync/report.ts';
import { readStatus, statusLines } from '../sync/status.ts';
import { allowPush, cancel, pauseOrResume, type Target } from '../sync/steer.ts';
import { withApi, withJson } from './options.ts';

type Options = ApiOptions & { readonly json: boolean };

/** `booksy sync …`, against a running API. */
export function syncCommand(): Command {
  const sync = new Command('sync').description('full syncs of a running Booksy Sync');
  const commands = [
    fullCommand(),
    statusCommand(),
    watchCommand(),
    planCommand(),
    allowPushCommand(),
    steerCommand('pause', 'write nothing more, on either side, until it is resumed'),
    steerCommand('resume', 'let what was paused go on'),
    cancelCommand(),
  ];
  for (const command of commands) sync.addCommand(command.addHelpText('after', EXIT_CODES_HELP));
  return sync;
}

function leaf(name: string, description: string): Command {
  return withJson(withApi(new Command(name))).description(description);
}

function fullCommand(): Command {
  return leaf('full', 'read everything from Booksy, durably; waits until it is done')
    .option('--business <id...>', 'only these businesses; default: all of the token')
    .option('--dry-run', 'write nothing: show what a full sync would do, here and at Booksy', false)
    .option('--no-wait', 'return once it is started')
    .action(async (options: Options & { business?: string[]; dryRun: boolean; wait: boolean }) => {
      const { business, dryRun, wait } = options;
      const request = { businessIds: business, dryRun, wait };
      process.exitCode = await full(findApi(options), request, createOutput(options.json));
    });
}

function statusCommand(): Command {
  return leaf('status', 'what is in step, proven up to when, and what waits for a person').action(
    async (options: Options) => {
      const { businesses, schedules, notes } = await readStatus(findApi(options));
      const output = createOutput(options.json);
      sayNotes(output, notes);
      output.result({ ok: true, businesses, schedules }, statusLines(businesses, lookOf(output)));
    },
  );
}

function watchCommand(): Command {
  return leaf('watch', 'show the progress of the full syncs under way until they are done').action(
    async (options: Options) => {
      process.exitCode = await watch(findApi(options), createOutput(options.json));
    },
  );
}

function planCommand(): Command {
  return leaf('plan', 'what a dry run found; default: the newest one of each business')
    .argument('[operationId]', 'id of the dry run')
    .action(async (operationId: string | undefined, options: Options) => {
      const [api, output] = [findApi(options), createOutput(options.json)];
      const found =
        operationId === undefined
          ? await readNewestPlans(api)
          : await readPlan(api, operationId).then(({ plan, notes }) => ({ plans: [plan], notes }));
      sayNotes(output, found.notes);
      output.result(
        { ok: true, plans: found.plans },
        found.plans.flatMap((plan, index) => [
          ...(index === 0 ? [] : ['', '']),
          ...planLines(plan, output.paint),
        ]),
      );
    });
}

function allowPushCommand(): Command {
  return leaf('allow-push', 'allow that what a dry run showed is made at Booksy, which may notify clients')
    .argument('<operationId>', 'id of the dry run whose plan you saw')
    .action(async (operationId: string, options: Options) => {
      process.exitCode = await allowPush(findApi(options), operationId, createOutput(options.json));
    });
}

function steerCommand(deed: 'pause' | 'resume', description: string): Command {
  return leaf(deed, description)
    .addOption(
      new Option('--business <id...>', 'these businesses; default: all of the token').conflicts('run'),
    )
    .option('--run <id>', 'only this run')
    .action(async (options: Options & Target) => {
      process.exitCode = await pauseOrResume(findApi(options), deed, options, createOutput(options.json));
    });
}

function cancelCommand(): Command {
  return leaf('cancel', 'stop a full sync or a dry run; what was imported stays')
    .argument('<runId>', 'id of the run')
    .action(async (runId: string, options: Options) => {
      process.exitCode = await cancel(findApi(options), runId, createOutput(options.json));
    });
}
