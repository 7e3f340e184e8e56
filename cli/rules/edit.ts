import { readFileSync } from 'node:fs';
import { messageOf } from '../../infra/local/errors.ts';
import { DEFAULT_RULE, type SyncRule } from '../../domain/rules/rules.ts';
import { EXIT } from '../exit-codes.ts';
import { CliError } from '../output.ts';

type Tree = { [key: string]: unknown };

/** A new rule begins as the default one under its own id. */
export function freshRule(id: string): SyncRule {
  return { ...DEFAULT_RULE, id, name: id };
}

/**
 * Puts values into a rule: `priority=7`, `conditions.maxAdvanceBooking=60`, `policies.booking.time=booksy`. An empty value
 * takes a line of `policies` or `directions` away. What is no value of a rule is refused by the API, which names it.
 *
 * @throws CliError `usage` where it is no `path=value`
 */
export function withValues(rule: object, assignments: readonly string[]): Tree {
  const copy = asTree(structuredClone(rule)) ?? {};
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    const path = assignment.slice(0, Math.max(0, at));
    if (path === '') {
      throw new CliError(
        'usage',
        `${JSON.stringify(assignment)} is no path=value.`,
        'For example: booksy rules set default conditions.maxAdvanceBooking=60',
        EXIT.usage,
      );
    }
    put(copy, keysOf(path), valueOf(assignment.slice(at + 1)));
  }
  return copy;
}

/** The names in `policies` and `directions` have a dot of their own. */
function keysOf(path: string): readonly string[] {
  const [, table, key] = /^(policies|directions)\.(.+)$/.exec(path) ?? [];
  return table !== undefined && key !== undefined ? [table, key] : path.split('.');
}

function put(tree: Tree, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length > 0) {
    const child = Object.hasOwn(tree, key) ? asTree(tree[key]) : null;
    const next = child ?? {};
    Object.defineProperty(tree, key, { value: next, enumerable: true, configurable: true, writable: true });
    put(next, rest, value);
    return;
  }
  if (value === '') Reflect.deleteProperty(tree, key);
  else Object.defineProperty(tree, key, { value, enumerable: true, configurable: true, writable: true });
}

function valueOf(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/**
 * What a file asks for: an export with its format, a list of rules, or a single one. The API refuses a format or a field that it
 * does not know: a file of another version is not read in part.
 *
 * @param path `-` reads the standard input
 * @throws CliError `file_unreadable`
 */
export function rulesOfFile(path: string): Readonly<Record<string, unknown>> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path === '-' ? 0 : path, 'utf8'));
  } catch (error) {
    throw new CliError(
      'file_unreadable',
      `The rules could not be read from ${path === '-' ? 'the standard input' : path}: ${messageOf(error)}`,
      'Give a JSON file as booksy rules export writes it.',
      EXIT.usage,
    );
  }
  const tree = asTree(content);
  if (tree === null) return { rules: content };
  if (!('rules' in tree)) return { rules: [tree] };
  // Of `export --json`, which says so of itself.
  const { ok: _said, ...file } = tree;
  return file;
}

function asTree(value: unknown): Tree | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : null;
}
