import type { Rule } from 'eslint';
import { isIdentifier, isMember } from '../ast.ts';

const STARTS = new Set([
  'start',
  'execute',
  'signalWithStart',
  'executeUpdateWithStart',
  'startUpdateWithStart',
]);

/**
 * Workflow ids are how the product finds, joins and protects its workflows. They are built in one place, and workflows
 * are started in one place, so that no second spelling of an id can let two of them run for one business.
 */
export const workflowIds: Rule.RuleModule = {
  meta: {
    type: 'problem',
    docs: { description: 'workflow ids are spelled and workflows are started only in infra/temporal' },
    schema: [
      {
        type: 'object',
        properties: { kinds: { type: 'array', items: { type: 'string' }, minItems: 1 } },
        additionalProperties: false,
      },
    ],
    messages: {
      id: 'A workflow id ("{{id}}…") may be spelled only in infra/temporal/: use its functions.',
      start: 'Workflows are started only through infra/temporal/launch.ts.',
    },
  },
  create(context) {
    const { kinds } = context.options[0] as { kinds: readonly string[] };
    const starts = kinds.map((kind) => `${kind}/`);
    const check = (node: Rule.Node, text: unknown): void => {
      if (typeof text !== 'string') return;
      const id = starts.find((start) => text.startsWith(start));
      if (id !== undefined) context.report({ node, messageId: 'id', data: { id } });
    };
    return {
      Literal(node) {
        // Import paths such as "recovery/x.ts" are no ids.
        if (!node.parent.type.startsWith('Import') && !node.parent.type.startsWith('Export'))
          check(node, node.value);
      },
      TemplateLiteral(node) {
        check(node, node.quasis[0]?.value.cooked);
      },
      CallExpression(node) {
        const { callee } = node;
        if (!isMember(callee) || !isIdentifier(callee.property) || !STARTS.has(callee.property.name)) return;
        const { object } = callee;
        const owner = isMember(object) ? object.property : object;
        if (isIdentifier(owner) && /^(?:workflow|workflowClient)$/u.test(owner.name)) {
          context.report({ node, messageId: 'start' });
        }
      },
    };
  },
};
