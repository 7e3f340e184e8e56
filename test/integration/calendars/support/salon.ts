import { v7 as uuidv7 } from 'uuid';
import type { TestApi } from '../../api/support/api.ts';

/** What tests of calendars and feeds by API share. All people are invented. */

export const ADMIN = '/api/admin/booksy';

/** Somebody who works at a salon. */
export async function person(api: TestApi, businessId: string, name: string): Promise<string> {
  const id = uuidv7();
  await api.prisma.staff.create({ data: { id, businessId, name } });
  return id;
}
