/** docker-compose.yml as data, with its variables filled in: what `docker compose config` would say, on any machine. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { parse } from 'yaml';

export const STACK_FILE = fileURLToPath(new URL('../docker-compose.yml', import.meta.url));

/** A service, as far as it is read here. */
export interface Service {
  readonly image?: string;
  readonly build?: unknown;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly restart?: string;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly string[];
  readonly [member: string]: unknown;
}

export interface Stack {
  readonly name: string;
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export interface ResolvedStack {
  readonly stack: Stack;
  /** Variables that must be set and are not, with the words of the file. */
  readonly missing: readonly { readonly name: string; readonly words: string }[];
}

/** The text of the file, with merges done and variables as they are written. */
export function readStack(text: string = readFileSync(STACK_FILE, 'utf8')): Stack {
  return parse(text, { merge: true }) as Stack;
}

/** Fills in the variables. */
export function resolveStack(env: NodeJS.ProcessEnv, stack: Stack = readStack()): ResolvedStack {
  const missing = new Map<string, string>();
  const filled = walk(stack, (text) => interpolate(text, env, (name, words) => missing.set(name, words)));
  return {
    stack: filled as Stack,
    missing: [...missing].map(([name, words]) => ({ name, words })),
  };
}

/** Names of all variables of the file, with what stands where one is not set; `null` = it must be set. */
export function variablesOf(stack: Stack = readStack()): ReadonlyMap<string, string | null> {
  const names = new Map<string, string | null>();
  walk(stack, (text) => {
    for (const { name, operator, words } of variablesIn(text)) {
      names.set(name, operator.endsWith('?') ? null : words);
      // A default may hold further ones.
      for (const inner of variablesIn(words))
        names.set(inner.name, inner.operator.endsWith('?') ? null : inner.words);
    }
    return text;
  });
  return names;
}

/** The settings in a .env file; what the environment has wins. */
export function environmentWith(file: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...parseEnv(readFileSync(file, 'utf8')), ...env };
}

function walk(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((each) => walk(each, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, walk(each, change)]));
}

interface Variable {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  /** '', ':-', '-', ':?' or '?' */
  readonly operator: string;
  readonly words: string;
}

/** The variables of a text, from left to right; those in a default are part of its words. */
function variablesIn(text: string): Variable[] {
  const found: Variable[] = [];
  for (let at = text.indexOf('$'); at !== -1; at = text.indexOf('$', at)) {
    const opened = /^\$\{(\w+)(:?[-?])?/.exec(text.slice(at));
    // `$$` is a dollar.
    if (text[at + 1] === '$' || opened === null) {
      at += 2;
      continue;
    }
    const from = at + opened[0].length;
    let end = from;
    for (let depth = 1; end < text.length; end += 1) {
      if (text.startsWith('${', end)) depth += 1;
      if (text[end] === '}') depth -= 1;
      if (depth === 0) break;
    }
    found.push({
      start: at,
      end: end + 1,
      name: opened[1] ?? '',
      operator: opened[2] ?? '',
      words: text.slice(from, end),
    });
    at = end + 1;
  }
  return found;
}

function interpolate(
  text: string,
  env: NodeJS.ProcessEnv,
  miss: (name: string, words: string) => void,
): string {
  let out = '';
  let at = 0;
  for (const { start, end, name, operator, words } of variablesIn(text)) {
    out += text.slice(at, start);
    at = end;
    const value = env[name];
    const there = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
    if (there) out += value ?? '';
    else if (operator.endsWith('-')) out += interpolate(words, env, miss);
    else if (operator.endsWith('?')) miss(name, words);
  }
  return `${out}${text.slice(at)}`.replaceAll('$$', '$');
}
