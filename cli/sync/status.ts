import type { ApiClient } from '../api-client.ts';
import { duration, thousands } from '../format.ts';
import { syncStatus, type BusinessStatus } from '../wire.ts';
import { progressLine } from './follow.ts';

/** The sync status of every business the token reaches, all pages. */
export async function readStatus(api: ApiClient): Promise<readonly BusinessStatus[]> {
  const businesses: BusinessStatus[] = [];
  let after = '';
  for (;;) {
    const page = syncStatus.parse(await api.get(`/api/admin/booksy/sync-status?limit=100${after}`));
    businesses.push(...page.businesses);
    if (page.nextAfter === null) return businesses;
    after = `&after=${page.nextAfter}`;
  }
}

/** The status as people read it. */
export function statusLines(businesses: readonly BusinessStatus[], now: number = Date.now()): string[] {
  if (businesses.length === 0)
    return ['No business is connected: booksy seed connects those of the Booksy account.'];
  return businesses.flatMap((business) => [
    `${business.name}${business.pausedAt === null ? '' : ' (paused)'}`,
    `  ${stateOf(business, now)}`,
    ...business.entities
      .filter(({ here, linked }) => here > 0 || linked > 0)
      .map(({ entity, here, linked, provenAt }) => {
        const proven = provenAt === null ? 'not proven yet' : `proven ${ago(provenAt, now)}`;
        return `  ${entity.padEnd(12)} ${thousands(here).padStart(9)} here ${thousands(linked).padStart(9)} linked   ${proven}`;
      }),
    business.waiting.total === 0
      ? '  Nothing waits for you.'
      : `  ${thousands(business.waiting.total)} wait for a decision: ${waitingKinds(business.waiting)}.`,
  ]);
}

/** "4 of kind time_overlap, 1 booking in quarantine". */
function waitingKinds({ conflicts, unsureMappings, quarantined }: BusinessStatus['waiting']): string {
  const list = (counts: Readonly<Record<string, number>>, say: (kind: string) => string) =>
    Object.entries(counts).map(([kind, count]) => `${thousands(count)} ${say(kind)}`);
  return [
    ...list(conflicts, (kind) => `of kind ${kind}`),
    ...list(unsureMappings, (entity) => `unsure ${entity}`),
    ...list(quarantined, (entity) => `${entity} in quarantine`),
  ].join(', ');
}

function stateOf({ running, lastRun }: BusinessStatus, now: number): string {
  if (running)
    return `full sync under way: ${progressLine(running.progress === null ? [] : [running.progress])}`;
  if (!lastRun) return 'never synced';
  const when = lastRun.finishedAt === null ? '' : ` ${ago(lastRun.finishedAt, now)}`;
  return `last full sync ${lastRun.status}${when}`;
}

function ago(instant: string, now: number): string {
  return `${duration(Math.max(0, (now - Date.parse(instant)) / 1000))} ago`;
}
