import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkHistories } from '../../../scripts/histories.ts';

const SCRIPT = fileURLToPath(new URL('../../../scripts/check-histories.mjs', import.meta.url));
const HISTORY = 'test/replay/histories/fullSync/first.json';
const REASONS = 'test/replay/REASONS.md';
let repo: string;

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.test', ...args], {
    cwd: repo,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(repo, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

function commit(files: Readonly<Record<string, string>>): void {
  write(files);
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Change');
}

function check(): { ok: boolean; output: string } {
  const { problems } = checkHistories(repo);
  return { ok: problems.length === 0, output: problems.join('\n') };
}

beforeEach(() => {
  repo = mkdtempSync(path.join(tmpdir(), 'check-histories-'));
  git('init', '--quiet', '--initial-branch', 'main');
  commit({
    'workflows/index.ts':
      "export { fullSync } from './full-sync.ts';\nexport type { X } from './full-sync.ts';\n",
    'workflows/full-sync.ts':
      "import { next } from '../domain/next.ts';\nexport async function fullSync() { next(); }\n",
    'domain/next.ts': 'export const next = () => 1;\n',
    'domain/elsewhere.ts': 'export const elsewhere = 1;\n',
    [HISTORY]: '{"events":[]}',
    [REASONS]: '# Reasons\n',
  });
});
afterEach(() => rmSync(repo, { recursive: true, force: true }));

describe('a change of workflow code', () => {
  it('passes when no history is touched', () => {
    commit({ 'workflows/full-sync.ts': 'export async function fullSync() {}\n' });
    expect(check()).toMatchObject({ ok: true });
  });

  it('passes with a further history', () => {
    commit({ 'domain/next.ts': '// new\n', 'test/replay/histories/fullSync/second.json': '{}' });
    expect(check()).toMatchObject({ ok: true });
  });

  it.each([
    ['the workflow', 'workflows/full-sync.ts', 'export async function fullSync() { return 2; }\n'],
    ['a file the workflow imports', 'domain/next.ts', 'export const next = () => 2;\n'],
    ['a new file of the workflows', 'workflows/more.ts', 'export const more = 1;\n'],
  ])('is refused with an altered history, when it changes %s', (_what, file, text) => {
    commit({ [file]: text, [HISTORY]: '{"events":[1]}' });
    const { ok, output } = check();
    expect(ok).toBe(false);
    expect(output).toContain('alters the recorded history fullSync/first.json');
    expect(output).toContain(file);
  });

  it('is refused before it is committed', () => {
    write({ 'domain/next.ts': 'export const next = () => 2;\n', [HISTORY]: '{"events":[1]}' });
    expect(check()).toMatchObject({
      ok: false,
      output: expect.stringContaining('The uncommitted change') as string,
    });
  });

  it('is refused when it deletes or renames a history', () => {
    const text = readFileSync(path.join(repo, HISTORY), 'utf8');
    rmSync(path.join(repo, HISTORY));
    commit({ 'domain/next.ts': '// new\n', 'test/replay/histories/fullSync/renamed.json': text });
    expect(check()).toMatchObject({ ok: false });
  });

  it('is refused later too, and when it came in two steps', () => {
    commit({ 'domain/next.ts': 'export const next = () => 2;\n' });
    commit({ [HISTORY]: '{"events":[1]}' });
    commit({ 'README.md': 'Later.\n' });
    expect(check()).toMatchObject({ ok: false });
  });

  it('is not refused for code that no workflow imports', () => {
    commit({ 'domain/elsewhere.ts': 'export const elsewhere = 2;\n', [HISTORY]: '{"events":[1]}' });
    expect(check()).toMatchObject({ ok: true });
  });
});

describe('a stated reason', () => {
  const why = 'No release has run this workflow yet, so none can be open.';

  it('lets the change through', () => {
    commit({
      'domain/next.ts': '// new\n',
      [HISTORY]: '{"events":[1]}',
      [REASONS]: `# Reasons\n\n## 2025-02-08 fullSync/first.json\n\n${why}\n`,
    });
    expect(check()).toMatchObject({ ok: true });
  });

  it('may name all histories of a workflow', () => {
    write({
      'domain/next.ts': '// new\n',
      [HISTORY]: '{"events":[1]}',
      [REASONS]: `# Reasons\n\n## 2025-02-08 fullSync/*\n\n${why}\n`,
    });
    expect(check()).toMatchObject({ ok: true });
  });

  it.each([
    ['names another history', `## 2025-02-08 fullSync/other.json\n\n${why}\n`],
    ['says nothing', '## 2025-02-08 fullSync/first.json\n\nNeeded.\n'],
  ])('does not count when it %s', (_what, entry) => {
    commit({ 'domain/next.ts': '// new\n', [HISTORY]: '{"events":[1]}', [REASONS]: `# Reasons\n\n${entry}` });
    expect(check()).toMatchObject({ ok: false });
  });

  it('counts once: an old one does not cover a new change', () => {
    const entry = `## 2025-02-08 fullSync/first.json\n\n${why}\n`;
    commit({ 'domain/next.ts': '// a\n', [HISTORY]: '{"events":[1]}', [REASONS]: entry });
    commit({ 'domain/next.ts': '// b\n', [HISTORY]: '{"events":[2]}' });
    expect(check()).toMatchObject({ ok: false });
  });
});

describe('a merge', () => {
  it('of a branch with its own reasons passes, one that slips a change in does not', () => {
    git('checkout', '--quiet', '-b', 'branch');
    commit({ 'README.md': 'Branch.\n' });
    git('checkout', '--quiet', 'main');
    commit({ 'domain/next.ts': '// main\n' });
    git('merge', '--quiet', '--no-ff', '--no-commit', 'branch');
    git('commit', '--quiet', '--message', 'Merge');
    expect(check()).toMatchObject({ ok: true });

    git('checkout', '--quiet', '-b', 'second', 'HEAD~1');
    commit({ 'NOTES.md': 'Second.\n' });
    git('checkout', '--quiet', 'main');
    git('merge', '--quiet', '--no-ff', '--no-commit', 'second');
    commit({ [HISTORY]: '{"events":[9]}' });
    expect(check()).toMatchObject({ ok: false });
  });
});

describe('a workflow', () => {
  it('without a recorded history is refused, and named', () => {
    commit({
      'workflows/index.ts':
        "export * from './full-sync.ts';\nexport { sweep as sweepAll } from './sweep.ts';\n",
      'workflows/sweep.ts': 'export const paused = 1;\nexport async function sweep() {}\n',
    });
    const { ok, output } = check();
    expect(ok).toBe(false);
    expect(output).toContain('The workflow sweepAll has no recorded history');
    expect(output).not.toContain('fullSync has no');
    expect(output).not.toContain('paused');
  });
});

it('without git only the histories themselves are checked', () => {
  rmSync(path.join(repo, '.git'), { recursive: true });
  expect(checkHistories(repo)).toEqual({ problems: [], sawGit: false });
});

it('the script says what is wrong and fails', { timeout: 60_000 }, () => {
  commit({ 'domain/next.ts': '// new\n', [HISTORY]: '{"events":[1]}' });
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, '--repo', repo], { encoding: 'utf8' });
  expect(stderr).toContain('alters the recorded history fullSync/first.json');
  expect(status).toBe(1);
});
