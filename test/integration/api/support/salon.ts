import { randomUUID } from 'node:crypto';
import { SCOPES } from '../../../../infra/tokens.ts';
import { startTestApi, type TestApi, type TestApiOptions } from './api.ts';

/** One salon with a little of everything that the status counts. */
export async function salon(of: TestApi) {
  const id = await of.business('Salon Pod Lipą');
  const { token } = await of.token(SCOPES, [id]);
  const { pool } = of.database;
  const staff = async (externalId: string | null, gone: boolean) => {
    const staffId = randomUUID();
    await pool.query(
      `INSERT INTO staff (id, business_id, name, bookable, active, position) VALUES ($1, $2, 'Osoba', true, true, 0)`,
      [staffId, id],
    );
    if (externalId === null) return;
    await pool.query(
      `INSERT INTO external_staff (business_id, external_id, staff_id, remote, remote_hash, base_theirs, base_ours, base_counters,
                                   observed_sent_at, observed_received_at, gone_at)
       VALUES ($1, $2, $3, '{}', 'h', '{}', '{}', '{}', now(), now(), $4)`,
      [id, externalId, staffId, gone ? new Date() : null],
    );
  };
  await staff('1', false);
  await staff('2', true);
  await staff(null, false);
  const proven = (entity: string, window: string, secondsAgo: number | null) =>
    pool.query(
      `INSERT INTO integration_sync_status (business_id, entity, window_key, proven_sent_at, proven_received_at, complete, remote_count)
       VALUES ($1, $2, $3, now() - $4 * interval '1 second', now() - $4 * interval '1 second', $4::int IS NOT NULL, 7)`,
      [id, entity, window, secondsAgo],
    );
  await proven('staff', 'all', 100);
  await proven('booking', '2026-01', 50);
  await proven('booking', '2026-02', 500);
  await proven('profile', 'all', null);
  await of.prisma.booksySyncConflict.createMany({
    data: ['field', 'field', 'double'].map((kind, n) => ({
      id: randomUUID(),
      businessId: id,
      kind,
      entity: 'booking',
      recordId: randomUUID(),
      status: 'open',
      detail: { n },
    })),
  });
  await of.prisma.booksySyncConflict.create({
    data: {
      id: randomUUID(),
      businessId: id,
      kind: 'field',
      entity: 'booking',
      recordId: randomUUID(),
      status: 'closed',
    },
  });
  await of.prisma.mapping.create({
    data: {
      id: randomUUID(),
      businessId: id,
      entity: 'profile',
      externalId: '1',
      state: 'unsure',
      reason: 'shared_phone',
    },
  });
  await of.prisma.quarantine.create({
    data: {
      id: randomUUID(),
      businessId: id,
      entity: 'booking',
      externalId: '9',
      reasonCode: 'unparseable',
      detail: 'x',
      nextStep: 'y',
    },
  });
  return { id, token };
}

export async function using<T>(options: TestApiOptions, use: (other: TestApi) => Promise<T>): Promise<T> {
  const other = await startTestApi(options);
  try {
    return await use(other);
  } finally {
    await other.stop();
  }
}
