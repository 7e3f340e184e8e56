import type { ApiClient } from '../api-client.ts';
import { ago, table, thousands } from '../format.ts';
import { entityWord } from '../words.ts';
import { engineLines } from '../monitor/status.ts';
import { syncStatus, type BusinessStatus, type Note, type ScheduleStatus } from '../wire.ts';
import { createBoard, NO_LOOK, type Look } from './board.ts';

/** The sync status of every business the token reaches, all pages. */
export async function readStatus(api: ApiClient): Promise<{
  businesses: readonly BusinessStatus[];
  schedules: readonly ScheduleStatus[];
  notes: readonly Note[];
}> {
  const businesses: BusinessStatus[] = [];
  let schedules: readonly ScheduleStatus[] = [];
  const notes = new Map<string, Note>();
  let after = '';
  for (;;) {
    const page = syncStatus.parse(await api.get(`/api/admin/booksy/sync-status?limit=100${after}`));
    businesses.push(...page.businesses);
    ({ schedules } = page);
    for (const note of page.notes) notes.set(note.code, note);
    if (page.nextAfter === null) return { businesses, schedules, notes: [...notes.values()] };
    after = `&after=${page.nextAfter}`;
  }
}

/** What waits for a person, in all businesses together. */
export function sumWaiting(businesses: readonly BusinessStatus[]): number {
  return businesses.reduce((sum, { waiting }) => sum + waiting.total, 0);
}

/** The status as people read it. */
export function statusLines(
  businesses: readonly BusinessStatus[],
  look: Look = NO_LOOK,
  now: number = Date.now(),
): string[] {
  if (businesses.length === 0)
    return ['No business is connected: booksy seed connects those of the Booksy account.'];
  return businesses.flatMap((business, index) => [
    ...(index === 0 ? [] : ['']),
    look.paint.bold(business.name),
    ...pauseLines(business, look, now),
    ...runLines(business, look, now),
    ...entityTable(business, now),
    ...engineLines(business, look),
    business.pushAllowed === null
      ? '  Nothing is written to Booksy yet: booksy sync full --dry-run shows what would be.'
      : `  Writing to Booksy is allowed since ${ago(business.pushAllowed.at, now).replace(/ ago$/, '')}.`,
    ...waitingLines(business.waiting, look),
  ]);
}

function pauseLines({ businessId, paused, running }: BusinessStatus, { paint }: Look, now: number): string[] {
  const since = ({ at, by }: { at: string; by: string | null }): string =>
    `paused ${ago(at, now)}${by === null ? '' : ` by ${by}`}`;
  return [
    ...(paused === null
      ? []
      : [`  ${paint.yellow(since(paused))}: booksy sync resume --business ${businessId}`]),
    ...(running?.paused == null
      ? []
      : [
          `  ${paint.yellow(`this run is ${since(running.paused)}`)}: booksy sync resume --run ${running.operationId}`,
        ]),
  ];
}

function runLines(business: BusinessStatus, look: Look, now: number): string[] {
  const { name, running, lastRun } = business;
  const lines: string[] = [];
  if (running) {
    const { operationId: runId, mode, progress } = running;
    const paused = business.paused !== null || running.paused !== null;
    const [drawn = ''] = createBoard().lines(
      [{ runId, name, dry: mode === 'dry_run', progress, status: 'running', paused }],
      look,
    );
    lines.push(`  ${drawn}`, `  ${look.paint.dim(`run ${runId}`)}`);
  }
  if (lastRun) {
    const when = lastRun.finishedAt === null ? '' : ` ${ago(lastRun.finishedAt, now)}`;
    lines.push(`  last full sync ${lastRun.status}${when}`);
  } else if (!running) lines.push('  never synced');
  return lines;
}

function entityTable({ entities }: BusinessStatus, now: number): string[] {
  const rows = entities
    .filter(({ here, linked }) => here > 0 || linked > 0)
    .map(({ entity, here, linked, provenAt }) => [
      entityWord(entity),
      thousands(here),
      thousands(linked),
      provenAt === null ? 'not proven yet' : ago(provenAt, now),
    ]);
  return rows.length === 0 ? [] : table(['', 'here', 'linked', 'proven'], rows);
}

/** "  7 wait for a decision:" and where to decide each. */
function waitingLines(waiting: BusinessStatus['waiting'], { paint }: Look): string[] {
  if (waiting.total === 0) return ['  Nothing waits for you.'];
  const list = (counts: Readonly<Record<string, number>>, word: (kind: string) => string): string =>
    Object.entries(counts)
      .map(([kind, count]) => `${thousands(count)} ${word(kind)}`)
      .join(', ');
  const kinds: readonly (readonly [string, string])[] = [
    [list(waiting.conflicts, (kind) => `of kind ${kind.replaceAll('_', ' ')}`), ''],
    [list(waiting.unsureMappings, (entity) => `unsure ${entityWord(entity)}`), 'booksy mappings list'],
    [list(waiting.quarantined, (entity) => `${entityWord(entity)} in quarantine`), 'booksy errors list'],
  ];
  return [
    `  ${paint.yellow(`${thousands(waiting.total)} wait for a decision:`)}`,
    ...kinds
      .filter(([what]) => what !== '')
      .map(([what, command]) => `    ${what}${command === '' ? '' : `: ${command}`}`),
  ];
}
