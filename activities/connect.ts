import { v7 as uuidv7 } from 'uuid';
import type { BooksyClient } from '../booksy/index.ts';
import type { Db } from '../infra/database/index.ts';
import type { Logger } from '../infra/logger.ts';
import { giveDefaultRule } from '../infra/rules/defaults.ts';

export interface ConnectedBusiness {
  readonly businessId: string;
  readonly externalId: string;
  readonly name: string;
  readonly created: boolean;
}

/**
 * Connects every business that the Booksy account lists: a business that is known stays as it is, a new one is made with
 * the zone and currency that Booksy states and the default sync rule. Doing it again changes nothing.
 *
 * @returns all connected businesses, in Booksy's order, and the ids of rows that could not be read
 */
export async function connectBusinesses(deps: {
  readonly db: Db;
  readonly booksy: BooksyClient;
  readonly logger: Logger;
}): Promise<{ readonly connected: readonly ConnectedBusiness[]; readonly rejected: number }> {
  const list = await deps.booksy.listBusinesses({ lane: 5 });
  for (const row of list.rejected) {
    deps.logger.warn(
      { externalId: row.externalId, code: row.reasonCode, field: row.field },
      'a business of the Booksy account could not be read and is not connected',
    );
  }
  const connected: ConnectedBusiness[] = [];
  for (const business of list.rows) {
    const known = await deps.db.business.findUnique({ where: { booksyBusinessId: business.externalId } });
    const row =
      known ??
      (await deps.db.business.create({
        data: {
          id: uuidv7(),
          name: business.name,
          zone: business.zone,
          country: business.country,
          currency: business.currency,
          bookingMode: business.bookingMode,
          booksyBusinessId: business.externalId,
        },
      }));
    connected.push({
      businessId: row.id,
      externalId: business.externalId,
      name: row.name,
      created: known === null,
    });
  }
  await giveDefaultRule(
    deps.db,
    connected.filter(({ created }) => created).map(({ businessId }) => businessId),
  );
  return { connected, rejected: list.rejected.length };
}
