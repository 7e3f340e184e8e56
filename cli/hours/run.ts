import type { ApiClient } from '../api-client.ts';
import { defined } from '../defined.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { ago, table } from '../format.ts';
import { CliError, type Output } from '../output.ts';
import {
  clearedAnswer,
  dayAnswer,
  hoursAnswer,
  weekAnswer,
  type Intervals,
  type InStep,
  type Owner,
  type Week,
} from './wire.ts';
import { hoursText, ownerOf, ownerQuery, visitLines, WEEKDAYS, type OwnerOptions } from './words.ts';

export type ShowOptions = { readonly business: string; readonly from?: string; readonly to?: string };

/** Hours of a business, its people and its rooms. */
export async function showHours(api: ApiClient, options: ShowOptions, output: Output): Promise<ExitCode> {
  const answer = await read(api, options);
  const { zone, today, owners, weeks, days } = answer;
  const custom = owners.flatMap((owner) =>
    owner.days.map((day) => [day.date, nameOf(owner), hoursText(day.intervals)]),
  );
  output.result({ ok: true, ...answer }, [
    `Today is ${today} (${zone}).${answer.connected ? '' : ' Not connected to Booksy.'}`,
    ...owners.flatMap((owner) => ['', nameOf(owner), ...weekLines(owner)]),
    ...(custom.length === 0
      ? []
      : ['', 'Dates with hours of their own', ...table(['DATE', 'WHOSE', 'HOURS'], custom.sort(byDate))]),
    ...(answer.connected ? ['', `Weeks: ${stepText(weeks)}. Dates: ${stepText(days)}.`] : []),
  ]);
  return EXIT.ok;
}

export type SetWeekOptions = OwnerOptions & { readonly from?: string } & {
  readonly [day in (typeof WEEKDAYS)[number]]?: Intervals;
} & { readonly every?: Intervals };

/**
 * Sets days of a week; those that are not named stay. A new schedule begins as the week that counts on its first day.
 *
 * @throws CliError `nothing_named`, `week_missing`, `hours_changed` where somebody else changed it meanwhile
 */
export async function setWeek(api: ApiClient, options: SetWeekOptions, output: Output): Promise<ExitCode> {
  const owner = ownerOf(options);
  const named = WEEKDAYS.map((day) => options[day] ?? options.every);
  if (named.every((hours) => hours === undefined))
    throw new CliError(
      'nothing_named',
      'No day is named.',
      'Give --every, or days such as --mon 09:00-17:00.',
      EXIT.usage,
    );
  const present = await weekNow(api, options);
  const days = named.map((hours, dayOfWeek) => {
    const intervals = hours ?? present.basis?.days.find((day) => day.dayOfWeek === dayOfWeek)?.intervals;
    if (intervals === undefined)
      throw new CliError(
        'week_missing',
        'There is no week yet whose other days could stay.',
        'Name all seven days, or give --every.',
        EXIT.usage,
      );
    return { dayOfWeek, intervals };
  });
  const body = defined({ owner, appliesFrom: options.from, days, version: present.version });
  const answer = weekAnswer.parse(await api.put(`${pathOf(options.business)}/week`, body));
  const { week, changed, visits } = answer;
  output.result({ ok: true, ...answer }, [
    changed ? 'Set:' : 'It was so already:',
    ...table(['DAY', 'HOURS'], daysOf(week)),
    ...visitLines(visits),
  ]);
  return EXIT.ok;
}

/** What a partial change stands on, and the version of what it replaces; null: there is none. */
async function weekNow(
  api: ApiClient,
  options: SetWeekOptions,
): Promise<{ readonly basis: Week | null; readonly version: string | null }> {
  const { business, from } = options;
  const { owners } = await read(api, { business });
  const wanted = ownerOf(options);
  const found = owners.find(
    ({ kind, id }) => kind === wanted.kind && (wanted.kind === 'business' || id === wanted.id.toLowerCase()),
  );
  if (found === undefined)
    throw new CliError(
      'not_found',
      'Nobody of this id works at the business.',
      'See: booksy hours show --business <id>',
    );
  if (from === undefined) return { basis: found.week, version: found.week?.version ?? null };
  const begun = found.schedules.filter(({ appliesFrom }) => (appliesFrom ?? '') <= from);
  const same = found.schedules.find(({ appliesFrom }) => appliesFrom === from);
  const isWeek = found.week?.appliesFrom === from;
  return { basis: begun.at(-1) ?? found.week, version: (isWeek ? found.week : same)?.version ?? null };
}

