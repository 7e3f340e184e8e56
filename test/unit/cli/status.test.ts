import { describe, expect, it } from 'vitest';
import { statusLines } from '../../../cli/sync/status.ts';
import { syncStatus } from '../../../cli/wire.ts';
import { BUSINESS, RUN, status, statusPage } from './support/answers.ts';

const NOW = Date.parse('2026-03-01T10:00:00Z');
const lines = (...businesses: unknown[]): string =>
  statusLines(syncStatus.parse(statusPage(...businesses)).businesses, undefined, NOW).join('\n');

describe('booksy sync status', () => {
  it('says what to do where nothing is connected or was ever synced', () => {
    expect(lines()).toMatch(/booksy seed/);
    expect(lines(status())).toBe(
      [
        'Salon Aurora',
        '  never synced',
        '  Nothing is written to Booksy yet: booksy sync full --dry-run shows what would be.',
        '  Nothing waits for you.',
      ].join('\n'),
    );
  });

  it('names the kinds as people do and how fresh each is', () => {
    const entity = (name: string, provenAt: string | null) => ({
      entity: name,
      here: 1_200,
      linked: 900,
      provenAt,
    });
    const text = lines(
      status({
        entities: [entity('profile', '2026-03-01T09:59:20Z'), entity('time_off', null)],
        lastRun: { operationId: RUN, status: 'completed', finishedAt: '2026-03-01T09:50:00Z' },
        pushAllowed: { at: '2026-03-01T09:00:00Z', by: 'api:x', runId: RUN },
      }),
    );
    expect(text).toContain('  last full sync completed 10 min ago\n');
    expect(text).toMatch(/client +1,200 +900 +40 s ago\n/);
    expect(text).toMatch(/time off +1,200 +900 +not proven yet\n/);
    expect(text).toContain('Writing to Booksy is allowed since 1 h 0 min.');
  });

  it('shows a pause of the business and one of the run, each with the command that ends it', () => {
    const paused = { at: '2026-03-01T09:58:00Z', by: 'api:desk' };
    const running = {
      ...{ operationId: RUN, workflowId: 'full-sync/x', mode: 'dry_run', paused },
      progress: {
        ...{ phase: 'clients', rowsDone: 50, rowsTotal: 100, totalIsKnown: true, etaSeconds: null },
        ...{ paused: true, mode: 'dry_run' },
      },
    };
    const text = lines(status({ paused, running }));
    expect(text).toContain(`paused 2 min ago by api:desk: booksy sync resume --business ${BUSINESS}`);
    expect(text).toContain(`this run is paused 2 min ago by api:desk: booksy sync resume --run ${RUN}`);
    expect(text).toContain(' 50 %  dry run, clients · 50 of 100 rows · paused');
  });

  it('leads from what waits to where it is decided', () => {
    const waiting = {
      total: 7,
      conflicts: { time_overlap: 4 },
      unsureMappings: { profile: 2 },
      quarantined: { booking: 1 },
    };
    expect(lines(status({ waiting }))).toContain(
      [
        '  7 wait for a decision:',
        '    4 of kind time overlap',
        '    2 unsure client: booksy mappings list',
        '    1 visit in quarantine: booksy errors list',
      ].join('\n'),
    );
  });

  it('cannot be steered by the name of a salon', () => {
    expect(lines(status({ name: 'Salon\u001b[2J\nAurora' }))).toMatch(/^Salon \[2J Aurora\n/);
  });
});
