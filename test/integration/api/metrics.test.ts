import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from './support/api.ts';
import { salon } from './support/salon.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

describe('GET /metrics', () => {
  /** name{labels} → value, and every line understood. */
  function parse(text: string): Map<string, number> {
    const samples = new Map<string, number>();
    for (const line of text.trimEnd().split('\n')) {
      if (line === '' || /^# (HELP|TYPE) [a-z_]\w* .+$/.test(line)) continue;
      const sample = /^([a-zA-Z_]\w*(?:\{(?:\w+="(?:[^"\\]|\\.)*",?)*\})?) (\S+)$/.exec(line);
      expect(sample, line).not.toBeNull();
      const value = Number(sample?.[2]);
      expect(Number.isNaN(value) && sample?.[2] !== 'Nan', line).toBe(false);
      samples.set(sample?.[1] ?? '', value);
    }
    return samples;
  }

  it('sums over the businesses of the token, names none, and leaves the process to those who see all', async () => {
    const { id, token } = await salon(api);
    await salon(api);
    await api.prisma.syncRun.create({
      data: {
        id: randomUUID(),
        businessId: id,
        kind: 'full_sync',
        workflowId: 'w',
        actor: 'cli',
        status: 'completed',
      },
    });
    const answer = await api.send('/metrics', { token });
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const samples = parse(answer.text);
    expect(samples.get('booksy_sync_businesses')).toBe(1);
    expect(samples.get('booksy_sync_waiting{what="conflict",kind="field"}')).toBe(2);
    expect(samples.get('booksy_sync_runs{kind="full_sync",status="completed"}')).toBe(1);
    expect(samples.get('booksy_sync_freshness_seconds{entity="booking"}')).toBeGreaterThanOrEqual(500);
    expect(samples.get('booksy_sync_unproven_windows{entity="profile"}')).toBe(1);
    // Two staff and a business were written by others than us: the triggers put them into the box.
    expect(samples.get('booksy_sync_box_rows{box="outbox"}')).toBeGreaterThan(0);
    expect(answer.text).not.toContain(id);
    expect(answer.text).not.toContain('Salon');
    expect(answer.text).not.toContain('process_cpu');
  });

  it('has Node and HTTP for a token of all businesses, by route template', async () => {
    await api.send(`/api/admin/booksy/operations/${randomUUID()}`);
    await api.send('/no/such/address/canary');
    const answer = await api.send('/metrics');
    const samples = parse(answer.text);
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(0);
    const key =
      'http_request_duration_seconds_count{method="GET",route="/api/admin/booksy/operations/:id",status="404"}';
    expect(samples.get(key)).toBeGreaterThanOrEqual(1);
    expect(answer.text).not.toContain('canary');
    expect(samples.get('booksy_sync_businesses')).toBe(await api.prisma.business.count());
  });
});
