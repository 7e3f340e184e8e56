import type pg from 'pg';
import type { History, Outcome, Subject } from './history.ts';
import type { Rig } from './rig.ts';
import type { Values } from './values.ts';

/** One deed of the platform's own application: a transaction on its own tables, past everything of ours. */
export interface Deed {
  readonly kind: string;
  readonly subject: Subject;
  readonly group: 'life' | 'time' | 'note' | 'email' | null;
  readonly value: string | null;
}

/** How a record is locked and read before it is changed. */
export interface RowReader {
  readonly lock: string;
  read(client: pg.PoolClient | pg.Pool, id: string | null): Promise<Values | null>;
}

/** What somebody wants to change is not there. */
export class NotThere extends Error {}

/** Reads what is there under the row's lock, then does it: `before` is what its editor really saw. */
export async function editHere(
  rig: Rig,
  history: History,
  deed: Deed,
  rows: RowReader,
  work: (client: pg.PoolClient) => Promise<void>,
): Promise<void> {
  let before: string | null = null;
  const outcome = await inTransaction(rig, async (client) => {
    await client.query(rows.lock, [deed.subject.recordId]);
    const seen = await rows.read(client, deed.subject.recordId);
    if (seen === null) throw new NotThere('it is not here');
    if (deed.group !== null) before = seen[deed.group];
    await work(client);
  });
  recordHere(history, deed, before, outcome);
}

/** Notes a deed of the platform in the history. */
export function recordHere(history: History, deed: Deed, before: string | null, outcome: string): void {
  const known: Outcome = outcome === 'ok' || outcome === 'unknown' ? outcome : 'failed';
  history.add({
    side: 'platform',
    kind: deed.kind,
    subject: deed.subject.key,
    group: deed.group,
    value: deed.value,
    before,
    outcome: known,
    detail: known === 'failed' ? outcome : '',
  });
}

/** `ok`, `unknown` where the server went during the commit, else why it was refused. */
export async function inTransaction(
  rig: Rig,
  work: (client: pg.PoolClient) => Promise<void>,
): Promise<string> {
  let committing = false;
  // A server that goes tells the connection, not the statement.
  const gone = (): void => undefined;
  let client: pg.PoolClient | null = null;
  try {
    client = await rig.db.connect();
    client.on('error', gone);
    await client.query('BEGIN');
    await work(client);
    committing = true;
    await client.query('COMMIT');
    client.off('error', gone);
    client.release();
    return 'ok';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    // What the database itself said counts; a broken connection says nothing of a commit.
    const refused = /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('57') && !code.startsWith('08');
    client?.release(true);
    if (committing && !refused) return 'unknown';
    return error instanceof Error ? `${code} ${error.message}`.slice(0, 80) : 'failed';
  }
}
