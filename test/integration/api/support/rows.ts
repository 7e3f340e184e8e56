import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { DEFAULT_RULE } from '../../../../domain/rules/rules.ts';
import { appendAudit, sealValues } from '../../../../infra/audit/index.ts';
import { vaultContext } from '../../../../infra/crypto.ts';
import { SALE_DAY, salesThings } from './bookings.ts';
import type { Things } from './requests.ts';
import { makeFeed } from '../../../../infra/calendars/feeds.ts';
import { addCalendar } from '../../../../infra/calendars/store.ts';
import type { TestApi } from './api.ts';

/** Rows that the engine writes and the API shows, made by hand. All names are invented. */

export interface RunRow {
  readonly businessId: string;
  readonly kind?: string;
  readonly mode?: 'apply' | 'dry_run';
  readonly status?: string;
  readonly workflowId?: string;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
  readonly errorCode?: string;
  readonly id?: string;
}

export async function runRow(api: TestApi, row: RunRow): Promise<string> {
  const id = row.id ?? uuidv7();
  const status = row.status ?? 'completed';
  const startedAt = row.startedAt ?? new Date();
  await api.prisma.syncRun.create({
    data: {
      id,
      businessId: row.businessId,
      kind: row.kind ?? 'full_sync',
      mode: row.mode ?? 'apply',
      workflowId: row.workflowId ?? `old/${row.businessId}`,
      actor: 'test',
      status,
      startedAt,
      finishedAt: status === 'running' ? null : (row.finishedAt ?? startedAt),
      ...(status === 'failed'
        ? { errorCode: row.errorCode ?? 'auth_revoked', errorDetail: 'Booksy refused the credentials.' }
        : {}),
    },
  });
  return id;
}

export interface PlanRow extends RunRow {
  readonly version?: number;
  readonly counts?: object;
  readonly samples?: readonly object[];
}

/** A dry run with its plan. */
export async function dryRun(api: TestApi, row: PlanRow): Promise<string> {
  const id = await runRow(api, { mode: 'dry_run', ...row });
  const samples = row.samples ?? [];
  const place = { tenant: row.businessId, table: 'sync_plans', column: 'sealed_samples', row: id };
  await api.prisma.syncPlan.create({
    data: {
      runId: id,
      businessId: row.businessId,
      version: row.version ?? 1,
      counts: row.counts ?? { inbound: { visits: { create: 3 } }, outbound: {} },
      sealedSamples: new Uint8Array(api.vault.seal(JSON.stringify(samples), vaultContext(place))),
    },
  });
  return id;
}

export interface MappingRow {
  readonly businessId: string;
  readonly entity?: string;
  readonly externalId?: string;
  readonly state?: string;
  readonly recordId?: string;
  readonly card?: { readonly label: string; readonly lines: readonly string[] };
  readonly candidates?: readonly {
    readonly recordId: string;
    readonly score: number;
    readonly reasons: readonly string[];
  }[];
  readonly parentExternalId?: string;
}

let cards = 0;

export async function mappingRow(api: TestApi, row: MappingRow): Promise<{ id: string; externalId: string }> {
  const id = uuidv7();
  cards += 1;
  const externalId = row.externalId ?? String(900_000 + cards);
  const place = { tenant: row.businessId, table: 'mappings', column: 'sealed_card', row: id };
  await api.prisma.mapping.create({
    data: {
      id,
      businessId: row.businessId,
      entity: row.entity ?? 'profile',
      externalId,
      parentExternalId: row.parentExternalId ?? null,
      state: row.state ?? 'unsure',
      recordId: row.recordId ?? null,
      score: 0.8125,
      reason: 'name_only',
      candidates: (row.candidates ?? []).map((each) => ({ ...each, reasons: [...each.reasons] })),
      sealedCard:
        row.card === undefined
          ? null
          : new Uint8Array(api.vault.seal(JSON.stringify(row.card), vaultContext(place))),
    },
  });
  return { id, externalId };
}

