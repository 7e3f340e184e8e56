import type { ApiClient } from '../api-client.ts';
import { defined } from '../defined.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { ago, duration, table, thousands } from '../format.ts';
import { CliError, type Output } from '../output.ts';
import { readSecretLine } from '../secret-line.ts';
import { calendarAnswer, calendarsAnswer, polledAnswer, removedAnswer, type Calendar } from './wire.ts';

const QUESTION = 'Private iCal address: ';

/** Calendars of a business. */
export async function listCalendars(api: ApiClient, business: string, output: Output): Promise<ExitCode> {
  const { calendars } = calendarsAnswer.parse(await api.get(ofBusiness(business)));
  output.result(
    { ok: true, calendars },
    calendars.length === 0
      ? ['No calendar of others blocks time here.']
      : [
          ...table(
            ['ID', 'NAME', 'OF', 'WHERE', 'STATE', 'BLOCKS', 'READ'],
            calendars.map((each) => [
              each.id,
              each.name,
              each.staffId ?? 'everybody',
              each.host,
              stateOf(each),
              thousands(each.blocks),
              each.okAt === null ? 'never' : ago(each.okAt),
            ]),
          ),
          ...calendars.flatMap(problemLines),
        ],
  );
  return EXIT.ok;
}

export type AddOptions = {
  readonly business: string;
  readonly name: string;
  readonly staff?: string;
  readonly atBooksy?: boolean;
  readonly every?: number;
};

/** Adds a calendar; its address is a secret and comes on standard input. */
export async function addCalendar(
  api: ApiClient,
  options: AddOptions,
  output: Output,
  read: (question: string) => Promise<string> = readSecretLine,
): Promise<ExitCode> {
  const { business, name, staff, atBooksy, every } = options;
  const body = {
    name,
    staffId: staff,
    blocksBooksy: atBooksy,
    intervalSeconds: secondsOf(every),
    url: await read(QUESTION),
  };
  return said(await api.post(ofBusiness(business), defined(body)), output);
}

export type ChangeOptions = {
  readonly name?: string;
  readonly active?: boolean;
  readonly atBooksy?: boolean;
  readonly every?: number;
  readonly newAddress: boolean;
};

/** Changes what is named of a calendar. @throws CliError `nothing_named` */
export async function changeCalendar(
  api: ApiClient,
  id: string,
  options: ChangeOptions,
  output: Output,
  read: (question: string) => Promise<string> = readSecretLine,
): Promise<ExitCode> {
  const { name, active, atBooksy, every, newAddress } = options;
  const named = defined({ name, active, blocksBooksy: atBooksy, intervalSeconds: secondsOf(every) });
  if (Object.keys(named).length === 0 && !newAddress)
    throw new CliError(
      'nothing_named',
      'Nothing says what is to be changed.',
      'See: booksy calendars change --help',
      EXIT.usage,
    );
  const body = newAddress ? { ...named, url: await read(QUESTION) } : named;
  return said(await api.patch(calendarPath(id), body), output);
}

/** Takes a calendar away, with its blocks to come. */
export async function removeCalendar(api: ApiClient, id: string, output: Output): Promise<ExitCode> {
  const { removed, changed } = removedAnswer.parse(await api.delete(calendarPath(id)));
  output.result({ ok: true, removed, changed }, ['It is gone, and its blocks to come with it.']);
  return EXIT.ok;
}

/** Has a calendar read now. */
export async function pollCalendar(api: ApiClient, id: string, output: Output): Promise<ExitCode> {
  const { asked } = polledAnswer.parse(await api.post(`${calendarPath(id)}/poll`, undefined));
  output.result({ ok: true, asked }, [
    asked ? 'It is read within moments.' : 'It is read as soon as a worker runs.',
  ]);
  return EXIT.ok;
}

function ofBusiness(business: string): string {
  return `/api/admin/booksy/businesses/${encodeURIComponent(business)}/calendars`;
}

function calendarPath(id: string): string {
  return `/api/admin/booksy/calendars/${encodeURIComponent(id)}`;
}

function secondsOf(minutes: number | undefined): number | undefined {
  return minutes === undefined ? undefined : minutes * 60;
}

function said(answer: unknown, output: Output): ExitCode {
  const { calendar } = calendarAnswer.parse(answer);
  output.result({ ok: true, calendar }, [
    `Calendar ${calendar.id}: ${calendar.name}, at ${calendar.host}`,
    `${stateOf(calendar)}, read every ${duration(calendar.intervalSeconds)}${calendar.blocksBooksy ? '' : ', blocks nothing at Booksy'}`,
    ...problemLines(calendar),
  ]);
  return EXIT.ok;
}

function stateOf({ active, state }: Calendar): string {
  return active ? state : 'at rest';
}

function problemLines({ name, problem }: Calendar): string[] {
  return problem === null ? [] : [`${name}: ${problem.detail} ${problem.nextStep}`];
}
