import type { z } from 'zod';
import { problemSchema } from '../../../../api/http/problem.ts';
import { undoAnswer } from '../../../../api/undo/schema.ts';
import type { TestEngineOptions } from '../../../support/engine.ts';
import { eventually } from '../../../support/eventually.ts';
import { startRig, type OutboundRig } from '../../outbound/support/rig.ts';

/** The whole product on a salon: worker, relay, API; what the sync does is taken back as people do it. */
export interface UndoRig extends OutboundRig {
  ask(body: Readonly<Record<string, unknown>>): Promise<Undo>;
  show(id: string): Promise<Undo>;
  /** Confirms, and waits for the end. */
  confirm(id: string, atBooksy?: boolean): Promise<Undo>;
  refused(method: string, path: string, body: unknown): Promise<z.output<typeof problemSchema>>;
  /** A change at Booksy; waits until it is here. */
  editThere(
    externalId: string,
    change: Readonly<Record<string, unknown>>,
    here: () => Promise<boolean>,
  ): Promise<void>;
  /** A visit of Booksy that is linked here, still to come, with one item. */
  linkedVisit(): Promise<{ readonly id: string; readonly link: string }>;
  /** Waits until nothing is in the boxes and no write is under way. */
  quiet(): Promise<void>;
  bookingOf(id: string): Promise<Booking>;
  audit(recordId: string): Promise<readonly AuditRow[]>;
}

export type Undo = z.output<typeof undoAnswer>['undo'];
export interface Booking {
  readonly status: string;
  readonly status_reason: string | null;
  readonly client_note: string | null;
  readonly row_version: string;
}
export interface AuditRow {
  readonly id: string;
  readonly action: string;
  readonly actor: string;
  readonly run_id: string | null;
  readonly undo_of: string | null;
  readonly groups: readonly string[];
}

export const UNDO = '/api/admin/booksy/undo';

export async function startUndoRig(options: TestEngineOptions = {}): Promise<UndoRig> {
  const rig = await startRig({ simulator: { visits: 60, clients: 20 }, relay: true, api: true, ...options });
  const { api, simulator } = rig.engine;
  const send = async (method: string, path: string, body?: unknown): Promise<Undo> => {
    const answer = await api.send(method, path, body);
    if (answer.status !== 200 && answer.status !== 202)
      throw new Error(`${method} ${path}: ${String(answer.status)} ${JSON.stringify(answer.body)}`);
    return undoAnswer.parse(answer.body).undo;
  };
  const until = (id: string, wanted: (undo: Undo) => boolean, what: string) =>
    eventually(
      async () => {
        const undo = await send('GET', `${UNDO}/${id}`);
        return wanted(undo) ? undo : null;
      },
      { timeoutMs: 30_000, what },
    );
  return {
    ...rig,
    async ask(body) {
      const { id } = await send('POST', UNDO, body);
      return until(id, ({ state }) => state !== 'planning', 'a plan');
    },
    show: (id) => send('GET', `${UNDO}/${id}`),
    async confirm(id, atBooksy = false) {
      await send('POST', `${UNDO}/${id}/confirm`, { atBooksy });
      return until(id, ({ state }) => state === 'done', 'the end of the undo');
    },
    async refused(method, path, body) {
      return problemSchema.parse((await api.send(method, path, body)).body);
    },
    async editThere(externalId, change, here) {
      await simulator.control('PATCH', `/visits/${externalId}`, change);
      await eventually(here, { timeoutMs: 30_000, what: 'the change here' });
      await quiet();
    },
    async linkedVisit() {
      const [row] = await rig.sql<{ id: string; link: string }>(
        `SELECT b.id, m.external_id AS link FROM bookings b JOIN external_bookings m ON m.booking_id = b.id
          WHERE b.status = 'confirmed' AND b.starts_at > now() + interval '3 days' AND m.gone_at IS NULL
            AND (SELECT count(*) FROM booking_items i WHERE i.booking_id = b.id) = 1
            AND NOT EXISTS (SELECT FROM booksy_audit_log l WHERE l.record_id = b.id AND l.action <> 'created')
          ORDER BY b.starts_at, b.id LIMIT 1`,
      );
      if (row === undefined) throw new Error('No visit that nothing happened to.');
      return row;
    },
    quiet,
    async bookingOf(id) {
      const [row] = await rig.sql<Booking>(
        'SELECT status, status_reason, client_note, row_version::text FROM bookings WHERE id = $1',
        [id],
      );
      if (row === undefined) throw new Error('The visit is not here.');
      return row;
    },
    audit: (recordId) =>
      rig.sql<AuditRow>(
        `SELECT id::text, action, actor, run_id, undo_of::text, groups FROM booksy_audit_log WHERE record_id = $1 ORDER BY id`,
        [recordId],
      ),
  };

  async function quiet(): Promise<void> {
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
  }
}
