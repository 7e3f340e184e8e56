import { environmentBeside, lookAt } from '../context.ts';
import { asCliError } from '../output.ts';
import type { PortOptions } from '../up/settings.ts';
import { fail, type Finding } from './finding.ts';
import { checkFolder, checkPorts, checkVersions } from './machine.ts';
import { checkOptional } from './optional.ts';
import { checkBooksy, checkConfiguration, checkPostgres, checkTemporal } from './services.ts';
import { checkWebhooks } from './webhooks.ts';

export type { Finding } from './finding.ts';
export type DoctorOptions = PortOptions & { readonly data: string };

/** Looks at everything; starts and changes nothing. A check that itself fails is a finding, never a crash. */
export async function diagnose(
  options: DoctorOptions,
  given: NodeJS.ProcessEnv,
): Promise<readonly Finding[]> {
  const folder = await attempt('data folder', async () => checkFolder(options.data, lookAt(options.data)));
  if (folder.some(({ status }) => status === 'fail')) {
    // Without the folder there is no running `up` to look at either.
    return [...(await attempt('Node', checkVersions)), ...folder, ...checkConfiguration(given).findings];
  }
  const context = lookAt(options.data);
  const env = environmentBeside(context, given);
  const { findings: configuration, config } = checkConfiguration(env);
  return [
    ...(await attempt('Node', checkVersions)),
    ...folder,
    ...(await attempt('ports', async () => [await checkPorts(options, given, context)])),
    ...configuration,
    ...(await attempt('PostgreSQL', () => checkPostgres(env))),
    ...(await attempt('Temporal', () => checkTemporal(env))),
    ...(await attempt('optional parts', () => checkOptional(env))),
    ...(await attempt('Booksy', async () => [await checkBooksy(config, env)])),
    ...(await attempt('webhooks', async () => [await checkWebhooks(given, env)])),
  ];
}

async function attempt(name: string, check: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await check();
  } catch (error) {
    const { message, next } = asCliError(error);
    return [fail(name, message, next)];
  }
}
