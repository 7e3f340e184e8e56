/** Up to when each window of each kind of record is proven, how often it is swept, and when next (R36). */
import { z } from 'zod';
import { SYNC_ENTITIES } from '../../domain/entities.ts';
import { isShown, isStale, provenAtOf, type FreshRow } from '../../domain/sweep/freshness.ts';
import { instant, isoOrNull } from '../wire.ts';
import type { EntityCount, FreshnessRow } from './counts.ts';

const windowSchema = z.object({
  windowKey: z.string().meta({ example: 'visits:near' }),
  provenAt: instant.nullable().meta({
    description: 'Everything in the window was read as of this instant, by its own pass or a wider one',
  }),
  ageSeconds: z.int().nullable(),
  complete: z.boolean().meta({ description: 'False: the last pass could not prove that it saw all' }),
  remoteCount: z.int().nullable(),
  intervalSeconds: z
    .int()
    .nullable()
    .meta({ description: 'How often it is swept now; longer where salons are many. Null: on demand' }),
  dueAt: instant.nullable().meta({ description: 'When it is swept next' }),
});

export const entitySchema = z.object({
  entity: z.string().meta({ example: 'booking' }),
  here: z.int().meta({ description: 'Records on the platform' }),
  linked: z.int().meta({ description: 'Records known at Booksy' }),
  goneAtBooksy: z.int(),
  provenAt: instant.nullable().meta({ description: 'The oldest of its windows; null while one is unproven' }),
  windows: z.array(windowSchema),
});

/** The kinds of record of one business. */
export function entitiesOf(
  counts: readonly EntityCount[],
  windows: readonly FreshnessRow[],
): z.input<typeof entitySchema>[] {
  const names = new Set<string>([
    ...SYNC_ENTITIES,
    ...counts.map((row) => row.entity),
    ...windows.map((row) => row.entity),
  ]);
  const fresh = new Map(windows.map((row) => [row, freshRowOf(row)]));
  return [...names].map((name) => {
    const count = counts.find((row) => row.entity === name);
    const own = [...fresh]
      .filter(([row, each]) => row.entity === name && isShown(each))
      .map(([row, each]) => ({ row, provenAt: provenAtOf(each, [...fresh.values()]) }));
    const oldest = own.reduce<number | null>(
      (least, { provenAt }) => (least === null || provenAt === null ? null : Math.min(least, provenAt)),
      own.length === 0 ? null : Infinity,
    );
    return {
      entity: name,
      here: count?.here ?? 0,
      linked: count?.linked ?? 0,
      goneAtBooksy: count?.gone ?? 0,
      provenAt: oldest === null ? null : new Date(oldest).toISOString(),
      windows: own.map(({ row, provenAt }) => ({
        windowKey: row.window_key,
        provenAt: provenAt === null ? null : new Date(provenAt).toISOString(),
        ageSeconds: provenAt === null ? null : Math.max(0, Math.floor((row.now.getTime() - provenAt) / 1000)),
        complete: row.complete,
        remoteCount: row.remote_count,
        intervalSeconds: row.interval_seconds,
        dueAt: isoOrNull(row.due_at),
      })),
    };
  });
}

/** Whether the picture of today and tomorrow is too old to sell by it (R20). */
export function isPictureStale(windows: readonly FreshnessRow[]): boolean {
  return isStale(windows.map(freshRowOf), windows[0]?.now.getTime() ?? 0);
}

function freshRowOf(row: FreshnessRow): FreshRow {
  return {
    entity: row.entity,
    windowKey: row.window_key,
    provenAt: row.proven_sent_at?.getTime() ?? null,
    dueAt: row.due_at?.getTime() ?? null,
  };
}
