import { z } from 'zod';
import { lookAt } from '../context.ts';
import { messageOf } from '../../infra/local/errors.ts';
import { EXIT } from '../exit-codes.ts';
import { CliError } from '../output.ts';

/** Where a command finds the simulator, as given on the command line. */
export type SimulatorAddress = { readonly data: string; readonly simulator?: string };

/** The control surface of a running simulator (`/_control/`). */
export type SimulatorControl = {
  /** Origin. */
  readonly url: string;
  get(path: string): Promise<unknown>;
  post(path: string, body: unknown): Promise<unknown>;
  delete(path: string): Promise<void>;
  /** Any path of the partner API, done by the salon itself; answers with its text. */
  asSalon(path: string): Promise<string>;
};

/** A reset of many salons takes its time. */
const TIMEOUT_MS = 300_000;

/**
 * Finds the simulator: --simulator, else SIMULATOR_URL, else that of the `up` or `simulator` on the data folder.
 * @throws CliError `simulator_unknown`
 */
export function findSimulator(
  { data, simulator }: SimulatorAddress,
  env: NodeJS.ProcessEnv = process.env,
): SimulatorControl {
  const url = simulator ?? (env['SIMULATOR_URL'] || lookAt(data).addresses.simulator);
  if (!url) {
    throw new CliError(
      'simulator_unknown',
      `No simulator runs on the data folder ${data}.`,
      'Start it (npm start, or booksy simulator), name its folder with --data, or give --simulator.',
      EXIT.unreachable,
    );
  }
  return createControl(url.replace(/\/+$/, ''));
}

function createControl(url: string): SimulatorControl {
  const ask = async (method: string, path: string, body?: unknown): Promise<string> => {
    const response = await fetch(`${url}/_control${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error: unknown) => {
      throw new CliError(
        'simulator_unreachable',
        `The simulator at ${url} does not answer: ${messageOf(error)}.`,
        'See whether it runs: booksy doctor.',
        EXIT.unreachable,
      );
    });
    const text = await response.text();
    if (!response.ok) throw refused(response.status, text);
    return text;
  };
  const json = (text: string): unknown => (text === '' ? null : JSON.parse(text));
  return {
    url,
    get: async (path) => json(await ask('GET', path)),
    post: async (path, body) => json(await ask('POST', path, body)),
    async delete(path) {
      await ask('DELETE', path);
    },
    asSalon: (path) => ask('GET', `/as-salon${path}`),
  };
}

const said = z.object({ description: z.string(), field: z.string().optional() });

function refused(status: number, text: string): CliError {
  const { data } = said.safeParse(parsed(text));
  const what =
    data === undefined ? `status ${status}` : `${data.field ? `${data.field}: ` : ''}${data.description}`;
  return new CliError(
    'simulator_refused',
    `The simulator refused: ${what}`,
    'Its control surface is described at /_control/openapi.json.',
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
