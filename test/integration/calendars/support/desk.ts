import { v7 as uuidv7 } from 'uuid';
import { pollDue, type CalendarDeps, type PollReport } from '../../../../activities/calendars/index.ts';
import { createFeedFetcher } from '../../../../infra/calendars/fetch.ts';
import { addCalendar, type NewCalendar } from '../../../../infra/calendars/store.ts';
import type { Tx } from '../../../../infra/database/index.ts';
import { createLogger } from '../../../../infra/logger.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/database.ts';
import { makeBusiness, testVault } from '../../../support/salon.ts';
import { startFeedServer, type FeedServer } from './feed-server.ts';

/** A salon of two, whoever serves its calendars, and the polling of them without a workflow around it. */
export interface CalendarDesk {
  readonly database: TestDatabase;
  readonly server: FeedServer;
  deps: CalendarDeps;
  /** Lines of the log since the last salon. */
  readonly log: string[];
  readonly businessId: string;
  readonly anna: string;
  readonly jan: string;
  /** Another salon; what was there before is polled no more. */
  anotherSalon(): Promise<void>;
  /** A calendar of Anna, unless told otherwise, at the server. */
  calendar(more?: Partial<NewCalendar>): Promise<string>;
  inTx<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Makes all calendars due. */
  due(): Promise<unknown>;
  /** Polls all calendars now. */
  poll(): Promise<PollReport>;
  /** `anna 20261124T090000Z` of each block. */
  blocks(): Promise<readonly string[]>;
  row(id: string): ReturnType<CalendarDeps['db']['externalCalendar']['findUniqueOrThrow']>;
  /** Grows with every write to blocks, outbox and audit trail. */
  writes(): Promise<number>;
  stop(): Promise<void>;
}

export async function openCalendarDesk(maxBytes = 1_000_000): Promise<CalendarDesk> {
  const database = await createTestDatabase();
  const server = await startFeedServer();
  const feeds = createFeedFetcher({ allowLoopback: true, maxBytes });
  const db = database.database.prisma;
  const log: string[] = [];
  const destination = { write: (line: string) => log.push(line) };
  const salon = { businessId: '', anna: '', jan: '' };

  async function person(name: string): Promise<string> {
    const id = uuidv7();
    await db.staff.create({ data: { id, businessId: salon.businessId, name } });
    return id;
  }

  const desk: CalendarDesk = {
    database,
    server,
    log,
    deps: {
      db,
      vault: testVault,
      logger: createLogger({ level: 'debug', dir: null }, { name: 'test', destination }),
      calendars: { keepHours: 48, maxBytes, horizonDays: 100 },
      feeds,
    },
    get businessId() {
      return salon.businessId;
    },
    get anna() {
      return salon.anna;
    },
    get jan() {
      return salon.jan;
    },
    async anotherSalon() {
      await database.pool.query('UPDATE external_calendars SET active = false');
      salon.businessId = (await makeBusiness(db)).id;
      [salon.anna, salon.jan] = await Promise.all([person('Anna Wzorcowa'), person('Jan Wzorcowy')]);
      log.length = 0;
    },
    async calendar(more = {}) {
      const id = await desk.inTx((tx) =>
        addCalendar(tx, testVault, {
          businessId: salon.businessId,
          ownerKind: 'staff',
          ownerId: salon.anna,
          name: 'Private',
          url: new URL(`${server.url}/secret-path.ics`),
          blocksBooksy: true,
          intervalSeconds: 300,
          ...more,
        }),
      );
      return id ?? '';
    },
    inTx: (work) => db.$transaction(work),
    due: () => database.pool.query('UPDATE external_calendars SET due_at = now() WHERE active'),
    async poll() {
      await desk.due();
      return pollDue(desk.deps, () => undefined);
    },
    async blocks() {
      const { rows } = await database.pool.query<{ owner: string; at: string }>(
        `SELECT CASE owner_id WHEN $2 THEN 'anna' ELSE 'jan' END AS owner, to_char(starts_at AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MISS"Z"') AS at
           FROM time_off WHERE business_id = $1 AND source = 'calendar' ORDER BY starts_at, owner`,
        [salon.businessId, salon.anna],
      );
      return rows.map(({ owner, at }) => `${owner} ${at}`);
    },
    row: (id) => db.externalCalendar.findUniqueOrThrow({ where: { id } }),
    async writes() {
      const { rows } = await database.pool.query<{ n: string }>(
        `SELECT (SELECT count(*) FROM sync_outbox) + (SELECT coalesce(sum(row_version), 0) FROM time_off)
              + (SELECT count(*) FROM booksy_audit_log) AS n`,
      );
      return Number(rows[0]?.n);
    },
    async stop() {
      await Promise.all([server.stop(), feeds.close()]);
      await database.drop();
    },
  };
  return desk;
}

/** An hour of some day from now on, in UTC; the same whatever the clocks of the salon do. */
export function day(ahead: number, hour = 9): string {
  const at = new Date();
  at.setUTCDate(at.getUTCDate() + ahead);
  at.setUTCHours(hour, 0, 0, 0);
  return at.toISOString().replace(/[-:]|\.000/g, '');
}

/** An event of an hour, so many days ahead. */
export function entry(uid: string, ahead: number, ...more: readonly string[]): string {
  const lines = [
    'BEGIN:VEVENT',
    `UID:${uid}`,
    `DTSTART:${day(ahead)}`,
    'DURATION:PT1H',
    ...more,
    'END:VEVENT',
  ];
  return lines.join('\r\n');
}

export function feed(...entries: readonly string[]): string {
  return `BEGIN:VCALENDAR\r\nVERSION:2.0\r\n${entries.map((each) => `${each}\r\n`).join('')}END:VCALENDAR\r\n`;
}
