import type { History } from './history.ts';
import type { Rig } from './rig.ts';
import type { Salon } from './salons.ts';

/** What the engine holds of what went wrong in a run: for whoever mends it. Invented people only. */

const PARTS: Readonly<Record<string, string>> = {
  booking: `SELECT id, status, status_reason, external_status, client_note, starts_local, generation, row_version, status_edits,
      note_edits, gone_at_booksy, updated_at FROM bookings WHERE id = $1::uuid`,
  item: `SELECT id, starts_local, staff_id, time_edits, row_version, updated_at FROM booking_items WHERE booking_id = $1::uuid`,
  mirror: `SELECT external_id, booking_id, generation, import_uid, gone_at, remote, base_theirs, base_ours, base_counters, item_links,
      observed_sent_at, observed_received_at, updated_at FROM external_bookings WHERE booking_id = $1::uuid OR external_id = $2`,
  intent: `SELECT id, operation, state, step, outcome, groups, generation, opened_at, sent_at, answered_at, due_at, resolved_at,
      remembered_until FROM sync_intents WHERE record_id = $1::uuid ORDER BY opened_at`,
  audit: `SELECT at, actor, action, reason_code, groups, run_id FROM booksy_audit_log WHERE record_id = $1::uuid OR external_id = $2 ORDER BY id`,
  conflict: `SELECT kind, status, groups, record_id, other_record_id, external_id, detail, resolution, opened_at FROM booksy_sync_conflicts
      WHERE record_id = $1::uuid OR other_record_id = $1::uuid OR external_id = $2 ORDER BY opened_at`,
  profile: `SELECT id, email, email_edits, row_version, updated_at FROM profiles WHERE id = $1::uuid`,
  card: `SELECT external_id, profile_id, base_theirs, base_ours, base_counters, gone_at, observed_sent_at FROM external_clients
      WHERE profile_id = $1::uuid`,
  block: `SELECT id, owner_id, source, starts_local, ends_local, row_version, edits, updated_at FROM time_off WHERE id = $1::uuid`,
  'block mirror': `SELECT source, external_id, time_off_id, base_theirs, base_ours, base_counters, gone_at, observed_sent_at FROM external_time_off
      WHERE time_off_id = $1::uuid OR split_part(external_id, ':', 1) = $2`,
  failure: `SELECT * FROM sync_failures WHERE record_id = $1::uuid OR external_id = $2`,
  outbox: `SELECT * FROM sync_outbox WHERE record_id = $1::uuid`,
  webhook: `SELECT id, action, copies, received_at, drained_at FROM webhook_logs WHERE external_id = $2 ORDER BY id`,
};

/** Lines about the subjects that violations name. */
export async function dumpRecords(
  rig: Rig,
  salon: Salon,
  history: History,
  keys: readonly string[],
): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const key of keys) {
    const subject = history.subjects.get(key);
    if (subject === undefined) continue;
    lines.push(`what is held of ${key}:`);
    const ids = [subject.recordId, subject.externalId === null ? null : String(subject.externalId)];
    for (const [part, sql] of Object.entries(PARTS)) {
      const text = sql.replaceAll('$2', '$2::text');
      // Each statement names both, though it may ask for one.
      const { rows } = await rig.db.query<object>(`WITH ids AS (SELECT $1::uuid, $2::text) ${text}`, ids);
      for (const row of rows) lines.push(`  ${part} ${JSON.stringify(row)}`);
    }
    if (subject.externalId !== null) {
      const there = await rig
        .control('GET', `/visits/${String(subject.externalId)}`)
        .catch(() => 'not there');
      lines.push(`  at Booksy ${JSON.stringify(there)}`);
    }
  }
  const { rows: runs } = await rig.db.query<object>(
    `SELECT kind, phase, status, error_code, error_detail, started_at, finished_at, counts FROM sync_runs
      WHERE business_id = $1 AND started_at > now() - interval '3 minutes' ORDER BY started_at`,
    [salon.businessId],
  );
  const { rows: windows } = await rig.db.query<object>(
    `SELECT entity, window_key, complete, proven_sent_at, due_at FROM integration_sync_status WHERE business_id = $1`,
    [salon.businessId],
  );
  const { rows: quarantined } = await rig.db.query<object>(
    `SELECT entity, external_id, reason_code, detail FROM quarantine WHERE business_id = $1 AND released_at IS NULL`,
    [salon.businessId],
  );
  const { rows: trail } = await rig.db.query<object>(
    `SELECT at, actor, action, entity, record_id, external_id, reason_code, groups FROM booksy_audit_log
      WHERE business_id = $1 ORDER BY id DESC LIMIT 8`,
    [salon.businessId],
  );
  return [
    ...lines,
    ...trail.map((row) => `last in the trail ${JSON.stringify(row)}`),
    ...runs.map((row) => `run ${JSON.stringify(row)}`),
    ...windows.map((row) => `window ${JSON.stringify(row)}`),
    ...quarantined.map((row) => `quarantine ${JSON.stringify(row)}`),
  ];
}
