import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createDatabase, type Database, type PrismaClient } from '../../../infra/database/index.ts';
import { checkDirectUrl } from '../../../infra/database/identity.ts';
import { createReads, type Reads, type ReadsChange } from '../../../infra/database/replica.ts';
import { eventually } from '../../support/eventually.ts';
import { startReplicatedPostgres, type ReplicatedPostgres } from '../../support/replica.ts';
import { sharedServers } from '../../support/shared-servers.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';

/** Short, so that the tests are; a measurement every second must stay below it however busy the machine is. */
const MAX_LAG_MS = 10_000;

let servers: ReplicatedPostgres;
let primary: Database;

beforeAll(async () => {
  servers = await startReplicatedPostgres();
  primary = createDatabase({ url: servers.primary.url, poolMax: 4, applicationName: 'test' });
  await servers.onPrimary('CREATE TABLE ticks (at_ms float8 NOT NULL)');
  await servers.caughtUp();
});

afterAll(async () => {
  await primary.close();
  await servers.stop();
});

function readsOf(replicaUrl: string | null, from: PrismaClient = primary.prisma) {
  const changes: ReadsChange[] = [];
  const reads = createReads({
    primary: from,
    replicaUrl,
    poolMax: 2,
    applicationName: 'test-reads',
    maxLagMs: MAX_LAG_MS,
    onChange: (change) => changes.push(change),
  });
  onTestFinished(() => reads.close());
  return { reads, changes, said: () => changes.map((change) => change.reason) };
}

/** The newest tick that lists show, and whether a standby showed it. */
async function look(db: PrismaClient): Promise<{ at: number; standby: boolean }> {
  const rows = await db.$queryRaw<{ at: number; standby: boolean }[]>`
    SELECT coalesce(max(at_ms), 0)::float8 AS at, pg_is_in_recovery() AS standby FROM ticks`;
  return rows[0] ?? { at: 0, standby: false };
}

async function usesReplica(reads: Reads): Promise<boolean> {
  return (await look(await reads.lists())).standby;
}

/** Waits until reads go to the replica: the first few may not wait for the first measurement. */
async function onReplica(reads: Reads): Promise<void> {
  await eventually(() => usesReplica(reads), { timeoutMs: 20_000, what: 'the replica is read' });
}

