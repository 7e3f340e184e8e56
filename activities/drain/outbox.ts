import type { ProcessReport } from '../../domain/protocol/port.ts';
import { WRITE_ENTITIES, type RecordRef, type WriteEntity } from '../../domain/protocol/types.ts';
import type { RunBusiness } from '../inbound/run.ts';
import { apart, eachBounded } from './bounded.ts';
import { deleteBoxRows, type BoxRecord } from './boxes.ts';
import type { SharedCatalog } from './catalog.ts';
import type { PutOffRecord } from './put-off.ts';
import { DRAIN_ACTOR, type DrainDeps, type DrainRun } from './deps.ts';

/**
 * Records of one business that are processed at once. They share their statements and one connection (Rounds); each may hold
 * a place at the pacer.
 */
const RECORDS_AT_ONCE = 12;

/** What became of the records of one look. */
export interface DrainedRecords {
  /** Content equals base: taken out without a call (R26). */
  readonly echoes: number;
  /** Ids of records that were processed, whatever came of it. */
  readonly processed: readonly string[];
  readonly writes: number;
  readonly conflicts: number;
  /** Leased elsewhere, or not settled in seven rounds: their rows stay and are looked at again. */
  readonly later: readonly PutOffRecord[];
  readonly failed: readonly { readonly record: WritableRecord; readonly error: unknown }[];
}

/** A record that Booksy can be written for. */
export type WritableRecord = BoxRecord & { readonly entity: WriteEntity };

/** Takes out echoes and what is never written at Booksy, and processes the rest, each record by itself (R13). */
export async function drainRecords(
  deps: DrainDeps,
  run: DrainRun,
  business: RunBusiness,
  records: readonly BoxRecord[],
  catalog: SharedCatalog,
  beat: () => void,
): Promise<DrainedRecords> {
  const writable = records.filter(isWritable);
  await deleteBoxRows(
    deps.db,
    records.filter((record) => !isWritable(record)).flatMap(({ rowIds }) => rowIds),
  );
  const echoes = await takeOutEchoes(deps, run.businessId, writable);
  const outcomes = apart(
    await eachBounded(
      writable.filter(({ recordId }) => !echoes.has(recordId)),
      RECORDS_AT_ONCE,
      async ({ entity, recordId }) => {
        const report = await deps.outbound.processOne(
          deps,
          { businessId: run.businessId, entity, recordId },
          { runId: run.runId, actor: DRAIN_ACTOR, business, catalog: catalog.links },
        );
        catalog.processed(entity);
        return report;
      },
      beat,
    ),
  );
  const reports = outcomes.done.map(({ value }) => value);
  return {
    echoes: echoes.size,
    processed: outcomes.done.map(({ item }) => item.recordId),
    writes: sum(reports, ({ writes }) => writes),
    conflicts: sum(reports, ({ conflicts }) => conflicts),
    later: outcomes.done.flatMap(({ item, value }) =>
      staysInBox(value) ? [{ recordId: item.recordId, externalId: null }] : [],
    ),
    failed: outcomes.failed.map(({ item, error }) => ({ record: item, error })),
  };
}

/** Whether records of its kind are ever written at Booksy. */
export function isWritable(record: BoxRecord): record is WritableRecord {
  return WRITE_ENTITIES.some((entity) => entity === record.entity);
}

function staysInBox({ outcome }: ProcessReport): boolean {
  return outcome === 'leased' || outcome === 'unsettled';
}

/** The content is read after the rows were: a change since then has a row of its own, which stays. */
async function takeOutEchoes(
  deps: DrainDeps,
  businessId: string,
  records: readonly WritableRecord[],
): Promise<ReadonlySet<string>> {
  const asked = records.filter(({ mustProcess }) => !mustProcess);
  if (asked.length === 0) return new Set();
  const refs = asked.map(({ entity, recordId }): RecordRef => ({ entity, recordId }));
  const echoes = await deps.outbound.echoesOf(deps.db, businessId, refs);
  await deleteBoxRows(
    deps.db,
    asked.filter(({ recordId }) => echoes.has(recordId)).flatMap(({ rowIds }) => rowIds),
  );
  return echoes;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
