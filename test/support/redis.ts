import { createClient } from 'redis';
import { startChild, type Child } from '../../infra/local/child.ts';
import { freePort, LOOPBACK } from '../../infra/local/ports.ts';
import { eventually } from './eventually.ts';
import { resolveRedis } from './redis-program.ts';
import { createRunFolder, startWatchdog } from './servers.ts';

/** A Redis server of one test file. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Sends one command on a connection of its own, as anybody else could. */
  command(...words: string[]): Promise<unknown>;
  /** Ends it as a crash would: nothing is saved. */
  kill(): Promise<void>;
  /** Starts it again at the same address, with what was saved last. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a real Redis on a free port. Whatever happens to this process, it is stopped and its folder removed. */
export async function startRedis(settings: readonly string[] = []): Promise<TestRedis> {
  const program = await resolveRedis({ env: process.env, log: (line) => process.stderr.write(`${line}\n`) });
  const watchdog = startWatchdog();
  const folder = await createRunFolder(watchdog);
  const port = await freePort();
  const url = `redis://${LOOPBACK}:${port}`;
  let child: Child | null = null;

  const start = async () => {
    const flags = ['--port', String(port), '--bind', LOOPBACK, '--save', '', '--appendonly', 'no'];
    const place = ['--dir', folder, '--dbfilename', 'dump.rdb', '--daemonize', 'no'];
    const started = await startChild(
      program.path,
      [...flags, ...place, ...settings],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
      () => undefined,
    );
    child = started;
    watchdog.watch(started.pid, 'SIGTERM');
    await eventually(() => {
      if (started.process.exitCode !== null)
        throw new Error(`Redis ended: ${started.lastLines().slice(-3).join(' | ')}`);
      return started.lastLines().some((line) => /ready to accept connections/i.test(line));
    });
  };
  const kill = async () => {
    if (child === null) return;
    child.kill('SIGKILL');
    await child.exited;
    watchdog.forget(child.pid);
    child = null;
  };
  await start();
  return {
    url,
    port,
    async command(...words) {
      const client = createClient({ url, RESP: 2, socket: { reconnectStrategy: false } });
      client.on('error', () => undefined);
      await client.connect();
      try {
        return await client.sendCommand(words);
      } finally {
        client.destroy();
      }
    },
    kill,
    start,
    async stop() {
      await kill();
      await watchdog.release();
    },
  };
}
