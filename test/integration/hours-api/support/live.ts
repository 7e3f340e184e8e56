import { startLiveEngine, type LiveEngine } from '../../drain/support/engine.ts';

/** The whole product with one salon, and one of its people whom both sides know. */
export interface LiveSalon {
  readonly engine: LiveEngine;
  readonly owner: { readonly id: string; readonly externalId: string };
  /** A path of Booksy's below what that person has there: hours, time off. */
  readonly path: (rest: string) => string;
}

export async function openLiveSalon(): Promise<LiveSalon> {
  const engine = await startLiveEngine({ visits: 60, clients: 15 });
  const { businessId } = engine;
  const { db } = engine.deps;
  const staff = await db.staff.findMany({ where: { businessId, active: true, bookable: true } });
  const { externalId, staffId } = await db.externalStaff.findFirstOrThrow({
    where: { businessId, staffId: { in: staff.map(({ id }) => id) } },
    orderBy: { externalId: 'asc' },
  });
  if (staffId === null) throw new Error('The person is not linked.');
  const { booksyBusinessId } = await db.business.findUniqueOrThrow({ where: { id: businessId } });
  return {
    engine,
    owner: { id: staffId, externalId },
    path: (rest) => `/business/${booksyBusinessId ?? ''}/schedule/resource/${externalId}/${rest}`,
  };
}
