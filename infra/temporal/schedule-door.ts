import type { Db } from '../database/index.ts';
import {
  countBusinesses,
  ensureSchedules,
  pollCalendarsNow,
  readSchedules,
  settleSchedules,
  sweepNow,
  type ScheduleReport,
  type ScheduleScope,
  type ScheduleStatus,
} from './schedules.ts';

export type { ScheduleReport, ScheduleStatus } from './schedules.ts';

/** The schedules as the API and the CLI use them. Every call throws where Temporal does not answer. */
export interface Schedules {
  read(): Promise<readonly ScheduleStatus[]>;
  /** Makes those that are missing and sets the others right. */
  ensure(): Promise<readonly ScheduleReport[]>;
  /** Sets right those that there are by how the businesses stand now (R30). */
  settle(): Promise<readonly ScheduleReport[]>;
  /** Lets the sweeper look at once at what is due; false where there is no schedule yet. */
  sweepNow(): Promise<boolean>;
  /** Polls at once the calendars that are due; false where there is no schedule yet. */
  pollCalendarsNow(): Promise<boolean>;
}

export function createSchedules(scope: ScheduleScope, db: Pick<Db, '$queryRaw'>): Schedules {
  return {
    read: () => readSchedules(scope),
    ensure: async () => ensureSchedules(scope, await countBusinesses(db)),
    settle: async () => settleSchedules(scope, await countBusinesses(db)),
    sweepNow: () => sweepNow(scope),
    pollCalendarsNow: () => pollCalendarsNow(scope),
  };
}
