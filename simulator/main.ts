/** The sandbox as a process of its own: configured by the environment, says when it is ready, stops when told. */
import { readFileSync } from 'node:fs';
import { startSimulator } from './index.ts';
import type { SimulatorOptions } from './index.ts';

function readNumber(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new RangeError(`${name} must be a whole number, e.g. 0 or 4010`);
  return value;
}

function readText(name: string): string | undefined {
  const text = process.env[name];
  return text === undefined || text === '' ? undefined : text;
}

/** How many calls the sandbox allows in how many milliseconds. */
function readLimits(): SimulatorOptions['limits'] {
  const limit = readNumber('SIMULATOR_RATE_LIMIT');
  const windowMs = readNumber('SIMULATOR_RATE_WINDOW_MS');
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(windowMs === undefined ? {} : { windowMs }),
  };
}

function readPartner(): SimulatorOptions['partner'] {
  const uuid = readText('SIMULATOR_PARTNER_UUID');
  const key = readText('SIMULATOR_PARTNER_PUBLIC_KEY');
  if (uuid === undefined || key === undefined) return null;
  // The key itself, or the path of a file that holds it.
  const publicKeyPem = key.includes('BEGIN') ? key.replaceAll('\\n', '\n') : readFileSync(key, 'utf8');
  return { name: readText('SIMULATOR_PARTNER_NAME') ?? 'simulator-partner', uuid, publicKeyPem };
}

/** Options from the environment; what is not set is left to the defaults. */
function readOptions(): SimulatorOptions {
  const options = {
    port: readNumber('SIMULATOR_PORT'),
    host: readText('SIMULATOR_HOST'),
    dataDir: readText('SIMULATOR_DATA_DIR'),
    seed: readText('SIMULATOR_SEED'),
    salons: readNumber('SIMULATOR_SALONS'),
    visits: readNumber('SIMULATOR_VISITS'),
    clients: readNumber('SIMULATOR_CLIENTS'),
    today: readText('SIMULATOR_TODAY'),
    clientId: readText('SIMULATOR_CLIENT_ID'),
    clientSecret: readText('SIMULATOR_CLIENT_SECRET'),
    latencyMs: readNumber('SIMULATOR_LATENCY_MS'),
    limits: readLimits(),
    partner: readPartner(),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

async function main(): Promise<void> {
  const simulator = await startSimulator(readOptions());
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void simulator.stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('disconnect', stop);
  process.send?.({ type: 'ready', port: simulator.port, url: simulator.url });
  process.stdout.write(
    `Booksy simulator at ${simulator.url} (control: ${simulator.url}/_control/openapi.json)\n`,
  );
}

main().catch((error: unknown) => {
  process.stderr.write(
    `The simulator cannot start: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(1);
});