/** Writes the time of each moment on the primary until it is stopped. */
function ticking(): { newestMs(): number; longestGapMs(): number; stop(): Promise<void> } {
  let going = true;
  let [newest, longestGap] = [0, 0];
  const done = (async () => {
    while (going) {
      const now = performance.now();
      await primary.prisma.$executeRaw`INSERT INTO ticks VALUES (${now})`;
      if (newest > 0) longestGap = Math.max(longestGap, performance.now() - newest);
      newest = now;
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  })();
  return {
    newestMs: () => newest,
    longestGapMs: () => longestGap,
    stop() {
      going = false;
      return done;
    },
  };
}

describe('reads', () => {
  it('are the primary’s where there is no replica', async () => {
    const { reads, changes } = readsOf(null);
    expect(await reads.lists()).toBe(primary.prisma);
    expect(await reads.run((db) => Promise.resolve(db === primary.prisma))).toBe(true);
    expect([reads.lagMs(), changes]).toEqual([null, []]);
  });

  it('go to a replica that follows, and stay there while the primary is idle', async () => {
    const { reads, changes, said } = readsOf(servers.replicaUrl);
    await onReplica(reads);
    const until = performance.now() + MAX_LAG_MS * 1.2;
    while (performance.now() < until) {
      expect(await usesReplica(reads)).toBe(true);
      expect(reads.lagMs()).toBeLessThan(MAX_LAG_MS);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(said()).toEqual(['follows']);
    expect(changes[0]?.use).toBe('replica');
  });

  it('can be measured by a role without any right', async () => {
    await servers.onPrimary(`CREATE ROLE plain LOGIN PASSWORD 'plain'`);
    await servers.caughtUp();
    const as = (address: string) => {
      const url = new URL(address);
      url.username = 'plain';
      url.password = 'plain';
      return url.href;
    };
    const plain = createDatabase({ url: as(servers.primary.url), poolMax: 1, applicationName: 'test' });
    onTestFinished(() => plain.close());
    const { reads } = readsOf(as(servers.replicaUrl), plain.prisma);
    await eventually(async () => {
      const db = await reads.lists();
      const rows = await db.$queryRaw<{ standby: boolean }[]>`SELECT pg_is_in_recovery() AS standby`;
      return rows[0]?.standby;
    });
  });

  it('never show what is older than the bound: a replica that stands still is left, and used again later', async () => {
    const { reads, said } = readsOf(servers.replicaUrl);
    await onReplica(reads);
    const ticks = ticking();
    let oldest = 0;
    const seen = async () => {
      const newestMs = ticks.newestMs();
      const { at, standby } = await look(await reads.lists());
      oldest = Math.max(oldest, newestMs - at);
      return standby;
    };
    await eventually(async () => (await seen()) && (await look(await reads.lists())).at > 0);
    oldest = 0;
    await servers.onReplica('SELECT pg_wal_replay_pause()');
    await eventually(async () => !(await seen()), { what: 'the primary is read' });
    expect(reads.lagMs()).toBeGreaterThanOrEqual(MAX_LAG_MS);
    // A tick is written every 40 ms: how long the machine let one wait for the next comes on top of the bound, twice.
    expect(oldest).toBeLessThan(MAX_LAG_MS + 500 + 2 * ticks.longestGapMs());
    await eventually(() => said().includes('lagging'));
    expect(await seen()).toBe(false);

    await servers.onReplica('SELECT pg_wal_replay_resume()');
    await eventually(() => seen(), { what: 'the replica is read again' });
    await ticks.stop();
    expect(said()).toEqual(['follows', 'lagging', 'follows']);
  });

  it('fall back to the primary when the replica dies, in the middle of a read too, and return to it', async () => {
    const { reads, said } = readsOf(servers.replicaUrl);
    await onReplica(reads);
    let tries = 0;
    const slow = reads.run(async (db) => {
      tries += 1;
      return db.$queryRaw<{ standby: boolean }[]>`
        SELECT pg_is_in_recovery() AS standby, (SELECT CASE WHEN pg_is_in_recovery() THEN pg_sleep(60)::text END) AS slept`;
    });
    await eventually(async () => {
      const row = await servers.onReplica(
        `SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event = 'PgSleep'`,
      );
      return row?.['n'] === '1';
    });
    await servers.killReplica();
    expect(await slow).toMatchObject([{ standby: false }]);
    expect(tries).toBe(2);
    for (let read = 0; read < 20; read += 1) {
      expect(await usesReplica(reads)).toBe(false);
      expect((await reads.run(look)).standby).toBe(false);
    }
    await servers.startReplica();
    await onReplica(reads);
    // One that has just started may first be found behind: it replays what it missed.
    expect(said().filter((reason) => reason !== 'lagging')).toEqual(['follows', 'away', 'follows']);
  });

  it('say at once what is wrong with the read itself, and do not try it twice', async () => {
    const { reads } = readsOf(servers.replicaUrl);
    await onReplica(reads);
    let tries = 0;
    const wrong = reads.run(async (db) => {
      tries += 1;
      return db.$queryRaw`SELECT no_such_column FROM ticks`;
    });
    await expect(wrong).rejects.toThrow();
    expect(tries).toBe(1);
  });

  it('do not wait for a replica that takes questions and never answers', async () => {
    const proxy = await startTcpProxy(Number(new URL(servers.replicaUrl).port));
    onTestFinished(() => proxy.close());
    const url = new URL(servers.replicaUrl);
    url.port = String(proxy.port);
    const { reads, said } = readsOf(url.href);
    await onReplica(reads);
    proxy.freeze();
    await eventually(async () => (await reads.lists()) === primary.prisma, { what: 'the primary is read' });
    await eventually(() => said().includes('away'));
    const started = performance.now();
    for (let read = 0; read < 20; read += 1) expect(await reads.lists()).toBe(primary.prisma);
    // Each of them waiting would take far longer.
    expect(performance.now() - started).toBeLessThan(10_000);
    proxy.thaw();
    await onReplica(reads);
  });

  it('do not use what is no replica of this very database', async () => {
    const other = new URL(servers.replicaUrl);
    other.pathname = '/postgres';
    const elsewhere = createDatabase({
      url: sharedServers().databaseAdminUrl,
      poolMax: 1,
      applicationName: 'test',
    });
    onTestFinished(() => elsewhere.close());
    for (const [url, from, reason] of [
      [servers.primary.url, primary.prisma, 'not_a_replica'],
      [other.href, primary.prisma, 'another_database'],
      [servers.replicaUrl, elsewhere.prisma, 'another_database'],
    ] as const) {
      const { reads, said } = readsOf(url, from);
      expect(await reads.lists()).toBe(from);
      await eventually(() => said().length > 0);
      expect(await reads.lists()).toBe(from);
      expect(said()).toEqual([reason]);
    }
  });

  it('can be told from what DATABASE_DIRECT_URL should be', async () => {
    const { url } = servers.primary;
    const named = new URL(url);
    named.searchParams.set('application_name', 'direct');
    const other = new URL(url);
    other.pathname = '/postgres';
    for (const [directUrl, found] of [
      [url, null],
      [named.href, null],
      [other.href, 'another_database'],
      [sharedServers().databaseAdminUrl, 'another_database'],
      [servers.replicaUrl, 'standby'],
    ] as const) {
      expect(await checkDirectUrl({ url, directUrl })).toBe(found);
    }
    await expect(
      checkDirectUrl({ url, directUrl: 'postgresql://x@127.0.0.1:1/booksy_sync' }),
    ).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('leave a replica that became a primary of its own', async () => {
    const { reads, said } = readsOf(servers.replicaUrl);
    await onReplica(reads);
    await servers.promoteReplica();
    await eventually(async () => (await reads.lists()) === primary.prisma);
    await eventually(() => said().includes('not_a_replica'));
  });
});
