import type { Rule } from 'eslint';
import { fieldOf, isIdentifier, variableOf, type NodeOf } from '../ast.ts';

/** Globals that no pure code uses at all. */
const FORBIDDEN = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'performance',
  'process',
  'crypto',
  'fetch',
  'console',
  'require',
  'global',
  'globalThis',
  'navigator',
]);
/** Members that read a clock or a die. */
const FORBIDDEN_MEMBERS = new Map([
  ['Date', new Set(['now'])],
  ['Math', new Set(['random'])],
  ['Temporal', new Set(['Now'])],
]);

/** What pure code may take from node:crypto: the same bytes give the same digest. */
const PURE_CRYPTO = new Set(['createHash', 'createHmac', 'timingSafeEqual']);

/**
 * The rules of the product give the same answer to the same question: no clock, no chance, no timer, no environment.
 * Whoever calls them passes the time and the ids in.
 */
export const pure: Rule.RuleModule = {
  meta: {
    type: 'problem',
    docs: { description: 'no clock, randomness, timer or environment' },
    schema: [],
    messages: { impure: '{{what}} makes the result depend on more than the arguments: pass it in.' },
  },
  create(context) {
    const source = context.sourceCode;
    const isGlobal = (node: { type: string }, at: Rule.Node): node is { type: 'Identifier'; name: string } =>
      isIdentifier(node) && variableOf(source, node, at) === null;
    const report = (node: Rule.Node, what: string) =>
      context.report({ node, messageId: 'impure', data: { what } });

    return {
      ImportDeclaration(node) {
        if (node.source.value !== 'node:crypto' || fieldOf(node, 'importKind') === 'type') return;
        for (const specifier of node.specifiers) {
          const name = specifier.type === 'ImportSpecifier' ? fieldOf(specifier.imported, 'name') : '*';
          if (typeof name !== 'string' || !PURE_CRYPTO.has(name))
            report(node, `node:crypto's ${String(name)}`);
        }
      },
      Identifier(node) {
        if (!FORBIDDEN.has(node.name) || !isReference(node)) return;
        if (variableOf(source, node, node) === null) report(node, node.name);
      },
      MemberExpression(node) {
        const { object, property } = node;
        // `Temporal` comes from a package; its clock is a clock all the same.
        if (!isIdentifier(object) || !(object.name === 'Temporal' || isGlobal(object, node))) return;
        const name = isIdentifier(property) && !node.computed ? property.name : fieldOf(property, 'value');
        if (typeof name === 'string' && FORBIDDEN_MEMBERS.get(object.name)?.has(name) === true) {
          report(node, `${object.name}.${name}`);
        }
      },
      NewExpression(node) {
        if (isGlobal(node.callee, node) && node.callee.name === 'Date' && node.arguments.length === 0) {
          report(node, 'new Date()');
        }
      },
      CallExpression(node) {
        if (isGlobal(node.callee, node) && node.callee.name === 'Date') report(node, 'Date()');
      },
    };
  },
};

/** False for names that only look like the global: property names, keys, type names. */
function isReference(node: NodeOf<'Identifier'>): boolean {
  const { parent } = node;
  switch (parent.type) {
    case 'MemberExpression':
      return parent.object === node || parent.computed;
    case 'Property':
      return parent.value === node;
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return parent.computed;
    default:
      return !/^TS|Specifier$/u.test(parent.type);
  }
}
