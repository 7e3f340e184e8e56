import path from 'node:path';
import type { Rule } from 'eslint';
import { fieldOf } from '../ast.ts';
import { findForbidden, isRelative, packageOf } from '../imports.ts';

/**
 * What a workflow imports, and what that imports in turn, must stay small, deterministic and free of I/O: it is all
 * loaded into the sandbox of every cached workflow.
 */
export const workflowReach: Rule.RuleModule = {
  meta: {
    type: 'problem',
    docs: { description: 'workflows reach only domain/ and the packages allowed in the workflow bundle' },
    schema: [
      {
        type: 'object',
        properties: {
          packages: { type: 'array', items: { type: 'string' } },
          folders: { type: 'array', items: { type: 'string' } },
        },
        additionalProperties: false,
      },
    ],
    messages: {
      reached: 'Workflow code may not reach {{what}}, but does: {{chain}}.',
    },
  },
  create(context) {
    const { packages, folders } = context.options[0] as { packages: string[]; folders: string[] };
    const mayUse = new Set(packages);
    const mayEnter = (file: string) => {
      const relative = path.relative(context.cwd, file);
      return folders.some((folder) => relative.startsWith(`${folder}${path.sep}`));
    };

    const check = (node: Rule.Node, specifier: unknown): void => {
      if (typeof specifier !== 'string') return;
      const start = path.resolve(path.dirname(context.filename), specifier);
      const found = isRelative(specifier)
        ? findForbidden(start, mayUse, mayEnter)
        : mayUse.has(packageOf(specifier))
          ? null
          : { chain: [packageOf(specifier)] };
      if (found === null) return;
      const names = [context.filename, ...found.chain].map((step) =>
        path.isAbsolute(step) ? path.relative(context.cwd, step).replaceAll(path.sep, '/') : step,
      );
      context.report({
        node,
        messageId: 'reached',
        data: { what: names.at(-1) ?? specifier, chain: names.join(' → ') },
      });
    };

    return {
      ImportDeclaration(node) {
        if (fieldOf(node, 'importKind') !== 'type') check(node, node.source.value);
      },
      ExportNamedDeclaration(node) {
        if (fieldOf(node, 'exportKind') !== 'type') check(node, node.source?.value);
      },
      ExportAllDeclaration(node) {
        if (fieldOf(node, 'exportKind') !== 'type') check(node, node.source.value);
      },
      ImportExpression(node) {
        check(node, fieldOf(node.source, 'value'));
      },
    };
  },
};
