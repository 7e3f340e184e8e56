import { v7 as uuidv7 } from 'uuid';
import { Prisma } from '../../infra/database/index.ts';
import type { Json } from '../../domain/canonical.ts';
import type { Direction, GroupStates } from '../../domain/merge.ts';
import type { EditCounters, OursState } from '../../domain/plan.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import type { ChangedRecord, EntityBinding, NewRecord } from './binding.ts';
import type { MirrorTable } from './mirror.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import { rowLock } from './scope.ts';

/** One column of a record that lives in one row. Names are constants of this code, never input. */
export interface FlatColumn {
  readonly column: string;
  readonly sqlType: string;
  readonly group: string;
  /** Which part of the group the column holds, where a group has several. */
  readonly part?: string;
}

export interface FlatBindingOptions {
  readonly entity: SyncEntity;
  readonly table: string;
  readonly columns: readonly FlatColumn[];
  readonly mirror: MirrorTable;
  readonly directionOf: (group: string) => Direction;
  /** Groups that a new record cannot do without. */
  readonly required?: readonly string[];
  /** Edit counter column of each group that has one (R7a). */
  readonly counters?: Readonly<Record<string, string>>;
  /** Columns that follow from the groups (instants from local times). */
  readonly derived?: {
    readonly columns: Readonly<Record<string, string>>;
    readonly of: (groups: GroupStates) => Readonly<Record<string, Json>>;
  };
  /** Constant columns of new rows. */
  readonly constants?: Readonly<Record<string, string>>;
  /** Further columns of new rows. */
  readonly onInsert?: {
    readonly columns: Readonly<Record<string, string>>;
    readonly of: (record: NewRecord) => Readonly<Record<string, Json>>;
  };
  readonly mirrorExtra?: (seen: SeenRecord) => Readonly<Record<string, Json>>;
}

/** A binding for records that live in one row of one table: all of them are written by one statement. */
export function createFlatBinding(options: FlatBindingOptions): EntityBinding {
  const types = new Map<string, string>([
    ...options.columns.map(({ column, sqlType }): [string, string] => [column, sqlType]),
    ...Object.entries(options.derived?.columns ?? {}),
  ]);
  const names = [...types.keys()];
  const recordset = recordsetOf([...types]);

  return {
    entity: options.entity,
    mirror: options.mirror,
    directionOf: options.directionOf,
    required: options.required ?? [],
    mirrorExtra: options.mirrorExtra ?? (() => ({})),
    newRecordId: () => uuidv7(),

    async loadOurs(scope, recordIds) {
      const rows = await scope.tx.$queryRaw<{ id: string; row: Record<string, Json> }[]>`
        SELECT t.id, to_jsonb(t) AS row FROM ${Prisma.raw(options.table)} t
         WHERE t.business_id = ${scope.businessId}::uuid AND t.id = ANY(${recordIds}::uuid[])
         ORDER BY t.id ${rowLock(scope)}`;
      return new Map(rows.map(({ id, row }) => [id, oursOf(row, options)]));
    },

    async insert(scope, records) {
      const payload = records.map((record) => ({
        ...rowOf(record.recordId, record.seen.here, options),
        ...options.onInsert?.of(record),
      }));
      const constants = Object.entries(options.constants ?? {});
      const constantNames = constants.map(([name]) => `, ${name}`).join('');
      const constantValues = constants.map(([, value]) => Prisma.sql`, ${value}`);
      const once = Object.entries(options.onInsert?.columns ?? {});
      const columns = [...names, ...once.map(([name]) => name)];
      await scope.tx.$executeRaw`
        INSERT INTO ${Prisma.raw(options.table)}
          (id, business_id, ${Prisma.raw(columns.join(', '))} ${Prisma.raw(constantNames)})
        SELECT r.id, ${scope.businessId}::uuid, ${Prisma.raw(columns.map((name) => `r.${name}`).join(', '))}
               ${constantValues.length === 0 ? Prisma.empty : Prisma.join(constantValues, ' ')}
          FROM jsonb_to_recordset(${JSON.stringify(payload)}::jsonb)
            AS ${Prisma.raw(recordsetOf([...types, ...once]))}`;
    },

    async update(scope, records) {
      const payload = records.map((record) => rowOf(record.recordId, mergedGroups(record), options));
      const sets = names.map((name) => `${name} = r.${name}`).join(', ');
      const left = names.map((name) => `t.${name}`).join(', ');
      const right = names.map((name) => `r.${name}`).join(', ');
      const rows = await scope.tx.$queryRaw<{ id: string; row: Record<string, Json> }[]>`
        UPDATE ${Prisma.raw(options.table)} t SET ${Prisma.raw(sets)}
          FROM jsonb_to_recordset(${JSON.stringify(payload)}::jsonb) AS ${Prisma.raw(recordset)}
         WHERE t.id = r.id AND t.business_id = ${scope.businessId}::uuid
           AND (${Prisma.raw(left)}) IS DISTINCT FROM (${Prisma.raw(right)})
        RETURNING t.id, to_jsonb(t) AS row`;
      return new Map(rows.map(({ id, row }) => [id, countersOf(row, options.counters ?? {})]));
    },
  };
}

