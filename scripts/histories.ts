import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { importsOfText, isRelative } from '../lint/imports.ts';

const HISTORIES = 'test/replay/histories';
const REASONS = 'test/replay/REASONS.md';
const INDEX = 'workflows/index.ts';
/** A reason shorter than this says nothing. */
const REASON_MIN_CHARACTERS = 20;
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** A state of the repository: a commit, or the files on disk. */
type State = { readonly commit: string } | 'on disk';

/** The repository that is looked at. */
interface Repository {
  readonly folder: string;
  git(...args: string[]): string;
}

/**
 * Guards the recorded workflow histories (test/replay/histories/<workflowType>/*.json).
 *
 * 1. Every workflow that workflows/index.ts exports has at least one recorded history.
 * 2. A recorded history may be changed or deleted only with a new entry in test/replay/REASONS.md, in the same change,
 *    once the workflow code has changed since it was recorded. Otherwise a change that breaks running workflows could
 *    hide itself by recording the histories anew. Workflow code is workflows/** and every file that it imports.
 *
 * Looks at every commit of the history and at what is not yet committed.
 *
 * @returns what is wrong, one sentence each; `sawGit` is false where there is no git history to look at
 */
export function checkHistories(folder: string): { problems: string[]; sawGit: boolean } {
  const repo: Repository = {
    folder,
    git: (...args) =>
      execFileSync('git', ['-c', 'core.quotePath=false', ...args], {
        cwd: folder,
        encoding: 'utf8',
        maxBuffer: 256 * 1024 * 1024,
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
  };
  const sawGit = isTopOfRepository(repo);
  return {
    problems: [...workflowsWithoutHistory(repo), ...(sawGit ? unexplainedChanges(repo) : [])],
    sawGit,
  };
}

function workflowsWithoutHistory(repo: Repository): string[] {
  return [...exportedFunctions(repo, INDEX)].flatMap((name) => {
    const folder = path.join(repo.folder, HISTORIES, name);
    const recorded = existsSync(folder) && readdirSync(folder).some((file) => file.endsWith('.json'));
    if (recorded) return [];
    const command = `node --import tsx scripts/record-histories.ts --only ${name}`;
    return [`The workflow ${name} has no recorded history. Record one: ${command}`];
  });
}

function unexplainedChanges(repo: Repository): string[] {
  const problems: string[] = [];
  for (const commit of lines(
    repo.git('log', '--reverse', '--format=%H', '--full-history', 'HEAD', '--', HISTORIES),
  )) {
    const [, ...parents] = repo.git('rev-list', '--parents', '-1', commit).trim().split(' ');
    const before: State = { commit: parents[0] ?? EMPTY_TREE };
    // Of a merge only what differs from all its parents is new; the rest was judged in the commits it joins.
    const altered =
      parents.length > 1
        ? lines(repo.git('diff-tree', '-c', '-r', '--no-commit-id', '--name-only', commit, '--', HISTORIES))
        : alteredHistories(repo, before, { commit });
    problems.push(...judge(repo, `Commit ${commit.slice(0, 10)}`, altered, before, { commit }));
  }
  const head: State = { commit: 'HEAD' };
  const uncommitted = alteredHistories(repo, head, 'on disk');
  return [...problems, ...judge(repo, 'The uncommitted change', uncommitted, head, 'on disk')];
}

/** Judges one change, called `what` to the reader, that altered some histories. */
function judge(
  repo: Repository,
  what: string,
  altered: readonly string[],
  before: Exclude<State, 'on disk'>,
  after: State,
): string[] {
  if (altered.length === 0) return [];
  const explained = newReasons(repo, before, after);
  return altered.flatMap((file) => {
    const recordedIn = repo.git('log', '-1', '--format=%H', before.commit, '--', file).trim();
    const bases = recordedIn === '' ? [before] : [before, { commit: recordedIn }];
    const code = [...new Set(bases.flatMap((base) => changedCode(repo, base, after)))];
    if (code.length === 0) return [];
    const name = path.posix.relative(HISTORIES, file);
    const all = `${path.posix.dirname(name)}/*`;
    if (explained.some((title) => title.includes(name) || title.includes(all))) return [];
    const files = code.length > 3 ? `${code.slice(0, 3).join(', ')}, …` : code.join(', ');
    return [
      `${what} alters the recorded history ${name}, and since it was recorded the workflow code changed too ` +
        `(${files}). Keep the old history and make the code agree with it (patched()), or say in ${REASONS}, under ` +
        `"## <date> ${name}", in at least ${String(REASON_MIN_CHARACTERS)} characters why no running workflow can be hurt.`,
    ];
  });
}

/** Histories modified or deleted between two states. A new one is no alteration, a renamed one is. */
function alteredHistories(repo: Repository, before: State, after: State): string[] {
  const changes = ['--no-renames', '--diff-filter=MDT', '--name-only', ...range(before, after)];
  return lines(repo.git('diff', ...changes, '--', HISTORIES));
}

/** Workflow code that differs between two states. */
function changedCode(repo: Repository, before: State, after: State): string[] {
  const changed = lines(repo.git('diff', '--no-renames', '--name-only', ...range(before, after)));
  if (after === 'on disk') changed.push(...lines(repo.git('ls-files', '--others', '--exclude-standard')));
  const code = new Set([...workflowFiles(repo, before), ...workflowFiles(repo, after)]);
  return changed.filter((file) => code.has(file));
}

/** Titles of the entries of REASONS.md that are new and really say something. */
function newReasons(repo: Repository, before: State, after: State): string[] {
  const old = new Set(entries(read(repo, before, REASONS) ?? ''));
  return entries(read(repo, after, REASONS) ?? '').flatMap((entry) => {
    const [title = '', ...body] = entry.split('\n');
    const says = body.join(' ').replaceAll(/\s+/gu, ' ').trim().length >= REASON_MIN_CHARACTERS;
    return says && !old.has(entry) ? [title] : [];
  });
}

function entries(text: string): string[] {
  return text
    .split(/^## /mu)
    .slice(1)
    .map((entry) => entry.trim());
}

/** workflows/** and all files of the repository that it reaches by relative imports at run time. */
function workflowFiles(repo: Repository, state: State): ReadonlySet<string> {
  const listed =
    state === 'on disk'
      ? repo.git('ls-files', '--cached', '--others', '--exclude-standard', '--', 'workflows')
      : repo.git('ls-tree', '-r', '--name-only', state.commit, '--', 'workflows');
  const reached = new Set(lines(listed));
  // A set that grows while it is walked is walked to its end.
  for (const file of reached) {
    const text = /\.[cm]?[jt]s$/u.test(file) ? read(repo, state, file) : null;
    if (text === null) continue;
    for (const { specifier, typeOnly } of importsOfText(file, text)) {
      if (!typeOnly && isRelative(specifier))
        reached.add(path.posix.join(path.posix.dirname(file), specifier));
    }
  }
  return reached;
}

/** Names of the functions that a module on disk exports, followed through re-exports. */
function exportedFunctions(
  repo: Repository,
  file: string,
  seen: ReadonlySet<string> = new Set(),
): Set<string> {
  const names = new Set<string>();
  const text = read(repo, 'on disk', file);
  if (text === null || seen.has(file)) return names;
  for (const statement of ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true).statements) {
    if (ts.isFunctionDeclaration(statement) && isExported(statement) && statement.name !== undefined) {
      names.add(statement.name.text);
    }
    if (!ts.isExportDeclaration(statement) || statement.isTypeOnly) continue;
    const { moduleSpecifier, exportClause } = statement;
    if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) continue;
    const target = path.posix.join(path.posix.dirname(file), moduleSpecifier.text);
    const there = exportedFunctions(repo, target, new Set([...seen, file]));
    for (const [own, exported] of exportedNames(exportClause, there)) if (there.has(own)) names.add(exported);
  }
  return names;
}

/** Pairs of a name there and its name here. */
function exportedNames(
  clause: ts.NamedExportBindings | undefined,
  there: ReadonlySet<string>,
): [string, string][] {
  if (clause === undefined) return [...there].map((name) => [name, name]);
  if (!ts.isNamedExports(clause)) return [];
  return clause.elements
    .filter(({ isTypeOnly }) => !isTypeOnly)
    .map(({ name, propertyName }) => [(propertyName ?? name).text, name.text]);
}

function isExported(statement: ts.FunctionDeclaration): boolean {
  return statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
}

/** A file's text in a state, or null where there is none. */
function read(repo: Repository, state: State, file: string): string | null {
  try {
    return state === 'on disk'
      ? readFileSync(path.join(repo.folder, file), 'utf8')
      : repo.git('show', `${state.commit}:${file}`);
  } catch {
    return null;
  }
}

function range(before: State, after: State): string[] {
  return [before, after].flatMap((state) => (state === 'on disk' ? [] : [state.commit]));
}

function isTopOfRepository(repo: Repository): boolean {
  try {
    repo.git('rev-parse', '--verify', 'HEAD');
    return repo.git('rev-parse', '--show-prefix').trim() === '';
  } catch {
    return false;
  }
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
