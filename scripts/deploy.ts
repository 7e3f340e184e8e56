/**
 * `npm run deploy`: brings this version to the installation of docker-compose.yml. What can be refused is refused before
 * anything is touched; the image is built before anything that runs is stopped; migrations only add, so that the old
 * version goes on working beside them.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ConfigError, loadConfig } from '../infra/config.ts';
import { pendingMigrations } from '../infra/database/migrate.ts';
import { environmentWith, resolveStack, type Stack } from './stack.ts';

/** The deployment stopped. `next` says what to do; `exitCode` 3 = nothing was touched, 1 = a step failed. */
export class DeployError extends Error {
  readonly next: string;
  readonly exitCode: 1 | 3;

  constructor(message: string, next: string, exitCode: 1 | 3 = 3) {
    super(message);
    this.name = 'DeployError';
    this.next = next;
    this.exitCode = exitCode;
  }
}

/** Runs a program to its end, its output shown or given back. */
export type Run = (
  command: readonly string[],
  options?: { readonly quiet?: boolean },
) => Promise<{ readonly code: number; readonly stdout: string }>;

export interface DeployOptions {
  readonly envFile: string;
  readonly dryRun: boolean;
  readonly run: Run;
  readonly say: (line: string) => void;
  /** Wins over the file. */
  readonly env: NodeJS.ProcessEnv;
}

/** A step that changes something. */
interface Step {
  readonly what: string;
  readonly command: readonly string[];
}

/** How long everything may take to become well, in seconds. */
const WELL_WITHIN_SECONDS = 300;

/**
 * Checks, migrates, builds, rolls.
 * @throws DeployError
 */
export async function deploy(options: DeployOptions): Promise<void> {
  const { envFile, dryRun, run, say } = options;
  const env = readEnvironment(options);
  const stack = checkSettings(env, envFile);
  say('✓ the configuration can be used');
  const engine = await findEngine(run);
  if (engine === null && !dryRun) {
    throw new DeployError(
      'There is no Docker engine with Compose 2.24 or newer that answers.',
      'Start it (systemctl start docker) or install it (https://docs.docker.com/engine/install). Without containers: docs/OPERATIONS.md, "Without Docker".',
    );
  }
  say(engine === null ? '! no Docker engine answers: a real run would stop here' : `✓ Docker ${engine}`);
  await tellPending(stack, env, say);
  const compose = ['docker', 'compose', '--env-file', envFile];
  for (const { what, command } of steps(compose)) {
    say(`${dryRun ? 'would' : '→'} ${what}: ${command.join(' ')}`);
    if (dryRun) continue;
    const { code } = await run(command);
    if (code !== 0) {
      throw new DeployError(
        `This failed (code ${code}): ${command.join(' ')}`,
        'What ran before it is done and harmless to repeat. Look above and at `docker compose logs`, mend it, deploy again.',
        1,
      );
    }
  }
  say(dryRun ? 'Nothing was changed.' : '✓ everything runs and is well');
}

/** Every step is safe to repeat. */
function steps(compose: readonly string[]): readonly Step[] {
  const wait = ['--wait', '--wait-timeout', String(WELL_WITHIN_SECONDS)];
  return [
    { what: 'build the image', command: [...compose, 'build', 'migrate', 'api', 'worker'] },
    { what: 'start the servers', command: [...compose, 'up', '--detach', ...wait, 'postgres', 'redis'] },
    { what: 'migrate (only adds)', command: [...compose, 'run', '--rm', '--no-deps', 'migrate'] },
    {
      what: 'roll, and wait until all is well',
      command: [...compose, 'up', '--detach', '--build', '--remove-orphans', ...wait],
    },
    { what: 'show it', command: [...compose, 'ps'] },
  ];
}

function readEnvironment({ envFile, env }: DeployOptions): NodeJS.ProcessEnv {
  if (!existsSync(envFile)) {
    throw new DeployError(
      `${envFile} does not exist: it holds the secrets of the installation.`,
      'Write one with: npm run deploy -- --init (or copy compose/stack.env.example and fill it in).',
    );
  }
  return environmentWith(envFile, env);
}

