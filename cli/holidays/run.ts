import { InvalidArgumentError } from 'commander';
import { z } from 'zod';
import type { ApiClient } from '../api-client.ts';
import { defined } from '../defined.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { counted, table } from '../format.ts';
import type { Output } from '../output.ts';
import { shown } from '../wire.ts';

const interval = z.tuple([z.number(), z.number()]);
const holidaysAnswer = z.object({
  country: shown,
  region: shown.nullable(),
  holidays: z.array(z.looseObject({ date: shown, name: shown, state: shown, intervals: z.array(interval) })),
});
const suggestedAnswer = z.object({ suggested: z.number() });

/** Minutes from midnight, from and to. */
export type Hours = readonly (readonly [number, number])[];

export type ListOptions = { readonly business: string; readonly from?: string; readonly to?: string };

/** Holidays of a business, and what was decided about each. */
export async function listHolidays(api: ApiClient, options: ListOptions, output: Output): Promise<ExitCode> {
  const { business, from, to } = options;
  const query = new URLSearchParams();
  if (from !== undefined) query.set('from', from);
  if (to !== undefined) query.set('to', to);
  return said(await api.get(`${pathOf(business)}?${query.toString()}`), output);
}

export type SuggestOptions = {
  readonly business: string;
  readonly country?: string;
  readonly region?: string;
};

/** Has the public holidays of a country or region suggested. */
export async function suggestHolidays(
  api: ApiClient,
  { business, country, region }: SuggestOptions,
  output: Output,
): Promise<ExitCode> {
  const answer = await api.post(`${pathOf(business)}/suggest`, defined({ country, region }));
  const { suggested } = suggestedAnswer.parse(answer);
  output.result({ ok: true, suggested }, [
    `${counted(suggested, 'new suggestion')}. Each counts once it is decided: booksy holidays decide <date> --business <id> --state closed`,
  ]);
  return EXIT.ok;
}

export type DecideOptions = {
  readonly business: string;
  readonly state: 'closed' | 'open' | 'suggested';
  readonly hours?: Hours;
  readonly name?: string;
};

/** Decides about a date. */
export async function decideHoliday(
  api: ApiClient,
  date: string,
  { business, state, hours, name }: DecideOptions,
  output: Output,
): Promise<ExitCode> {
  return said(await api.post(pathOf(business), defined({ date, state, intervals: hours, name })), output);
}

/** "09:00-13:00,14:00-18:00" for commander; the end of the day is 24:00. */
export function parseHours(text: string): Hours {
  return text.split(',').map((part) => {
    const found = /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$/.exec(part.trim());
    const [openHour = NaN, openMinute = NaN, closeHour = NaN, closeMinute = NaN] = (found ?? [])
      .slice(1)
      .map(Number);
    const [opens, closes] = [openHour * 60 + openMinute, closeHour * 60 + closeMinute];
    if (!(openMinute < 60 && closeMinute < 60 && opens < closes && closes <= 1440))
      throw new InvalidArgumentError('Give hours such as 09:00-13:00,14:00-18:00.');
    return [opens, closes];
  });
}

function said(answer: unknown, output: Output): ExitCode {
  const parsed = holidaysAnswer.parse(answer);
  const { country, region, holidays } = parsed;
  output.result({ ok: true, ...parsed }, [
    `Holidays of ${[country, region].filter((part) => part !== null).join('-')}`,
    ...(holidays.length === 0
      ? ['None here. booksy holidays suggest adds the public ones.']
      : table(
          ['DATE', 'STATE', 'HOURS', 'NAME'],
          holidays.map(({ date, state, intervals, name }) => [
            date,
            state,
            intervals.map(([opens, closes]) => `${clock(opens)}-${clock(closes)}`).join(', '),
            name,
          ]),
        )),
  ]);
  return EXIT.ok;
}

function clock(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function pathOf(business: string): string {
  return `/api/admin/booksy/businesses/${encodeURIComponent(business)}/holidays`;
}
