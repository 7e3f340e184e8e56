import { readdirSync, readFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../cli/main.ts';
import { SETTING_NAMES } from '../../../infra/config/settings.ts';
import { variablesOf } from '../../../scripts/stack.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const DOCUMENTS = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md') && name !== 'CHANGELOG.md'),
  ...readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  'simulator/README.md',
];
const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

interface Mention {
  readonly document: string;
  readonly command: string;
}

/** What a person would type: lines of fenced blocks without a language or with a shell's, and code in the text. */
function mentions(): Mention[] {
  return DOCUMENTS.flatMap((document) => {
    const text = readFileSync(path.join(ROOT, document), 'utf8');
    const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].flatMap(
      ([, language = '', body = '']) =>
        ['', 'sh', 'bash', 'shell'].includes(language) ? body.split('\n') : [],
    );
    const inline = [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(
      ([, code = '']) => code,
    );
    return [...blocks, ...inline].map((line) => ({ document, command: plain(line) }));
  });
}

/** Without its comment and with a word in place of what is quoted. A line with wide gaps is a table, not a command. */
function plain(line: string): string {
  const command = line
    .replace(/\s#.*$/, '')
    .trim()
    .replaceAll(/"[^"]*"/g, 'quoted');
  return /\S {3,}\S/.test(command) ? '' : command;
}

const all = mentions();

/** The words after `booksy` in a command, whatever way it is called; null for another program. */
function booksyWords(command: string): string[] | null {
  const found =
    /(?:^|[;&|]\s*)(?:npm run (?:-s |--silent )?booksy --|(?:docker compose (?:exec|run --rm) \w+ )?node (?:dist\/)?cli\/booksy\.mjs|booksy)(?:\s+(.*))?$/.exec(
      command,
    );
  return found === null ? null : (found[1] ?? '').split(/\s+/).filter((word) => word !== '');
}

/** Follows the words into the command line; answers what is wrong with them. */
function wrongIn(words: readonly string[]): string | null {
  let command: Command = createProgram();
  for (const [index, word] of words.entries()) {
    if (word.startsWith('-')) {
      const name = word.split('=')[0] ?? word;
      if (['--json', '--help', '-h'].includes(name)) continue;
      const known = command.options.some((option) => option.long === name || option.short === name);
      if (!known) return `${command.name()} has no option ${name}`;
      continue;
    }
    if (command.commands.length === 0) continue;
    // `sync full|status|watch`, `…` and `<command>` stand for several.
    if (/^(…|\.\.\.|<\w+>|\[\w+\]|help)$/.test(word)) return null;
    const names = word.split('\\|').flatMap((part) => part.split('|'));
    const found = names.map((name) => command.commands.find((each) => each.name() === name));
    if (found.some((each) => each === undefined)) {
      return words[index - 1]?.startsWith('--') === true ? null : `${command.name()} has no command ${word}`;
    }
    command = found[0]!;
  }
  return null;
}

describe('the commands in the documents', () => {
  it('are found at all', () => {
    expect(all.filter(({ command }) => booksyWords(command) !== null).length).toBeGreaterThan(30);
    expect(all.filter(({ command }) => command.startsWith('npm run')).length).toBeGreaterThan(5);
    expect(booksyWords('docker compose exec api node cli/booksy.mjs seed')).toEqual(['seed']);
    expect(booksyWords('npm run -s booksy -- sync status')).toEqual(['sync', 'status']);
    expect(booksyWords('pg_dump booksy_sync')).toBeNull();
  });

  it('would be caught when they do not exist', () => {
    expect(wrongIn(['sync', 'nothing'])).toContain('no command nothing');
    expect(wrongIn(['sync', 'status', '--nothing'])).toContain('no option --nothing');
    expect(wrongIn(['sync', 'full|status|watch'])).toBeNull();
    expect(wrongIn(['up', '--data', '.data-big'])).toBeNull();
  });

  it('exist: every npm script', () => {
    const wrong = all.flatMap(({ document, command }) =>
      [...command.matchAll(/npm run (?:-s |--silent )?([\w:-]+)/g)]
        .map((match) => match[1] ?? '')
        .filter((name) => !(name in scripts))
        .map((name) => `${document}: npm run ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('exist: every command and option of booksy', () => {
    const wrong = all.flatMap(({ document, command }) => {
      const words = booksyWords(command);
      const problem = words === null ? null : wrongIn(words);
      return problem === null ? [] : [`${document}: ${command} (${problem})`];
    });
    expect(wrong).toEqual([]);
  });

  it('exist: every program of ours that is named by its path', () => {
    const wrong = all.flatMap(({ document, command }) =>
      [
        ...command.matchAll(
          /(?:^|\s)(?:node (?:--import tsx )?|sh |bash )?((?:scripts|cli|api|workers|infra|simulator|compose)\/[\w./-]+\.(?:m?[jt]s|sh))/g,
        ),
      ]
        .map((match) => match[1] ?? '')
        .filter(
          (file) => ![file, file.replace(/\.js$/, '.ts')].some((each) => existsSync(path.join(ROOT, each))),
        )
        .map((file) => `${document}: ${file}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('docs/OPERATIONS.md and docs/SCALING.md', () => {
  it('name settings that exist', () => {
    const known = new Set([
      ...SETTING_NAMES,
      ...variablesOf().keys(),
      'COMPOSE_PROFILES',
      'NUM_HISTORY_SHARDS',
      'BOOKSY_',
    ]);
    for (const document of ['docs/OPERATIONS.md', 'docs/SCALING.md']) {
      const names = [
        ...readFileSync(path.join(ROOT, document), 'utf8').matchAll(/\b[A-Z]{3,}_[A-Z_]*[A-Z_]\b(?!\.md)/g),
      ].map(([name]) => name);
      expect(names.length).toBeGreaterThan(4);
      expect([document, names.filter((name) => !known.has(name))]).toEqual([document, []]);
    }
  });

  it.each(['docs/OPERATIONS.md', 'docs/SCALING.md', 'docs/DATABASE_SCHEMA.md'])(
    '%s has no link to nowhere',
    (document) => {
      const text = readFileSync(path.join(ROOT, document), 'utf8');
      const anchorsOf = (markdown: string): string[] =>
        [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
          title
            .toLowerCase()
            .replaceAll(/[^\w\s-]/g, '')
            .trim()
            .replaceAll(/\s/g, '-'),
        );
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [file = '', anchor] = target.split('#');
        const other = file === '' ? path.join(ROOT, document) : path.join(ROOT, path.dirname(document), file);
        expect([target, existsSync(other)]).toEqual([target, true]);
        if (anchor !== undefined) expect(anchorsOf(readFileSync(other, 'utf8'))).toContain(anchor);
      }
    },
  );
});