/** The groups of a record once the groups to apply are written. */
export function mergedGroups(record: ChangedRecord): GroupStates {
  const merged: Record<string, Json> = { ...record.ours };
  for (const group of record.apply) {
    const value = record.seen.here[group];
    if (value === undefined) Reflect.deleteProperty(merged, group);
    else merged[group] = value;
  }
  return merged;
}

/** The part of a group's value, or the value itself. */
export function partOf(value: Json | undefined, part: string | undefined): Json {
  if (value === undefined || value === null) return null;
  if (part === undefined) return value;
  if (typeof value !== 'object' || Array.isArray(value)) return null;
  return (value as { readonly [key: string]: Json })[part] ?? null;
}

/** A text that a group must hold. @throws Error where the translation left it out: a defect, not bad data */
export function textOf(value: Json | undefined, part?: string): string {
  const text = partOf(value, part);
  if (typeof text !== 'string')
    throw new Error(`A group lacks the text ${part ?? '(itself)'} that it is made with.`);
  return text;
}

function recordsetOf(columns: readonly (readonly [string, string])[]): string {
  return `r(id uuid${columns.map(([name, type]) => `, ${name} ${type}`).join('')})`;
}

function rowOf(recordId: string, groups: GroupStates, options: FlatBindingOptions): Record<string, Json> {
  const row: Record<string, Json> = { id: recordId };
  for (const { column, group, part } of options.columns) row[column] = partOf(groups[group], part);
  return { ...row, ...options.derived?.of(groups) };
}

function oursOf(row: Record<string, Json>, options: FlatBindingOptions): OursState {
  const groups: Record<string, Json> = {};
  for (const { column, sqlType, group, part } of options.columns) {
    const value = fromColumn(row[column] ?? null, sqlType);
    if (part === undefined) groups[group] = value;
    else groups[group] = { ...(groups[group] as { [key: string]: Json } | undefined), [part]: value };
  }
  return { groups, counters: countersOf(row, options.counters ?? {}), ended: false };
}

function fromColumn(value: Json, sqlType: string): Json {
  return sqlType === 'timestamp' && typeof value === 'string' ? value.slice(0, 16) : value;
}

function countersOf(row: Record<string, Json>, counters: Readonly<Record<string, string>>): EditCounters {
  return Object.fromEntries(
    Object.entries(counters).map(([group, column]) => [group, Number(row[column] ?? 0)]),
  );
}

/** Where a mirror keeps records that have nothing but their id. */
export function mirrorTable(
  table: string,
  linkColumn: string,
  options: Partial<Pick<MirrorTable, 'idColumn' | 'fixed' | 'extra' | 'onInsert' | 'formerColumn'>> = {},
): MirrorTable {
  return {
    table,
    linkColumn,
    idColumn: options.idColumn ?? 'external_id',
    fixed: options.fixed ?? {},
    extra: options.extra ?? {},
    onInsert: options.onInsert ?? {},
    ...(options.formerColumn === undefined ? {} : { formerColumn: options.formerColumn }),
  };
}

/** Everything comes in only, until the owner opens the way out (R8). */
export const inboundOnly = (): Direction => 'in';
