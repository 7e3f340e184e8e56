import { keptSecrets, type DataFolder } from '../../infra/local/data-folder.ts';
import { CliError } from '../output.ts';
import { startWatched } from './node-part.ts';
import { createPartLog } from './part-log.ts';
import type { RateLimit, SimulatorOptions } from './settings.ts';
import type { Supervisor } from './supervisor.ts';

/** Starts the Booksy sandbox of a data folder and waits until it answers. */
export async function startSimulator(input: {
  readonly folder: DataFolder;
  readonly options: SimulatorOptions;
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  readonly supervisor: Supervisor;
}): Promise<{ url: string }> {
  const { folder, options, port, env, supervisor } = input;
  const secrets = keptSecrets(folder);
  const size = {
    SIMULATOR_SEED: options.seed,
    SIMULATOR_SALONS: options.salons,
    SIMULATOR_VISITS: options.visits,
    SIMULATOR_CLIENTS: options.clients,
  };
  const given = Object.entries(size).filter(([, value]) => value !== undefined);
  const { message } = await startWatched(supervisor, {
    name: 'simulator',
    entry: 'simulator/main.ts',
    env: {
      ...env,
      ...Object.fromEntries(given.map(([name, value]) => [name, String(value)])),
      SIMULATOR_PORT: String(port),
      SIMULATOR_DATA_DIR: folder.file('simulator'),
      SIMULATOR_CLIENT_ID: secrets.simulatorClientId,
      SIMULATOR_CLIENT_SECRET: secrets.simulatorClientSecret,
      SIMULATOR_RATE_LIMIT: String(options.rateLimit.calls),
      SIMULATOR_RATE_WINDOW_MS: String(options.rateLimit.windowMs),
    },
    log: createPartLog(folder.file('logs', 'simulator.log'), true),
  });
  if (message.url === undefined) {
    throw new CliError('part_not_ready', 'The simulator did not say where it is.', 'Report this.');
  }
  const url = message.url.replace(/\/$/, '');
  await applyRateLimit(url, options.rateLimit);
  return { url };
}

/** A sandbox with data keeps the limit it had; ours and its must be the same. */
async function applyRateLimit(url: string, { calls, windowMs }: RateLimit): Promise<void> {
  const response = await fetch(`${url}/_control/settings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ limits: { limit: calls, windowMs } }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) {
    throw new CliError(
      'part_not_ready',
      `The simulator did not take its limit (status ${response.status}).`,
      'Report this.',
    );
  }
}
