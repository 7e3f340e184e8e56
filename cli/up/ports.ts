import { readJson, writePrivate, type DataFolder } from '../../infra/local/data-folder.ts';
import { choosePort, freePort, isPortFree } from '../../infra/local/ports.ts';
import { portSetting, type UpOptions } from './settings.ts';

/** The ports of one run. */
export type Ports = Readonly<Record<PortName, number>>;
type PortName = 'api' | 'temporal' | 'temporalUi' | 'postgres' | 'simulator';

/** Every port: what it is for and how it is chosen. */
export const PORT_SPECS: readonly {
  name: PortName;
  what: string;
  option: 'apiPort' | 'temporalPort' | 'temporalUiPort' | 'postgresPort' | 'simulatorPort';
  flag: string;
  variable: string;
}[] = [
  {
    name: 'postgres',
    what: 'PostgreSQL',
    option: 'postgresPort',
    flag: '--postgres-port',
    variable: 'POSTGRES_PORT',
  },
  {
    name: 'temporal',
    what: 'Temporal',
    option: 'temporalPort',
    flag: '--temporal-port',
    variable: 'TEMPORAL_PORT',
  },
  {
    name: 'temporalUi',
    what: 'the Temporal Web UI',
    option: 'temporalUiPort',
    flag: '--temporal-ui-port',
    variable: 'TEMPORAL_UI_PORT',
  },
  {
    name: 'simulator',
    what: 'the simulator',
    option: 'simulatorPort',
    flag: '--simulator-port',
    variable: 'SIMULATOR_PORT',
  },
  { name: 'api', what: 'the API', option: 'apiPort', flag: '--api-port', variable: 'API_PORT' },
];

/**
 * Chooses every port before anything starts. A port that was set and is taken stops the start with its name. Without a
 * wish the port of the last run is used again when it is free, so that bookmarks and dashboards keep working.
 * @throws LocalError `port_taken`
 */
export async function choosePorts(
  folder: DataFolder,
  options: UpOptions,
  env: NodeJS.ProcessEnv,
): Promise<Ports> {
  const file = folder.file('ports.json');
  const last = readJson(file);
  const chosen: Record<PortName, number> = { api: 0, temporal: 0, temporalUi: 0, postgres: 0, simulator: 0 };
  for (const { name, what, option, flag, variable } of PORT_SPECS) {
    const wanted = portSetting(options[option], env, variable);
    if (wanted) {
      chosen[name] = await choosePort(wanted, what, `${flag} or ${variable}`);
      continue;
    }
    const before: unknown = last === null ? null : Reflect.get(last, name);
    const reusable =
      wanted === undefined && typeof before === 'number' && before > 0 && (await isPortFree(before));
    chosen[name] = reusable ? before : await freePort();
  }
  writePrivate(file, chosen);
  return chosen;
}
