/**
 * Where Prisma's own tools find schema, migrations and database.
 *
 * The product never needs them at run time: `booksy migrate` applies the same files (infra/database/migrate.ts).
 * DATABASE_DIRECT_URL goes around a pooler, which migrations need.
 */
import { defineConfig } from 'prisma/config';

const url = process.env['DATABASE_DIRECT_URL'] ?? process.env['DATABASE_URL'];

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  ...(url === undefined ? {} : { datasource: { url } }),
});
