import { InvalidArgumentError } from 'commander';
import { CliError } from '../output.ts';
import { EXIT } from '../exit-codes.ts';

/** What `booksy up` was told, by options or the environment (options win). */
export type UpOptions = SimulatorOptions & PortOptions & { readonly data: string; readonly once: boolean };

/** Ports that were asked for. */
export type PortOptions = {
  readonly apiPort?: number | undefined;
  readonly temporalPort?: number | undefined;
  readonly temporalUiPort?: number | undefined;
  readonly postgresPort?: number | undefined;
  readonly simulatorPort?: number | undefined;
};

/** Size and pace of the simulator; what is missing takes its own defaults. */
export type SimulatorOptions = {
  readonly seed?: number | undefined;
  readonly salons?: number | undefined;
  readonly visits?: number | undefined;
  readonly clients?: number | undefined;
  readonly rateLimit: RateLimit;
};

/** Calls per window, for the simulator and our pacer alike. */
export type RateLimit = { readonly calls: number; readonly windowMs: number };

/**
 * Booksy allows 200 calls a minute. Locally the same 200 come every 10 seconds: the limit is really at work, and the
 * default salon arrives in seconds instead of a minute.
 */
export const DEFAULT_RATE_LIMIT = '200/10s';

/** "200/10s", "200/min" or "200" (a minute) → calls per window. For commander. */
export function parseRateLimit(text: string): RateLimit {
  const found = /^(\d{1,6})(?:\/(?:(\d{1,4})s|(s|sec|min)))?$/.exec(text.trim());
  const calls = Number(found?.[1]);
  const seconds = found?.[2] === undefined ? (found?.[3]?.startsWith('s') ? 1 : 60) : Number(found[2]);
  if (found === null || calls < 1 || seconds < 1) {
    throw new InvalidArgumentError('Give calls per time, such as 200/10s or 200/min.');
  }
  return { calls, windowMs: seconds * 1000 };
}

/** A TCP port, 0 for any free one. For commander. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('Give a port from 0 to 65535.');
  return port;
}

/** A whole number of at least `least`. For commander. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || !Number.isSafeInteger(value)) {
      throw new InvalidArgumentError(`Give a whole number of at least ${least}.`);
    }
    return value;
  };
}

/**
 * A port from the options, else from the environment, else undefined (= free).
 * @throws CliError naming the variable when it holds no port
 */
export function portSetting(
  option: number | undefined,
  env: NodeJS.ProcessEnv,
  name: string,
): number | undefined {
  if (option !== undefined) return option;
  const text = env[name]?.trim();
  if (!text) return undefined;
  try {
    return parsePort(text);
  } catch {
    throw new CliError(
      'config_invalid',
      `${name} is no port: ${JSON.stringify(text)}.`,
      `Set ${name} to a number from 0 to 65535, or leave it empty.`,
      EXIT.cannotStart,
    );
  }
}