export interface QuarantineRow {
  readonly businessId: string;
  readonly entity?: string;
  readonly externalId?: string;
  readonly reasonCode?: string;
  readonly lastSeenAt?: Date;
  readonly affected?: number;
  readonly urgentAt?: Date;
  readonly runId?: string;
}

export async function quarantineRow(api: TestApi, row: QuarantineRow): Promise<string> {
  const id = randomUUID();
  cards += 1;
  const lastSeenAt = row.lastSeenAt ?? new Date();
  await api.prisma.quarantine.create({
    data: {
      id,
      businessId: row.businessId,
      entity: row.entity ?? 'booking',
      externalId: row.externalId ?? String(800_000 + cards),
      reasonCode: row.reasonCode ?? 'unparseable',
      field: 'booked_from',
      detail: 'booked_from is no local time.',
      nextStep: 'Correct the record in Booksy, then run the sync again.',
      firstSeenAt: new Date(lastSeenAt.getTime() - 60_000),
      lastSeenAt,
      affected: row.affected ?? null,
      urgentAt: row.urgentAt ?? null,
      runId: row.runId ?? null,
    },
  });
  return id;
}

/** A record that failed alone and was left (R29): the id of its run. */
export async function failureRow(api: TestApi, businessId: string): Promise<string> {
  const runId = uuidv7();
  const recordId = uuidv7();
  await api.prisma.syncFailure.create({
    data: {
      businessId,
      entity: 'booking',
      recordKey: recordId,
      recordId,
      state: 'skipped',
      errorCode: 'database_refused',
      detail: 'The database refused the record.',
      nextStep: 'Mend it, then try again.',
      runId,
    },
  });
  return runId;
}

/** The entry of a window in which too much was missing. */
export function windowRow(api: TestApi, row: QuarantineRow): Promise<string> {
  return quarantineRow(api, {
    externalId: 'window:future',
    reasonCode: 'blast_radius',
    affected: 7,
    ...row,
  });
}

export async function profileRow(
  api: TestApi,
  businessId: string,
  more: { readonly givenName?: string; readonly familyName?: string; readonly email?: string } = {},
): Promise<string> {
  const id = uuidv7();
  await api.prisma.profile.create({
    data: {
      id,
      businessId,
      givenName: more.givenName ?? 'Anna',
      familyName: more.familyName ?? 'Zmyślona',
      email: more.email ?? null,
    },
  });
  return id;
}

let lastWebhook = 4_000_000_000_000_001n;

/** A webhook that was used. Its id is unlike any other number of the tests. */
export async function webhookRow(api: TestApi, businessId: string): Promise<string> {
  const { id } = await api.prisma.webhookLog.create({
    data: {
      id: (lastWebhook += 1n),
      businessId,
      action: 'MODIFIED',
      externalId: '12',
      bodyHash: 'h',
      drainedAt: new Date(),
    },
  });
  return String(id);
}

/** An entry of the audit trail with what it replaced; returns its id. */
export async function auditRow(api: TestApi, businessId: string, runId?: string): Promise<string> {
  const values = sealValues(api.vault, businessId, {
    before: { clientNote: 'ząb' },
    after: { clientNote: null },
  });
  await appendAudit(api.prisma, { businessId, runId: runId ?? null }, [
    {
      actor: 'sync',
      action: 'updated',
      entity: 'booking',
      recordId: uuidv7(),
      groups: ['clientNote'],
      values,
    },
  ]);
  return values.entryId;
}

/** An open conflict about a client's phone; returns its id. */
export async function conflictRow(api: TestApi, businessId: string): Promise<string> {
  const id = uuidv7();
  await api.prisma.booksySyncConflict.create({
    data: {
      id,
      businessId,
      kind: 'field',
      entity: 'profile',
      recordId: await profileRow(api, businessId),
      groups: ['phone'],
      detail: {},
    },
  });
  return id;
}

/** An undo that has no plan yet. */
export async function undoRow(
  api: TestApi,
  businessId: string,
  runId: string,
  state = 'planned',
): Promise<string> {
  const id = uuidv7();
  await api.prisma.syncUndo.create({
    data: { id, businessId, runId, state, requestedBy: 'test', expiresAt: new Date(Date.now() + 3_600_000) },
  });
  return id;
}

