import type { ApiClient } from '../api-client.ts';
import { confirmTyped, type Asking } from '../confirm.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { ago, counted } from '../format.ts';
import { CliError, type Output } from '../output.ts';
import { readList, sayNotes, type Listed } from '../pages.ts';
import type { Painter } from '../terminal.ts';
import { errorAnswer, errorPage, released, retried, skipped, type ErrorRow } from '../wire-review.ts';
import { entityWord } from '../words.ts';

const ERRORS = '/api/admin/booksy/errors';

/** Which errors are listed. */
export type ErrorFilter = {
  readonly business: string | undefined;
  readonly kind: string | undefined;
  readonly limit: number;
};

/** What went wrong and waits, or is being tried again. */
export async function listErrors(
  api: ApiClient,
  { business, kind, limit }: ErrorFilter,
): Promise<Listed<ErrorRow>> {
  return readList(
    api,
    ERRORS,
    { businessId: business, kind },
    { schema: errorPage, rowsOf: ({ errors }) => errors, limit },
  );
}

/** The list as people read it: what is urgent first, then the order of the API. */
export function errorLines(
  errors: readonly ErrorRow[],
  more: boolean,
  paint: Painter,
  now = Date.now(),
): string[] {
  if (errors.length === 0) return [paint.green('Nothing is wrong.')];
  const sorted = [...errors].sort((a, b) => Number(b.urgent) - Number(a.urgent));
  return [
    ...sorted.flatMap((error) => [...oneError(error, paint, now), '']),
    ...(more ? ['There are more: --limit shows them.'] : []),
  ];
}

function oneError(error: ErrorRow, paint: Painter, now: number): string[] {
  const { id, kind, urgent, reason, nextStep, firstSeenAt, lastSeenAt, attempt, nextAttemptAt } = error;
  const tried = attempt === null ? '' : `, attempt ${attempt}`;
  const next = nextAttemptAt === null ? '' : `, tried again ${ago(nextAttemptAt, now)}`;
  const commands = error.actions.map((action) => `npm run -s booksy -- errors ${action} ${id}`);
  return [
    `${urgent ? paint.red('!') : paint.yellow('·')} ${paint.bold(subject(error))}: ${reason}`,
    `    ${kind}, first seen ${ago(firstSeenAt, now)}, last ${ago(lastSeenAt, now)}${tried}${next}`,
    `    → ${nextStep}`,
    ...commands.map((command) => paint.dim(`    ${command}`)),
    ...(commands.length === 0 ? [paint.dim(`    ${id}`)] : []),
  ];
}

function subject({ entity, externalId, businessName, businessId }: ErrorRow): string {
  const what = entity === null ? 'run' : entityWord(entity);
  return `${what}${externalId === null ? '' : which(externalId)} of ${businessName ?? businessId}`;
}

/** One record by its id, or all of a list or of a window of visits: "window:visits:past". */
function which(externalId: string): string {
  const [, key] = /^window:(?:visits:)?(.+)$/.exec(externalId) ?? [];
  if (key === undefined) return ` ${externalId}`;
  return key === 'list' ? ', whole list' : `, window ${key}`;
}

async function readError(api: ApiClient, id: string): Promise<ErrorRow> {
  return errorAnswer.parse(await api.get(`${ERRORS}/${encodeURIComponent(id)}`)).error;
}

/** `booksy errors retry`. */
export async function retry(api: ApiClient, id: string, output: Output): Promise<ExitCode> {
  const answer = retried.parse(await api.post(`${ERRORS}/${encodeURIComponent(id)}/retry`, {}));
  sayNotes(output, answer.notes);
  const { state, operation } = answer;
  const ok = state !== 'still_failing';
  output.result({ ok, id, state, operation }, [RETRY_WORDS[state] ?? `It is ${state}.`]);
  return ok ? EXIT.ok : EXIT.failed;
}

const RETRY_WORDS: Readonly<Record<string, string>> = {
  started: 'It is being tried again: booksy errors list shows whether it helped.',
  alreadyRunning: 'It is being tried already: booksy errors list shows whether it helped.',
  mended: 'It is mended.',
  still_failing: 'It fails still: booksy errors list tells why.',
};

/** `booksy errors skip`. */
export async function skip(api: ApiClient, id: string, output: Output): Promise<ExitCode> {
  const answer = skipped.parse(await api.post(`${ERRORS}/${encodeURIComponent(id)}/skip`, {}));
  sayNotes(output, answer.notes);
  const { state, operation } = answer;
  output.result({ ok: true, id, state, operation }, [SKIP_WORDS[state] ?? `It is ${state}.`]);
  return EXIT.ok;
}

const SKIP_WORDS: Readonly<Record<string, string>> = {
  skipped: 'It is left as it is on both sides, until either side changes it.',
  already_skipped: 'It was left already.',
  asked: 'It will be left as soon as its workflow hears of it: booksy errors list shows it.',
};

/** What `errors release` was told. */
export type ReleaseOptions = {
  readonly yes: boolean;
  /** Release only if exactly so many records are concerned. */
  readonly affected?: number | undefined;
};

/**
 * `booksy errors release`: shows what it permits, wants a yes, and permits exactly that number: should it change
 * meanwhile, the API refuses (`release_changed`).
 */
export async function release(
  api: ApiClient,
  id: string,
  { yes, affected: wanted }: ReleaseOptions,
  output: Output,
  asking?: Asking,
): Promise<ExitCode> {
  const error = await readError(api, id);
  const { affected } = error;
  if (!error.actions.includes('release') || affected === null) {
    throw new CliError(
      'not_releasable',
      'This entry holds nothing back that could be released.',
      error.actions.includes('retry') ? `Try it again: booksy errors retry ${id}` : error.nextStep,
    );
  }
  if (wanted !== undefined && wanted !== affected) {
    throw new CliError(
      'release_changed',
      `It concerns ${counted(affected, 'record')} now, not ${wanted}.`,
      `Look at it again: booksy errors list`,
      EXIT.failed,
      { affected },
    );
  }
  permitLines(error, affected).forEach((line) => output.say(line));
  const question = `Type ${affected} to permit it: `;
  await confirmTyped(output, { given: yes, expected: String(affected), question }, asking);
  const path = `${ERRORS}/${encodeURIComponent(id)}/release`;
  const answer = released.parse(await api.post(path, { affected }));
  sayNotes(output, answer.notes);
  output.result({ ok: true, id, affected, operation: answer.operation }, [
    'Released. A full sync was started and takes them in: booksy sync watch shows how far it is.',
  ]);
  return EXIT.ok;
}

function permitLines(error: ErrorRow, affected: number): string[] {
  return [
    `${subject(error)}: ${error.reason}`,
    `Releasing it permits, for a day, that up to ${counted(affected, 'record')} ${affected === 1 ? 'is' : 'are'} taken in as gone or cancelled at Booksy:`,
    '  future visits among them are cancelled here and their time is free again; past ones are kept and marked.',
    '  Each is looked up by its id before; what Booksy still has stays.',
  ];
}
