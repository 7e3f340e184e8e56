import { z } from 'zod';
import { spawn } from 'node:child_process';
import { InvalidArgumentError } from 'commander';
import { counted, duration, table, thousands } from '../format.ts';
import { CliError, type Output } from '../output.ts';
import { clean } from '../terminal.ts';
import type { SimulatorControl } from './control.ts';

/** What the commands below `booksy simulator` do: a call or two of the control surface each. */

const state = z.object({
  now: z.string(),
  salons: z.array(z.looseObject({ id: z.number(), name: z.string().transform(clean) })),
});

/** Sizes of the salons that a reset makes; what is left out stays as it was. */
export type Sizes = {
  readonly seed?: number | undefined;
  readonly salons?: number | undefined;
  readonly visits?: number | undefined;
  readonly clients?: number | undefined;
};

/** Makes the salons anew. Limits, flags, webhooks and latency stay as they are now. */
export async function reset(
  control: SimulatorControl,
  { seed, salons, visits, clients }: Sizes,
  output: Output,
): Promise<void> {
  const settings = z.looseObject({}).parse(await control.get('/settings'));
  const sizes = Object.entries({ seed, salons, visits, clients }).filter(([, value]) => value !== undefined);
  const made = state.parse(await control.post('/reset', { ...settings, ...Object.fromEntries(sizes) }));
  output.result({ ok: true, now: made.now, salons: made.salons }, [
    `Made anew: ${counted(made.salons.length, 'salon')}.`,
    ...made.salons.slice(0, 10).map(({ id, name }) => `  ${id}  ${name}`),
    'What was synced before is gone from the simulator: a full sync will hold the removals back (booksy errors list).',
  ]);
}

const time = z.object({ now: z.string(), offsetMs: z.number(), skewMs: z.number(), waiting: z.number() });

/** Pushes the simulator's clock on, or lets it tell the time wrongly; tells the time in any case. */
export async function clock(
  control: SimulatorControl,
  { advance, skew }: { readonly advance?: number; readonly skew?: number },
  output: Output,
): Promise<void> {
  const change = {
    ...(advance === undefined ? {} : { advanceMs: advance }),
    ...(skew === undefined ? {} : { skewMs: skew }),
  };
  const quiet = advance === undefined && skew === undefined;
  const told = time.parse(quiet ? await control.get('/clock') : await control.post('/clock', change));
  output.result({ ok: true, ...told }, [
    `In the simulator it is ${told.now}.`,
    ...(told.offsetMs === 0 ? [] : [`  ${duration(told.offsetMs / 1000)} ahead of this machine`]),
    ...(told.skewMs === 0 ? [] : [`  it tells the time wrongly by ${told.skewMs} ms`]),
    ...(told.waiting === 0 ? [] : [`  ${counted(told.waiting, 'thing')} will happen as it goes on`]),
  ]);
}

const faultList = z.object({
  hits: z.record(z.string(), z.unknown()),
  faults: z.array(
    z.object({
      id: z.number(),
      hits: z.number(),
      spec: z.looseObject({ kind: z.string(), route: z.string(), count: z.number().nullable() }),
    }),
  ),
});

/** What `simulator faults` was told. */
export type FaultOptions = {
  readonly add?: string;
  readonly route?: string;
  readonly count?: number;
  readonly ms?: number;
  readonly status?: number;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly clear: boolean;
};

/** Arms a fault, takes all away, and shows what is armed. */
export async function faults(
  control: SimulatorControl,
  { add, route, count, ms, status, set, clear }: FaultOptions,
  output: Output,
): Promise<void> {
  if (clear) await control.delete('/faults');
  if (add !== undefined) {
    const given = Object.entries({ route, count, ms, status }).filter(([, value]) => value !== undefined);
    await control.post('/faults', { ...set, ...Object.fromEntries(given), kind: add });
  }
  const list = faultList.parse(await control.get('/faults'));
  output.result({ ok: true, faults: list.faults, hits: list.hits }, [
    ...(list.faults.length === 0
      ? ['No fault is armed.']
      : table(
          ['id', 'kind', 'route', 'hits', 'of'],
          list.faults.map(({ id, hits, spec: { kind, route, count } }) => [
            ...[String(id), kind, clean(route), thousands(hits)],
            count === null ? 'no end' : thousands(count),
          ]),
        )),
  ]);
}

/** Days that a statement covers unless told otherwise. */
const USUAL_DAYS = 30;
const DAY_MS = 86_400_000;

/** Prints the settlement statement of a salon, as the salon downloads it. */
export async function settlement(
  control: SimulatorControl,
  { salon, from, to }: { readonly salon?: number; readonly from?: string; readonly to?: string },
  output: Output,
): Promise<void> {
  const { now, salons } = state.parse(await control.get('/state'));
  const id = salon ?? salons[0]?.id;
  if (id === undefined)
    throw new CliError(
      'no_salon',
      'The simulator holds no salon.',
      'Make one: booksy simulator reset --salons 1',
    );
  const last = to ?? now.slice(0, 10);
  const first = from ?? new Date(Date.parse(last) - (USUAL_DAYS - 1) * DAY_MS).toISOString().slice(0, 10);
  const ask = (format: string): Promise<string> =>
    control.asSalon(`/business/${id}/settlement/?date_from=${first}&date_to=${last}&format=${format}`);
  if (output.json) {
    const statement: unknown = JSON.parse(await ask('json'));
    output.result({ ok: true, salon: id, from: first, to: last, statement }, []);
  } else output.result({}, (await ask('csv')).trimEnd().split(/\r?\n/));
}

/** Opens the sandbox's page in the browser of this machine; where there is none its address is told all the same. */
export async function open(control: SimulatorControl, output: Output): Promise<void> {
  await control.get('/clock');
  const opened = !output.json && process.stdout.isTTY && (await openInBrowser(control.url));
  output.result({ ok: true, url: control.url, opened }, [
    opened ? `Opened ${control.url}` : `The Booksy of this machine: ${control.url}`,
  ]);
}

function openInBrowser(url: string): Promise<boolean> {
  const [program, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', url]
        : ['xdg-open', url];
  return new Promise((resolve) => {
    const child = spawn(program ?? '', args, { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: DAY_MS };

/** "90s", "20m", "2h", "3d", "500ms" → milliseconds; for commander. */
export function parseSpan(text: string): number {
  const found = /^(-?\d{1,9})(ms|s|m|h|d)$/.exec(text.trim());
  const value = Number(found?.[1]) * (UNITS[found?.[2] ?? ''] ?? Number.NaN);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('Give a time such as 90s, 20m, 2h or 3d.');
  return value;
}

/** "2026-03-01"; for commander. */
export function parseDay(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('Give a day as YYYY-MM-DD.');
  return text;
}

/** A JSON object; for commander. */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    throw new InvalidArgumentError(`Give a JSON object, such as '{"rows":2}'.`);
  }
}
