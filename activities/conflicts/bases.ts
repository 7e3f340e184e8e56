import { moveBases } from '../../domain/conflicts/bases.ts';
import type { Side } from '../../domain/conflicts/resolution.ts';
import { MIRRORS, type ConflictPicture } from '../../infra/conflicts/picture.ts';
import { Prisma } from '../../infra/database/index.ts';
import type { ApplyScope } from '../apply/scope.ts';

/** The end of a visit that Booksy no longer has, as a base: what is gone there counts as ended there. */
const ENDED = { status: 'cancelled', reason: 'gone_at_booksy' } as const;

/**
 * Moves the bases of some groups (see {@link moveBases}); the mirror's row is locked. The fingerprint goes, so that no pass
 * takes the record for unchanged before the decision was carried out. No value is written on either side.
 */
export async function writeBases(
  scope: ApplyScope,
  picture: ConflictPicture,
  sides: { readonly [group: string]: Side | 'both' },
): Promise<void> {
  const { row, mirror, ours } = picture;
  if (mirror === null || Object.keys(sides).length === 0) return;
  const goneToStay = mirror.goneAt !== null && sides.status === 'platform' && row.entity === 'booking';
  const next = moveBases(
    { ...mirror, remote: goneToStay ? { ...mirror.remote, status: ENDED } : mirror.remote, ours },
    sides,
  );
  const place = MIRRORS[row.entity];
  await scope.tx.$executeRaw`
    UPDATE ${Prisma.raw(place.table)}
       SET base_theirs = ${JSON.stringify(next.baseTheirs)}::jsonb, base_ours = ${JSON.stringify(next.baseOurs)}::jsonb,
           base_counters = ${JSON.stringify(next.baseCounters)}::jsonb, remote_hash = '', updated_at = now()
     WHERE business_id = ${scope.businessId}::uuid AND external_id = ${mirror.externalId}
       ${place.only === null ? Prisma.empty : Prisma.raw(`AND ${place.only}`)}`;
}

/** All groups of a conflict to one side. */
export function everyGroup<S extends Side | 'both'>(
  groups: readonly string[],
  side: S,
): { readonly [group: string]: S } {
  return Object.fromEntries(groups.map((group) => [group, side]));
}
