import { Command } from 'commander';
import { findApi, type ApiClient, type ApiOptions } from '../api-client.ts';
import { EXIT, EXIT_CODES_HELP, type ExitCode } from '../exit-codes.ts';
import { duration } from '../format.ts';
import { createOutput, type Output } from '../output.ts';
import { entityLines, sumEntities } from '../sync/entities.ts';
import { failureLines, followRuns, startFullSync } from '../sync/follow.ts';
import { readStatus, statusLines } from '../sync/status.ts';
import type { Operation } from '../wire.ts';
import { withApi, withJson } from './options.ts';

type Options = ApiOptions & { readonly json: boolean };

/** `booksy sync full|status|watch`, against a running API. */
export function syncCommand(): Command {
  const sync = new Command('sync').description('full syncs of a running Booksy Sync');
  sync.addCommand(
    withJson(withApi(new Command('full')))
      .description('read everything from Booksy, durably; waits until it is done')
      .option('--business <id...>', 'only these businesses; default: all of the token')
      .option('--no-wait', 'return once it is started')
      .addHelpText('after', EXIT_CODES_HELP)
      .action(async (options: Options & { business?: string[]; wait: boolean }) => {
        const output = createOutput(options.json);
        process.exitCode = await full(findApi(options), options.business, options.wait, output);
      }),
  );
  sync.addCommand(
    withJson(withApi(new Command('status')))
      .description('what is in step, proven up to when, and what waits for a person')
      .addHelpText('after', EXIT_CODES_HELP)
      .action(async (options: Options) => {
        const businesses = await readStatus(findApi(options));
        createOutput(options.json).result({ ok: true, businesses }, statusLines(businesses));
      }),
  );
  sync.addCommand(
    withJson(withApi(new Command('watch')))
      .description('show the progress of the full syncs under way until they are done')
      .addHelpText('after', EXIT_CODES_HELP)
      .action(async (options: Options) => {
        const output = createOutput(options.json);
        process.exitCode = await watch(findApi(options), output);
      }),
  );
  return sync;
}

async function full(
  api: ApiClient,
  businessIds: readonly string[] | undefined,
  wait: boolean,
  output: Output,
): Promise<ExitCode> {
  const runs = await startFullSync(api, businessIds);
  if (!wait || runs.length === 0) {
    output.result({ ok: true, runs }, [
      runs.length === 0
        ? 'There is no business to sync: booksy seed connects them.'
        : `Started: ${runs.length}. booksy sync watch shows how far it is.`,
    ]);
    return EXIT.ok;
  }
  return report(
    api,
    runs.map(({ runId }) => runId),
    output,
  );
}

async function watch(api: ApiClient, output: Output): Promise<ExitCode> {
  const running = (await readStatus(api)).flatMap((business) => business.running ?? []);
  if (running.length === 0) {
    output.result({ ok: true, runs: [] }, ['No full sync is under way.']);
    return EXIT.ok;
  }
  return report(
    api,
    running.map(({ operationId }) => operationId),
    output,
  );
}

async function report(api: ApiClient, ids: readonly string[], output: Output): Promise<ExitCode> {
  process.once('SIGINT', () => {
    output.say('The full sync goes on without you: booksy sync watch shows how far it is.');
    process.exit(EXIT.interrupted);
  });
  const operations = await followRuns(api, ids, output);
  const ok = operations.every(({ status }) => status === 'completed');
  const entities = sumEntities(operations.map(({ counts }) => counts));
  const seconds = secondsOf(operations);
  output.result({ ok, seconds, entities, runs: operations.map(asRun) }, [
    ...(ok ? [`Done in ${duration(seconds)}:`, ...entityLines(entities)] : failureLines(operations)),
  ]);
  return ok ? EXIT.ok : EXIT.failed;
}

function asRun({ id, status, error }: Operation): Readonly<Record<string, unknown>> {
  return { runId: id, status, error };
}

function secondsOf(operations: readonly Operation[]): number {
  const starts = operations.map(({ startedAt }) => Date.parse(startedAt));
  const ends = operations.map(({ finishedAt }) =>
    finishedAt === null ? Date.now() : Date.parse(finishedAt),
  );
  return Math.max(0, Math.max(...ends) - Math.min(...starts)) / 1000;
}