/** The rule that a connected business gets. */
export async function ruleRow(api: TestApi, businessId: string): Promise<void> {
  const { id, name, sourceSystem, priority, conditions, actions, active } = DEFAULT_RULE;
  await api.prisma.syncRule.create({
    data: {
      businessId,
      id,
      name,
      sourceSystem,
      priority,
      conditions: { ...conditions },
      actions: { ...actions },
      active,
    },
  });
}

/** A calendar of others and a feed of ours. */
export async function calendarRows(api: TestApi, businessId: string) {
  const owner = { businessId, ownerKind: 'business', ownerId: businessId } as const;
  return api.prisma.$transaction(async (tx) => {
    const calendar = await addCalendar(tx, api.vault, {
      ...owner,
      name: 'Prywatny',
      url: new URL('https://calendar.example/private/basic.ics'),
      blocksBooksy: true,
      intervalSeconds: 900,
    });
    const feed = await makeFeed(tx, { ...owner, name: 'Moje wizyty', withDetails: false }, 'test');
    if (calendar === null || feed === null) throw new Error('The calendars were not made.');
    return { calendar, feed: feed.id, feedToken: feed.token };
  });
}

/** A day off to come of somebody, far from what else is there. */
export async function timeOffRow(api: TestApi, businessId: string, staffId: string): Promise<string> {
  const id = uuidv7();
  const day = new Date(Date.now() + 40 * 86_400_000).toISOString().slice(0, 10);
  await api.prisma.timeOff.create({
    data: {
      id,
      businessId,
      ownerKind: 'staff',
      ownerId: staffId,
      zone: 'Europe/Warsaw',
      startsLocal: new Date(`${day}T09:00Z`),
      endsLocal: new Date(`${day}T17:00Z`),
      startsAt: new Date(`${day}T08:00Z`),
      endsAt: new Date(`${day}T16:00Z`),
    },
  });
  return id;
}

/** A week of a salon that begins on a day to come: as long as the one before it. */
export async function scheduleRows(api: TestApi, businessId: string, from: string): Promise<void> {
  await api.prisma.workingHours.createMany({
    data: [0, 1, 2, 3, 4, 5, 6].map((dayOfWeek) => ({
      id: uuidv7(),
      businessId,
      ownerKind: 'business',
      ownerId: businessId,
      kind: 'weekly',
      dayOfWeek,
      appliesFrom: new Date(from),
      intervals: [[480, 1200]],
    })),
  });
}

/** One of everything that an address can name. */
export async function everything(api: TestApi, business: string): Promise<Things> {
  const run = await dryRun(api, { businessId: business });
  const { id: mapping } = await mappingRow(api, {
    businessId: business,
    externalId: '1',
    card: { label: 'Anna Zmyślona', lines: ['anna@poczta.example'] },
    candidates: [{ recordId: await profileRow(api, business), score: 0.7, reasons: ['name_same'] }],
  });
  const quarantine = await windowRow(api, { businessId: business });
  const failure = await failureRow(api, business);
  const webhook = await webhookRow(api, business);
  const entry = await auditRow(api, business, run);
  const undo = await undoRow(api, business, run);
  const conflict = await conflictRow(api, business);
  await ruleRow(api, business);
  const { staff, variant, booking, begun, hold } = await salesThings(api, business);
  const timeOff = await timeOffRow(api, business, staff);
  await scheduleRows(api, business, SALE_DAY);
  const { calendar, feed, feedToken } = await calendarRows(api, business);
  return {
    calendar,
    feed,
    feedToken,
    staff,
    timeOff,
    business,
    run,
    mapping,
    conflict,
    quarantine,
    failure,
    entry,
    undo,
    webhook,
    variant,
    booking,
    begun,
    hold,
  };
}

/** The audit trail of a business, oldest first. */
export async function auditOf(api: TestApi, businessId: string) {
  return api.prisma.booksyAuditLog.findMany({
    where: { businessId },
    orderBy: { id: 'asc' },
    select: { action: true, actor: true, reasonCode: true, entity: true, externalId: true, runId: true },
  });
}
