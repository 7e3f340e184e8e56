import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { EXIT, EXIT_CODES_HELP } from '../../../cli/exit-codes.ts';
import { createProgram } from '../../../cli/main.ts';

const text = readFileSync(new URL('../../../docs/CLI.md', import.meta.url), 'utf8');

/** Sections of docs/CLI.md by the command in their heading, its arguments cut off. */
const sections = new Map(
  text
    .split(/^### `booksy /m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...body] = section.split('\n');
      // A section ends where the next chapter begins.
      const [own = ''] = body.join('\n').split(/^## /m);
      return [heading.replace(/( [<[].*)?`$/, ''), { heading, body: own }] as const;
    }),
);

/** Every command that does something, by its path: those without commands below, and those with options of their own. */
function commandsBelow(command: Command, path: readonly string[]): (readonly [string, Command])[] {
  const below = command.commands.flatMap((child) => commandsBelow(child, [...path, child.name()]));
  const acts = path.length > 0 && (command.commands.length === 0 || command.options.length > 0);
  return [...(acts ? [[path.join(' '), command] as const] : []), ...below];
}
const commands = commandsBelow(createProgram(), []);
const SHARED = ['--json', '--data', '--api', '--token'];

describe('docs/CLI.md', () => {
  it('has a section for each command, and for no other', () => {
    expect([...sections.keys()].sort()).toEqual(commands.map(([path]) => path).sort());
  });

  it.each(commands)('tells arguments, options, an example and the answer of: %s', (path, command) => {
    const { heading, body } = sections.get(path) ?? { heading: '', body: '' };
    const args = command.registeredArguments.map((argument) =>
      argument.required ? ` <${argument.name()}>` : ` [${argument.name()}]`,
    );
    expect(heading).toBe(`${path}${args.join('')}\``);
    for (const { flags, long } of command.options) {
      // What all share is told once; here it is only named.
      if (SHARED.includes(long ?? '')) expect(body).toMatch(new RegExp(`^Also .*\`${long ?? ''}\``, 'm'));
      else expect(body).toContain(`| \`${flags}\``);
    }
    expect(body).toMatch(new RegExp(`\`\`\`sh\n(?:.*\n)*?.*booksy ${path}\\b(?:.*\n)*?\`\`\``));
    expect(body.match(/^\| `--/gm)?.length ?? 0).toBe(
      command.options.filter(({ long }) => !SHARED.includes(long ?? '')).length,
    );
  });

  it('tells what the shared options mean', () => {
    const [shared = ''] = text.split('## Exit codes');
    for (const flag of SHARED) expect(shared).toContain(`| \`${flag}`);
  });

  it('has every exit code, and no other, as the help has', () => {
    const codes = [...text.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT));
    const helped = [...EXIT_CODES_HELP.matchAll(/^ {2}(\d+) /gm)].map(([, code]) => Number(code));
    expect(helped).toEqual(Object.values(EXIT));
  });
});
