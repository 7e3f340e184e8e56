import { ago, table } from '../format.ts';
import type { BusinessStatus, ScheduleStatus } from '../wire.ts';
import { NO_LOOK, type Look } from '../sync/board.ts';
import { entityWord } from '../words.ts';

/** The schedules as people read them. */
export function scheduleLines(
  schedules: readonly ScheduleStatus[],
  look: Look = NO_LOOK,
  now: number = Date.now(),
): string[] {
  if (schedules.length === 0) return ['The schedules could not be read.'];
  const missing = schedules.filter(({ exists }) => !exists);
  return [
    look.paint.bold('Schedules'),
    ...table(
      ['', 'every', 'last', 'next'],
      schedules.map(({ id, everySeconds, lastAt, nextAt, paused, exists }) => [
        id,
        every(everySeconds),
        lastAt === null ? 'never' : ago(lastAt, now),
        !exists ? 'missing' : paused ? 'paused' : nextAt === null ? '–' : until(nextAt, now),
      ]),
    ),
    ...schedules.flatMap(({ id, note }) =>
      note === null ? [] : [`  ${look.paint.yellow(`${id}: ${note}`)}`],
    ),
    ...(missing.length === 0
      ? []
      : [`  ${look.paint.yellow('Some are missing: booksy monitor start makes them.')}`]),
  ];
}

/** How fresh each window of a business is, and what its engine waits for. */
export function freshnessLines(
  business: BusinessStatus,
  look: Look = NO_LOOK,
  now: number = Date.now(),
): string[] {
  const { name, stale, entities, paused } = business;
  const windows = entities.flatMap(({ entity, windows: own }) =>
    own.map(({ windowKey, provenAt, intervalSeconds, dueAt, complete }) => [
      `${entityWord(entity)} ${windowKey}`,
      provenAt === null ? 'not yet' : ago(provenAt, now),
      intervalSeconds === null ? '–' : every(intervalSeconds),
      dueAt === null ? '–' : until(dueAt, now),
      complete ? 'whole' : 'in part',
    ]),
  );
  return [
    `${look.paint.bold(name)}${paused === null ? '' : look.paint.yellow(' (paused)')}${stale && windows.length > 0 ? look.paint.yellow(' – the picture of today is stale') : ''}`,
    ...(windows.length === 0
      ? ['  never synced']
      : table(['', 'proven', 'every', 'next', 'last pass'], windows)),
    ...engineLines(business, look),
  ];
}

/** What waits in the boxes, what was written without an answer, what failed. */
export function engineLines({ engine }: BusinessStatus, { paint }: Look = NO_LOOK): string[] {
  const { webhooks, outbox, intents, failures, circuit } = engine;
  const aged = ({ undrained, oldestSeconds }: typeof webhooks, what: string): string[] =>
    undrained === 0 ? [] : [`${String(undrained)} ${what}, the oldest for ${every(oldestSeconds ?? 0)}`];
  const parts = [
    ...aged(webhooks, 'webhooks to read back'),
    ...aged(outbox, 'changes here to judge'),
    ...(intents.open + intents.unknown === 0
      ? []
      : [`${String(intents.open + intents.unknown)} writes without an answer yet`]),
    ...(failures.open === 0
      ? []
      : [`${String(failures.open)} records that fail by themselves: booksy errors list`]),
  ];
  return [
    ...(circuit === null
      ? []
      : [
          `  ${paint.yellow(`Booksy is not called: ${circuit.code ?? 'trouble'} (the circuit is open, a probe closes it)`)}`,
        ]),
    ...parts.map((part) => `  ${part}`),
  ];
}

function every(seconds: number): string {
  if (seconds < 120) return `${String(seconds)} s`;
  if (seconds < 7200) return `${String(Math.round(seconds / 60))} min`;
  return `${String(Math.round(seconds / 3600))} h`;
}

function until(at: string, now: number): string {
  const seconds = Math.round((Date.parse(at) - now) / 1000);
  return seconds <= 0 ? 'now' : `in ${every(seconds)}`;
}
