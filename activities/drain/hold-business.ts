import type { DrainDeps } from './deps.ts';

export interface HoldBusiness {
  readonly businessId: string;
  /** What a person asked for in the Temporal Web UI. */
  readonly wish: 'pause' | 'resume';
}

/** Writes down a wish of the Temporal Web UI: the truth of a pause is in PostgreSQL (R28). Asking twice changes nothing. */
export async function holdBusiness({ db }: Pick<DrainDeps, 'db'>, input: HoldBusiness): Promise<void> {
  const { businessId, wish } = input;
  await db.$executeRaw`
    UPDATE businesses
       SET paused_at = CASE ${wish}::text WHEN 'pause' THEN coalesce(paused_at, now()) END,
           paused_by = CASE ${wish}::text WHEN 'pause' THEN coalesce(paused_by, 'temporal-ui') END
     WHERE id = ${businessId}::uuid`;
}
