import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { CliError, type Output } from '../output.ts';
import { sayNotes } from '../pages.ts';
import { steeredBusiness, steeredOperation, type Note } from '../wire.ts';
import { isEnded } from './board.ts';
import { readOperation } from './follow.ts';
import { approvePlan, meaningLines, pushedCount, readPlan } from './plan.ts';
import { readStatus } from './status.ts';

/** What is paused or resumed: one run, or businesses (all of the token when none is named). */
export type Target = { readonly business?: readonly string[]; readonly run?: string };

/** `booksy sync pause` and `resume`. */
export async function pauseOrResume(
  api: ApiClient,
  deed: 'pause' | 'resume',
  { business, run }: Target,
  output: Output,
): Promise<ExitCode> {
  if (run !== undefined) {
    const { operation, changed, notes } = await steerRun(api, run, deed);
    sayNotes(output, notes);
    const state = deed === 'pause' ? 'paused' : 'going on';
    output.result({ ok: true, runId: operation.id, paused: operation.paused, changed }, [
      `The run ${operation.id} is ${changed ? state : `${state} already`}.`,
      ...(deed === 'pause' ? [`Let it go on: booksy sync resume --run ${operation.id}`] : []),
    ]);
    return EXIT.ok;
  }
  const ids = business ?? (await readStatus(api)).businesses.map(({ businessId }) => businessId);
  const done = [];
  const notes = new Map<string, Note>();
  for (const id of ids) {
    const path = `/api/admin/booksy/businesses/${encodeURIComponent(id)}/${deed}`;
    const answer = steeredBusiness.parse(await api.post(path, {}));
    done.push({ ...answer.business, changed: answer.changed });
    for (const note of answer.notes) notes.set(note.code, note);
  }
  sayNotes(output, [...notes.values()]);
  output.result({ ok: true, businesses: done }, [
    ...(done.length === 0 ? ['There is no business.'] : []),
    ...done.map(({ name, changed }) =>
      deed === 'pause'
        ? `${name} is paused${changed ? '' : ' already'}.`
        : `${name} goes on${changed ? '' : ': it was not paused'}.`,
    ),
    ...(deed === 'pause' && done.length > 0
      ? [
          'Until booksy sync resume nothing is applied here or made at Booksy; what Booksy tells meanwhile is kept.',
        ]
      : []),
  ]);
  return EXIT.ok;
}

async function steerRun(api: ApiClient, id: string, deed: 'pause' | 'resume' | 'cancel') {
  const path = `/api/admin/booksy/operations/${encodeURIComponent(id)}/${deed}`;
  return steeredOperation.parse(await api.post(path, {}));
}

const CANCEL_MS = 60_000;
const POLL_MS = 300;

/** `booksy sync cancel`: asks the run to stop and waits a while for its end. */
export async function cancel(api: ApiClient, runId: string, output: Output): Promise<ExitCode> {
  const { operation, notes } = await steerRun(api, runId, 'cancel');
  sayNotes(output, notes);
  const { id } = operation;
  const until = performance.now() + CANCEL_MS;
  let { status } = operation;
  while (!isEnded(status) && performance.now() < until) {
    output.progress([`Stopping: what is being written at this moment is finished first.`]);
    await delay(POLL_MS);
    status = (await readOperation(api, id))?.status ?? status;
  }
  // It may have come to its end before the request reached it.
  const ok = status === 'cancelled' || !isEnded(status);
  output.result({ ok, runId: id, status }, [cancelWords(id, status)]);
  return ok ? EXIT.ok : EXIT.failed;
}

function cancelWords(id: string, status: string): string {
  if (status === 'cancelled')
    return `The run ${id} is cancelled. What was imported stays; the next full sync goes on from there.`;
  return isEnded(status)
    ? `The run ${id} had ended before: ${status}.`
    : `The run ${id} is stopping; booksy sync watch shows when it has.`;
}

/** `booksy sync allow-push`: the yes of a person to what a dry run showed (R18). */
export async function allowPush(api: ApiClient, operationId: string, output: Output): Promise<ExitCode> {
  const { plan } = await readPlan(api, operationId);
  if (plan.approvedAt === null && plan.blocked !== null) {
    const { code, message, nextStep } = plan.blocked;
    throw new CliError(code, message, nextStep);
  }
  const allowed = plan.approvedAt !== null;
  if (!allowed) meaningLines(plan).forEach((line) => output.say(line));
  const answer = allowed ? { plan, notes: [] } : await approvePlan(api, plan);
  sayNotes(output, answer.notes);
  const { approvedAt, approvedBy } = answer.plan;
  const { businessId } = plan;
  output.result(
    {
      ok: true,
      operationId: plan.operationId,
      businessId,
      approvedAt,
      approvedBy,
      toMake: pushedCount(plan, 'create'),
      toChange: pushedCount(plan, 'change'),
    },
    [allowed ? 'It was allowed before.' : output.paint.green('Allowed.')],
  );
  return EXIT.ok;
}