/** Takes a schedule away that has not begun. */
export async function removeWeek(
  api: ApiClient,
  options: OwnerOptions & { readonly from: string },
  output: Output,
): Promise<ExitCode> {
  const query = ownerQuery(options, { appliesFrom: options.from });
  return cleared(
    await api.delete(`${pathOf(options.business)}/week${query}`),
    output,
    'The week before it goes on.',
  );
}

/** Takes the own hours of a person or a room away. @throws CliError `owner_missing` */
export async function removeOwn(api: ApiClient, options: OwnerOptions, output: Output): Promise<ExitCode> {
  if (ownerOf(options).kind === 'business')
    throw new CliError(
      'owner_missing',
      'Nobody is named.',
      'Give --staff or --room; the salon’s own week is set by: booksy hours set-week',
      EXIT.usage,
    );
  const answer = await api.delete(`${pathOf(options.business)}/own${ownerQuery(options)}`);
  return cleared(answer, output, 'The salon’s hours count.');
}

/** Gives a date hours of its own; none: closed. */
export async function setDay(
  api: ApiClient,
  date: string,
  options: OwnerOptions & { readonly hours: Intervals },
  output: Output,
): Promise<ExitCode> {
  const body = { owner: ownerOf(options), intervals: options.hours };
  const answer = dayAnswer.parse(await api.put(dayPath(options.business, date), body));
  const { day, changed, visits } = answer;
  output.result({ ok: true, ...answer }, [
    `${day.date}: ${hoursText(day.intervals)}${changed ? '' : ', as it was'}`,
    ...visitLines(visits),
  ]);
  return EXIT.ok;
}

/** Takes the hours of a date away: its week counts again. */
export async function clearDay(
  api: ApiClient,
  date: string,
  options: OwnerOptions,
  output: Output,
): Promise<ExitCode> {
  const answer = await api.delete(`${dayPath(options.business, date)}${ownerQuery(options)}`);
  return cleared(answer, output, `The week counts on ${date}.`);
}

function cleared(answer: unknown, output: Output, line: string): ExitCode {
  const parsed = clearedAnswer.parse(answer);
  output.result({ ok: true, ...parsed }, [line, ...visitLines(parsed.visits)]);
  return EXIT.ok;
}

async function read(api: ApiClient, { business, from, to }: ShowOptions) {
  const query = new URLSearchParams();
  if (from !== undefined) query.set('from', from);
  if (to !== undefined) query.set('to', to);
  return hoursAnswer.parse(await api.get(`${pathOf(business)}?${query.toString()}`));
}

function pathOf(business: string): string {
  return `/api/admin/booksy/businesses/${encodeURIComponent(business)}/hours`;
}

function dayPath(business: string, date: string): string {
  return `${pathOf(business)}/days/${encodeURIComponent(date)}`;
}

function nameOf({ kind, name, id }: Owner): string {
  return kind === 'business' ? name : `${name} (${kind} ${id})`;
}

const NO_WEEK: Readonly<Record<string, string>> = {
  business: 'No week: closed.',
  staff: 'No week of their own: whenever the salon is open.',
  room: 'No week of its own: always there.',
};

function weekLines({ kind, week, schedules }: Owner): string[] {
  const all = [...(week === null ? [] : [week]), ...schedules];
  return [
    ...(week === null ? [`  ${NO_WEEK[kind] ?? 'No week.'}`] : []),
    ...(all.length === 0
      ? []
      : table(
          ['FROM', ...WEEKDAYS.map((day) => day.toUpperCase())],
          all.map((each) => [
            each === week ? 'now' : (each.appliesFrom ?? ''),
            ...daysOf(each).map(([, hours = '']) => hours),
          ]),
        )),
  ];
}

function daysOf({ days }: Week): string[][] {
  return WEEKDAYS.map((name, dayOfWeek) => [
    name.toUpperCase(),
    hoursText(days.find((day) => day.dayOfWeek === dayOfWeek)?.intervals ?? []),
  ]);
}

const WAYS: Readonly<Record<string, string>> = {
  in: 'come from Booksy, what is set here stays here',
  both: 'go both ways',
  out: 'go to Booksy',
  never: 'are not synced',
};

function stepText({ direction, provenAt }: InStep): string {
  const proven = provenAt === null ? 'not proven yet' : `proven ${ago(provenAt)}`;
  return `${WAYS[direction] ?? direction}, ${proven}`;
}

function byDate([a = '']: string[], [b = '']: string[]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
