import { isBooksyError } from '../../booksy/index.ts';
import type { RunBusiness } from '../inbound/run.ts';
import type { DrainDeps } from './deps.ts';

/** A systemic failure stops the drains of a business; everything stays in the boxes until a probe succeeds (R29). */

const PROBE_EVERY_SECONDS = 60;

/** Opens the circuit: one incident, however many records failed. */
export async function openCircuit(
  { db, logger }: Pick<DrainDeps, 'db' | 'logger'>,
  businessId: string,
  code: string,
): Promise<void> {
  await db.$executeRaw`
    UPDATE businesses
       SET circuit_opened_at = coalesce(circuit_opened_at, now()), circuit_code = ${code},
           circuit_probe_at = now() + make_interval(secs => ${PROBE_EVERY_SECONDS})
     WHERE id = ${businessId}::uuid`;
  logger.error({ businessId, code }, 'the circuit of a business opened: changes wait in the boxes');
}

/** A probe failed: the next one in a minute. */
export async function putOffProbe({ db }: Pick<DrainDeps, 'db'>, businessId: string): Promise<void> {
  await db.$executeRaw`
    UPDATE businesses SET circuit_probe_at = now() + make_interval(secs => ${PROBE_EVERY_SECONDS})
     WHERE id = ${businessId}::uuid AND circuit_opened_at IS NOT NULL`;
}

/**
 * A probe succeeded. What was to go out while the gate was shut has left the boxes: platform and base are compared at once,
 * not at night.
 */
export async function closeCircuit(
  { db, logger }: Pick<DrainDeps, 'db' | 'logger'>,
  businessId: string,
): Promise<void> {
  await db.$executeRaw`
    WITH closed AS (
      UPDATE businesses SET circuit_opened_at = NULL, circuit_code = NULL, circuit_probe_at = NULL
       WHERE id = ${businessId}::uuid AND circuit_opened_at IS NOT NULL
      RETURNING id
    )
    INSERT INTO sync_outbox (business_id, entity, operation, origin)
    SELECT id, 'business', 'compare', 'sync' FROM closed`;
  logger.info({ businessId }, 'the circuit of a business is closed again');
}

/** Null where Booksy answers for the business, else the code of its trouble. */
export async function isBooksyThere(
  { booksy }: Pick<DrainDeps, 'booksy'>,
  business: RunBusiness,
): Promise<string | null> {
  try {
    await booksy.getBusiness(business.externalId, { lane: 2 });
    return null;
  } catch (error) {
    if (isBooksyError(error)) return error.code;
    throw error;
  }
}
