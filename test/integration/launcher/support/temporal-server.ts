import { startTemporal } from '../../../../infra/local/temporal.ts';

// Starts a Temporal server on a file and waits to be killed.
const { pid } = await startTemporal({
  dbFile: process.argv[2] ?? '',
  searchAttributes: { BooksySyncTestOld: 'Keyword' },
  log: () => undefined,
});
process.stdout.write(`pid ${pid}\n`);
setInterval(() => undefined, 60_000);