/** What docker-compose.yml and the product need and lack, all at once. No secret is quoted. */
function checkSettings(env: NodeJS.ProcessEnv, envFile: string): Stack {
  const { stack, missing } = resolveStack(env);
  if (missing.length > 0) {
    throw new DeployError(
      `${envFile} lacks ${missing.map(({ name }) => name).join(', ')}.`,
      'compose/stack.env.example and .env.example say what they are.',
    );
  }
  const unchanged = Object.entries(env).filter(([, value]) => value?.startsWith('change-me') === true);
  if (unchanged.length > 0) {
    throw new DeployError(
      `${envFile} still has the example's value for ${unchanged.map(([name]) => name).join(', ')}.`,
      'Put secrets of your own there, for example of: openssl rand -hex 24',
    );
  }
  try {
    loadConfig(stack.services['api']?.environment ?? {});
  } catch (error) {
    if (error instanceof ConfigError) throw new DeployError(error.message, `Correct it in ${envFile}.`);
    throw error;
  }
  return stack;
}

async function findEngine(run: Run): Promise<string | null> {
  const [server, compose] = await Promise.all([
    run(['docker', 'version', '--format', '{{.Server.Version}}'], { quiet: true }),
    run(['docker', 'compose', 'version', '--short'], { quiet: true }),
  ]);
  if (server.code !== 0 || compose.code !== 0) return null;
  const [major = 0, minor = 0] = compose.stdout.replace(/^v/, '').split('.').map(Number);
  if (major < 2 || (major === 2 && minor < 24)) return null;
  return `${server.stdout.trim()}, Compose ${compose.stdout.trim()}`;
}

/** What the database lacks. One that is not there yet is no error: the first deployment starts it. */
async function tellPending(stack: Stack, env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<void> {
  const url = reachableFromHere(stack, env);
  try {
    const pending = await pendingMigrations(url);
    say(pending.length === 0 ? '✓ the database is up to date' : `! to be applied: ${pending.join(', ')}`);
  } catch (error) {
    if (error instanceof Error && error.name === 'MigrationError' && 'next' in error) {
      throw new DeployError(error.message, String(error.next));
    }
    say(`! the database does not answer yet (${reasonOf(error)}): all migrations are to be applied`);
  }
}

/** A code such as ECONNREFUSED; messages could hold the address. */
function reasonOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : null;
  return typeof code === 'string' ? code : 'no reason given';
}

/** The stack's own PostgreSQL is reached by its published port, one of yours by its address. */
function reachableFromHere(stack: Stack, env: NodeJS.ProcessEnv): string {
  const settings = stack.services['migrate']?.environment ?? {};
  const url = new URL(settings['DATABASE_DIRECT_URL'] || settings['DATABASE_URL'] || '');
  if (url.hostname === 'postgres') {
    url.hostname = '127.0.0.1';
    url.port = env['STACK_POSTGRES_PORT'] || '5432';
  }
  return url.toString();
}

/**
 * Writes the file of secrets, with fresh ones and the simulator in Booksy's place.
 * @throws DeployError when there is one already: its secrets open what is sealed
 */
export function initEnvironment(envFile: string, exampleFile: string): void {
  if (existsSync(envFile)) {
    throw new DeployError(
      `${envFile} is there already: what is sealed in the database opens only with its key.`,
      'Edit it by hand.',
    );
  }
  const text = readFileSync(exampleFile, 'utf8')
    .replace(
      /^(STACK_\w+_PASSWORD|BOOKSY_API_SECRET)=.*$/gm,
      (_, name: string) => `${name}=${randomBytes(24).toString('hex')}`,
    )
    .replace(/^ENCRYPTION_KEY=.*$/m, `ENCRYPTION_KEY=${randomBytes(32).toString('base64')}`);
  writeFileSync(envFile, text, { mode: 0o600, flag: 'wx' });
}
