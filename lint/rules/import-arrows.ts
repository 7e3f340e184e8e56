import path from 'node:path';
import type { Rule } from 'eslint';
import type { Arrow } from '../arrows.ts';
import { fieldOf } from '../ast.ts';
import { isRelative, packageOf } from '../imports.ts';

/** Holds the table of ../arrows.ts: which folder may import which, and whether values or only types. */
export const importArrows: Rule.RuleModule = {
  meta: {
    type: 'problem',
    docs: { description: 'imports follow the arrows between the folders' },
    schema: [{ type: 'object' }],
    messages: {
      folder: '{{from}}/ may not import from {{to}}/. It may use: {{allowed}}.',
      typesOnly: '{{from}}/ may import only types from {{to}}/: write `import type`.',
      package: '{{from}}/ may not use {{name}}. It may use: {{allowed}}.',
      unlisted: 'The folder {{from}}/ has no entry in lint/arrows.ts: say there what it may import.',
      outside:
        '{{from}}/ may not import {{name}}, which belongs to no folder of the table in lint/arrows.ts.',
    },
  },
  create(context) {
    const arrows = context.options[0] as Readonly<Record<string, Arrow>>;
    const file = path.relative(context.cwd, context.filename);
    // Settings of tools at the top of the repository, and snippets without a name.
    if (file.startsWith('..') || path.dirname(file) === '.') return {};
    const from = keyOf(file, arrows);
    const arrow = arrows[from];

    const check = (node: Rule.Node, specifier: unknown, typeOnly: boolean): void => {
      if (typeof specifier !== 'string') return;
      if (arrow === undefined) {
        context.report({ node, messageId: 'unlisted', data: { from } });
        return;
      }
      if (!isRelative(specifier)) {
        const name = packageOf(specifier);
        if (typeOnly || arrow.packages === undefined || arrow.packages.includes(name)) return;
        context.report({ node, messageId: 'package', data: { from, name, allowed: listed(arrow.packages) } });
        return;
      }
      const target = path.relative(context.cwd, path.resolve(path.dirname(context.filename), specifier));
      // The version and the like; a file that holds no code cannot point the wrong way.
      if (target === 'package.json') return;
      const to = keyOf(target, arrows);
      const top = to.split('/')[0] ?? to;
      if (arrows[to] === undefined) {
        context.report({ node, messageId: 'outside', data: { from, name: specifier } });
        return;
      }
      const names = [to, top, target.replaceAll(path.sep, '/')];
      if (top === from.split('/')[0] || names.some((name) => arrow.values.includes(name))) return;
      if (names.some((name) => arrow.types?.includes(name) === true)) {
        if (!typeOnly) context.report({ node, messageId: 'typesOnly', data: { from, to: top } });
        return;
      }
      const allowed = listed([...arrow.values, ...(arrow.types ?? []).map((folder) => `types of ${folder}`)]);
      context.report({ node, messageId: 'folder', data: { from, to: top, allowed } });
    };

    return {
      ImportDeclaration: (node) => check(node, node.source.value, isTypeOnly(node, 'importKind')),
      ExportNamedDeclaration: (node) => check(node, node.source?.value, isTypeOnly(node, 'exportKind')),
      ExportAllDeclaration: (node) => check(node, node.source.value, isTypeOnly(node, 'exportKind')),
      ImportExpression: (node) => check(node, fieldOf(node.source, 'value'), false),
      // `import('./x.ts').Y` in a type.
      TSImportType: (node: Rule.Node) => check(node, literalOf(node), true),
    };
  },
};

/** The longest key of the table that the path lies under, else its top folder. */
function keyOf(file: string, arrows: Readonly<Record<string, Arrow>>): string {
  const folders = path.dirname(file).split(path.sep);
  for (let depth = folders.length; depth > 0; depth -= 1) {
    const key = folders.slice(0, depth).join('/');
    if (arrows[key] !== undefined) return key;
  }
  return folders[0] ?? file;
}

/** `import { type A }` still loads the module (verbatimModuleSyntax), so only a whole `import type` counts. */
function isTypeOnly(node: Rule.Node, kind: 'importKind' | 'exportKind'): boolean {
  return fieldOf(node, kind) === 'type';
}

/** The text of the literal in an `import('…')` type, wherever this version of the parser keeps it. */
function literalOf(node: Rule.Node): unknown {
  const argument = fieldOf(node, 'source') ?? fieldOf(node, 'argument');
  if (typeof argument !== 'object') return undefined;
  const literal = fieldOf(argument, 'literal') ?? argument;
  return typeof literal === 'object' ? fieldOf(literal, 'value') : undefined;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.join(', ');
}
