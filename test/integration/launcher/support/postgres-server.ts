import { startPostgres } from '../../../../infra/local/postgres.ts';

// Starts the embedded PostgreSQL of a data folder and waits to be killed.
const { pid } = await startPostgres({ dataDir: process.argv[2] ?? '', log: () => undefined });
process.stdout.write(`pid ${pid}\n`);
setInterval(() => undefined, 60_000);
