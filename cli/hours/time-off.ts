import type { ApiClient } from '../api-client.ts';
import { defined } from '../defined.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { table } from '../format.ts';
import { CliError, type Output } from '../output.ts';
import { readList, sayNotes } from '../pages.ts';
import { timeOffAnswer, timeOffGone, timeOffPage, type TimeOff } from './wire.ts';
import { ownerOf, visitLines, type OwnerOptions } from './words.ts';

export type ListOptions = OwnerOptions & {
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
};

/** Time off of a business, or of one person or room. */
export async function listTimeOff(api: ApiClient, options: ListOptions, output: Output): Promise<ExitCode> {
  const { business, staff, room, from, to, limit } = options;
  ownerOf(options);
  const page = { schema: timeOffPage, rowsOf: (each: { timeOff: TimeOff[] }) => each.timeOff, limit };
  const { rows, more, notes } = await readList(api, pathOf(business), { staff, room, from, to }, page);
  sayNotes(output, notes);
  output.result(
    { ok: true, timeOff: rows, more },
    rows.length === 0
      ? ['No time off to come.']
      : [
          ...table(
            ['ID', 'WHOSE', 'FROM', 'TO', 'WHY', 'BOOKSY'],
            rows.map((row) => [
              row.id,
              `${row.owner.kind} ${row.owner.id}`,
              row.startsLocal,
              row.endsLocal,
              row.source === 'time_off' ? row.reasonCode : row.source,
              row.atBooksy ? 'yes' : 'no',
            ]),
          ),
          ...(more ? ['There are more: give --limit.'] : []),
        ],
  );
  return EXIT.ok;
}

export type TimeOptions = { readonly from?: string; readonly to?: string; readonly reason?: string };

/** Adds time off. @throws CliError `owner_missing`, `days_and_times` */
export async function addTimeOff(
  api: ApiClient,
  options: OwnerOptions & TimeOptions,
  output: Output,
): Promise<ExitCode> {
  const owner = ownerOf(options);
  if (owner.kind === 'business')
    throw new CliError(
      'owner_missing',
      'Nobody is named.',
      'Give --staff or --room; a salon is closed by: booksy hours set-day',
      EXIT.usage,
    );
  const body = { owner, ...defined({ ...timeOf(options), reasonCode: options.reason }) };
  return said(await api.post(pathOf(options.business), body), output, 'Added');
}

/** Changes what is named of a time off. @throws CliError `nothing_named`, `days_and_times` */
export async function changeTimeOff(
  api: ApiClient,
  id: string,
  options: TimeOptions,
  output: Output,
): Promise<ExitCode> {
  const body = defined({ ...timeOf(options), reasonCode: options.reason });
  if (Object.keys(body).length === 0)
    throw new CliError(
      'nothing_named',
      'Nothing says what is to be changed.',
      'See: booksy time-off change --help',
      EXIT.usage,
    );
  return said(await api.patch(onePath(id), body), output, 'Changed');
}

/** Takes a time off away. */
export async function removeTimeOff(api: ApiClient, id: string, output: Output): Promise<ExitCode> {
  const { removed } = timeOffGone.parse(await api.delete(onePath(id)));
  output.result({ ok: true, removed }, ['It is gone: the time can be sold again.']);
  return EXIT.ok;
}

/** Dates are whole days, the last one included; with a clock they are edges. */
function timeOf({ from, to }: TimeOptions) {
  const given = [from, to].filter((each) => each !== undefined);
  const clocks = given.filter((each) => each.includes('T')).length;
  if (clocks > 0 && clocks < given.length)
    throw new CliError(
      'days_and_times',
      '--from and --to say a date and a time.',
      'Give two dates, or two local times such as 2026-12-01T09:00.',
      EXIT.usage,
    );
  return clocks > 0 ? { startsLocal: from, endsLocal: to } : { fromDate: from, toDate: to };
}

function said(answer: unknown, output: Output, done: string): ExitCode {
  const parsed = timeOffAnswer.parse(answer);
  const { timeOff, changed, visits } = parsed;
  output.result({ ok: true, ...parsed }, [
    `${changed ? done : 'It was so already'}: time off ${timeOff.id}`,
    `${timeOff.owner.kind} ${timeOff.owner.id}, ${timeOff.startsLocal} to ${timeOff.endsLocal}, ${timeOff.reasonCode}`,
    ...visitLines(visits),
  ]);
  return EXIT.ok;
}

function pathOf(business: string): string {
  return `/api/admin/booksy/businesses/${encodeURIComponent(business)}/time-off`;
}

function onePath(id: string): string {
  return `/api/admin/booksy/time-off/${encodeURIComponent(id)}`;
}
