import type { ApiClient } from '../api-client.ts';
import { defined } from '../defined.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { counted, table } from '../format.ts';
import { CliError, type Output } from '../output.ts';
import { availabilityAnswer, bookingAnswer, type Visit } from './wire.ts';

export type FreeOptions = {
  readonly business: string;
  readonly items: string;
  readonly from: string;
  readonly to?: string;
  readonly explain?: string;
};

/** Free times of a salon. */
export async function freeTimes(api: ApiClient, options: FreeOptions, output: Output): Promise<ExitCode> {
  const { business, items, from, to, explain } = options;
  const asked = { businessId: business, items, from, to, explain };
  const query = new URLSearchParams(
    Object.entries(asked).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as [string, string]],
    ),
  );
  const answer = availabilityAnswer.parse(await api.get(`/api/availability?${query.toString()}`));
  const { slots, explanation, zone } = answer;
  output.result({ ok: true, ...answer }, [
    `${counted(slots.length, 'free time')} (${zone})`,
    ...table(
      ['START', 'END', 'STAFF'],
      slots.map((slot) => [
        slot.startsLocal,
        slot.endsLocal,
        slot.items.map(({ staffId }) => staffId).join(', '),
      ]),
    ),
    ...(explanation === null
      ? []
      : [
          '',
          `${explanation.startsLocal}: ${explanation.free ? 'free' : `${explanation.code ?? ''}. ${explanation.message ?? ''}`}`,
        ]),
  ]);
  return EXIT.ok;
}

export type BookOptions = {
  readonly business: string;
  readonly items?: string;
  readonly at?: string;
  readonly hold?: string;
  readonly profile?: string;
  readonly givenName?: string;
  readonly familyName?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly note?: string;
  readonly overbook: boolean;
};

/** Books a visit. @throws CliError with the code of the API where it is refused, `time_missing` */
export async function bookVisit(api: ApiClient, options: BookOptions, output: Output): Promise<ExitCode> {
  const { hold, items, at } = options;
  if (hold === undefined && (items === undefined || at === undefined))
    throw new CliError(
      'time_missing',
      'Nothing says what is booked, and when.',
      'Give --items and --at, or --hold.',
      EXIT.usage,
    );
  const client = defined({
    profileId: options.profile,
    givenName: options.givenName,
    familyName: options.familyName,
    email: options.email,
    phone: options.phone,
  });
  const body = defined({
    businessId: options.business,
    holdId: hold,
    items: items === undefined ? undefined : items.split(',').map(itemOf),
    startsLocal: at,
    client: Object.keys(client).length === 0 ? undefined : client,
    note: options.note,
    overbook: options.overbook ? true : undefined,
  });
  return said(await api.post('/api/bookings', body), output);
}

/** One visit as it is now. */
export async function showVisit(api: ApiClient, id: string, output: Output): Promise<ExitCode> {
  return said(await api.get(`/api/bookings/${encodeURIComponent(id)}`), output);
}

/** Cancels a visit. */
export async function endVisit(
  api: ApiClient,
  id: string,
  reason: string | undefined,
  output: Output,
): Promise<ExitCode> {
  return said(await api.post(`/api/bookings/${encodeURIComponent(id)}/cancel`, defined({ reason })), output);
}

/** `<variant>`, `<variant>@<staff>`, `<variant>@any`, or `service:<id>` in place of the variant. */
function itemOf(text: string) {
  const [what = '', staff] = text.trim().split('@');
  const which = what.startsWith('service:')
    ? { serviceId: what.slice('service:'.length) }
    : { variantId: what };
  return { ...which, ...(staff === undefined || staff === 'any' ? {} : { staffId: staff }) };
}

function said(answer: unknown, output: Output): ExitCode {
  const { booking } = bookingAnswer.parse(answer);
  output.result({ ok: true, booking }, lines(booking));
  return EXIT.ok;
}

function lines(visit: Visit): string[] {
  return [
    `Visit ${visit.id}: ${visit.status}${visit.awaitsBooksy ? ' (awaits Booksy)' : ''}`,
    `${visit.startsLocal} to ${visit.endsLocal} (${visit.zone})${visit.atBooksy ? ', also at Booksy' : ''}`,
    ...visit.items.map(
      ({ startsLocal, serviceName, staffId }) => `  ${startsLocal} ${serviceName ?? ''} ${staffId ?? ''}`,
    ),
  ];
}
