import { randomUUID } from 'node:crypto';
import type { ProcessReport } from '../../domain/protocol/port.ts';
import { processRecord } from '../../domain/protocol/process.ts';
import { DEFAULT_SETTINGS } from '../../domain/protocol/settings.ts';
import { businessOf } from '../inbound/run.ts';
import { ADAPTERS } from './adapters/index.ts';
import { admitted } from './admission.ts';
import type { EngineDeps, ProcessRef, ProcessRun } from './context.ts';
import { EnginePort } from './port.ts';
import { togetherOf } from './together.ts';
import { isReservation, leaveReservation } from './reservation.ts';

export { echoesOf } from './echoes.ts';
export { neverLinked } from './never-linked.ts';
export type { EngineDeps, ProcessRef, ProcessRun } from './context.ts';

/**
 * Brings one record into step with Booksy: the one way in which anything is written there (R13–R18). The record's box rows,
 * due writes and memories are settled with it.
 *
 * @throws BooksyError where a read was not answered or access is refused; errors of the database as they are. Nothing is lost:
 * what was not settled is still in the box, or due
 */
export async function processOne(deps: EngineDeps, ref: ProcessRef, run: ProcessRun): Promise<ProcessReport> {
  const business = run.business ?? (await businessOf(deps.db, ref.businessId));
  const adapter = ADAPTERS[ref.entity];
  if (ref.entity === 'time_off' && (await isReservation(deps.db, ref))) return leaveReservation(deps.db, ref);
  return admitted(deps.booksy, business.id, async () => {
    const ended = togetherOf(deps.db).begin();
    try {
      const port = new EnginePort({ deps, business, ref, run, owner: randomUUID() }, adapter);
      const report = await processRecord(port, { ...DEFAULT_SETTINGS, ...deps.waits });
      if (port.fatal !== null) throw port.fatal;
      return report;
    } finally {
      ended();
    }
  });
}
