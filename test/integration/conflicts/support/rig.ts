import { WorkflowNotFoundError } from '@temporalio/client';
import { z } from 'zod';
import { conflictCard, conflictPage, resolveAnswer } from '../../../../api/conflicts/schema.ts';
import { problemSchema } from '../../../../api/http/problem.ts';
import { conflictWorkflowId, startMissingConflicts } from '../../../../infra/temporal/launch-conflicts.ts';
import { eventually } from '../../../support/eventually.ts';
import { startRig, type OutboundRig } from '../../outbound/support/rig.ts';
import type { TestEngineOptions } from '../../../support/engine.ts';

/** The whole product on a salon: worker, relay, API; conflicts are made, looked at and resolved as people do it. */
export interface ConflictRig extends OutboundRig {
  /**
   * Waits for an open conflict of a kind about a record (or the other one of a pair) and for its workflow, and gives its
   * card. The row is there first: its workflow is started once the transaction that opened it is over.
   */
  open(kind: string, recordId: string): Promise<Card>;
  /** Whether the conflict's workflow was ever started, and how it is. */
  workflowOf(conflictId: string): Promise<'none' | 'running' | 'ended'>;
  card(id: string): Promise<Card>;
  list(query?: string): Promise<z.output<typeof conflictPage>>;
  resolve(card: Pick<Card, 'id' | 'version'>, body: Readonly<Record<string, unknown>>): Promise<Answered>;
  /** A change at Booksy that no webhook tells of. */
  editThere(externalId: string, change: Readonly<Record<string, unknown>>): Promise<void>;
  /** A visit that is on both sides and in step. */
  bookedOnBoth(
    more?: Parameters<OutboundRig['book']>[1],
  ): Promise<{ readonly id: string; readonly link: string; readonly at: string }>;
  /** Waits until nothing is in the boxes and no write is under way. */
  quiet(): Promise<void>;
  row(id: string): Promise<Row>;
}

export type Card = z.output<typeof conflictCard>;
export interface Row {
  readonly status: string;
  readonly resolution: string | null;
  readonly resolution_outcome: string | null;
  readonly resolved_by: string | null;
  readonly rule_id: string | null;
  readonly version: number;
}
export type Answered =
  | { readonly status: 200 | 202; readonly answer: z.output<typeof resolveAnswer> }
  | { readonly status: number; readonly problem: z.output<typeof problemSchema> };

const PATH = '/api/admin/booksy/conflicts';

export async function startConflictRig(options: TestEngineOptions = {}): Promise<ConflictRig> {
  const rig = await startRig({ simulator: { visits: 40, clients: 15 }, relay: true, api: true, ...options });
  const { api, simulator } = rig.engine;
  const get = async (path: string) => {
    const { status, body } = await api.send('GET', path);
    if (status !== 200) throw new Error(`GET ${path}: ${String(status)} ${JSON.stringify(body)}`);
    return body;
  };
  const list = async (query = '') => conflictPage.parse(await get(`${PATH}${query}`));
  const card = async (id: string) =>
    z.object({ conflict: conflictCard }).parse(await get(`${PATH}/${id}`)).conflict;
  const quiet = async () => {
    await eventually(
      async () => {
        const [left] = await rig.sql<{ n: string }>(
          `SELECT (SELECT count(*) FROM sync_outbox) + (SELECT count(*) FROM webhook_logs WHERE drained_at IS NULL)
                + (SELECT count(*) FROM sync_intents WHERE state = 'open') AS n`,
        );
        return left?.n === '0';
      },
      { timeoutMs: 30_000, what: 'empty boxes' },
    );
  };
  const workflowOf = async (id: string) => {
    try {
      const { status } = await rig.engine.worker.client.workflow.getHandle(conflictWorkflowId(id)).describe();
      return status.name === 'RUNNING' ? 'running' : 'ended';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'none';
      throw error;
    }
  };
  return {
    ...rig,
    list,
    card,
    quiet,
    async open(kind, recordId) {
      const found = await eventually(
        async () => {
          const { conflicts } = await list(`?status=open&kind=${kind}&recordId=${recordId}`);
          return conflicts[0] ?? null;
        },
        { timeoutMs: 30_000, what: `an open conflict ${kind}` },
      );
      await eventually(async () => (await workflowOf(found.id)) !== 'none', {
        timeoutMs: 30_000,
        what: `the workflow of the conflict ${kind}`,
      });
      return card(found.id);
    },
    workflowOf,
    async resolve({ id, version }, body) {
      const { status, body: answer } = await api.send('POST', `${PATH}/${id}/resolve`, { version, ...body });
      if (status === 200 || status === 202) return { status, answer: resolveAnswer.parse(answer) };
      return { status, problem: problemSchema.parse(answer) };
    },
    async editThere(externalId, change) {
      await simulator.control('PATCH', `/visits/${externalId}`, { silent: true, ...change });
    },
    async bookedOnBoth(more) {
      const at = rig.freeHour();
      const id = await rig.book(at, more);
      const link = await eventually(() => rig.linkOf(id), { timeoutMs: 30_000, what: 'the visit at Booksy' });
      await quiet();
      return { id, link, at };
    },
    async stop() {
      // What still runs would start workflows after the engine has ended its own.
      await quiet();
      const { client, taskQueue } = rig.engine.worker;
      const place = { db: rig.engine.deps.db, client, taskQueue };
      await eventually(async () => (await startMissingConflicts(place, [rig.businessId])) === 0, {
        timeoutMs: 30_000,
        what: 'a workflow for each open conflict',
      });
      await rig.stop();
    },
    async row(id) {
      const [row] = await rig.sql<Row>(
        `SELECT status, resolution, resolution_outcome, resolved_by, rule_id, version FROM booksy_sync_conflicts WHERE id = $1`,
        [id],
      );
      if (row === undefined) throw new Error('There is no such conflict.');
      return row;
    },
  };
}

/** What was refused; the test fails where it was not. */
export function problemOf(answered: Answered): z.output<typeof problemSchema> {
  if ('problem' in answered) return answered.problem;
  throw new Error(`It was answered ${String(answered.status)}.`);
}
