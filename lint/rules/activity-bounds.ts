import type { Rule, SourceCode } from 'eslint';
import {
  constantValue,
  exportedName,
  isIdentifier,
  propertyName,
  unwrapped,
  type Expression,
  type NodeOf,
} from '../ast.ts';

const BOUNDS = ['startToCloseTimeout', 'scheduleToCloseTimeout'] as const;
const PROXIES = new Set(['proxyActivities', 'proxyLocalActivities']);

/**
 * Every group of activities says how long one attempt may take and how long all attempts together may take. Without
 * the second bound a failing activity is retried for ever and nobody notices.
 */
export const activityBounds: Rule.RuleModule = {
  meta: {
    type: 'problem',
    docs: { description: 'every proxyActivities call states startToCloseTimeout and scheduleToCloseTimeout' },
    schema: [],
    messages: {
      missing: '{{call}} must state {{missing}}: the bound of one attempt and the bound of all together.',
      unseen:
        '{{call}} must be given its options where they can be read: an object literal, or a const of one in this file.',
    },
  },
  create(context) {
    const source = context.sourceCode;
    return {
      CallExpression(node) {
        const call = exportedName(source, node.callee, node, '@temporalio/workflow');
        if (call === null || !PROXIES.has(call)) return;
        const stated = statedProperties(source, node.arguments[0], node);
        if (stated === null) {
          context.report({ node, messageId: 'unseen', data: { call } });
          return;
        }
        const missing = BOUNDS.filter((bound) => !stated.has(bound));
        if (missing.length > 0) {
          context.report({ node, messageId: 'missing', data: { call, missing: missing.join(' and ') } });
        }
      },
    };
  },
};

/** The properties that the options certainly have, or null when they cannot be read here. */
function statedProperties(
  source: SourceCode,
  options: Expression | undefined,
  at: Rule.Node,
): ReadonlySet<string> | null {
  if (options === undefined) return new Set();
  const value = unwrapped(options);
  if (isIdentifier(value)) {
    const constant = constantValue(source, value, at);
    return constant === null ? null : statedProperties(source, constant, at);
  }
  if (value.type !== 'ObjectExpression') return null;
  const stated = new Set<string>();
  for (const property of value.properties) {
    if (property.type === 'SpreadElement') {
      const spread = statedProperties(source, property.argument, at);
      if (spread === null) return null;
      for (const name of spread) stated.add(name);
      continue;
    }
    const name = propertyName(property as NodeOf<'Property'>);
    if (name === null) continue;
    // A bound set to undefined is no bound, and takes away one that was spread before.
    if (isIdentifier(property.value) && property.value.name === 'undefined') stated.delete(name);
    else stated.add(name);
  }
  return stated;
}
