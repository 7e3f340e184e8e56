import type { Rule, SourceCode } from 'eslint';
import {
  constantValue,
  exportedName,
  isIdentifier,
  propertyName,
  unwrapped,
  variableOf,
  type Expression,
  type NodeOf,
} from '../ast.ts';

/**
 * The validator of an update decides at once. An asynchronous one is accepted by the compiler, its rejection is seen
 * by nobody, and the workflow can never go on.
 */
export const syncValidators: Rule.RuleModule = {
  meta: {
    type: 'problem',
    docs: { description: 'validators of updates are synchronous' },
    schema: [],
    messages: {
      async: 'The validator of an update must not be async: throw an ApplicationFailure synchronously.',
      unseen:
        'The validator of an update must be a function of this file, so that it can be seen to be synchronous.',
    },
  },
  create(context) {
    const source = context.sourceCode;
    return {
      CallExpression(node) {
        if (exportedName(source, node.callee, node, '@temporalio/workflow') !== 'setHandler') return;
        const options = node.arguments[2];
        if (options === undefined) return;
        const validator = validatorOf(source, unwrapped(options), node);
        if (validator === 'none') return;
        const verdict = validator === null ? 'unseen' : verdictOn(source, validator, node);
        if (verdict !== 'sync') context.report({ node: options, messageId: verdict });
      },
    };
  },
};

/** The value of `validator`, `none` when there is none, null when it cannot be seen from here. */
function validatorOf(source: SourceCode, options: Expression, at: Rule.Node): Expression | null | 'none' {
  if (isIdentifier(options)) {
    const constant = constantValue(source, options, at);
    return constant === null ? null : validatorOf(source, unwrapped(constant), at);
  }
  if (options.type !== 'ObjectExpression') return null;
  let found: Expression | null | 'none' = 'none';
  for (const property of options.properties) {
    if (property.type === 'SpreadElement') {
      const spread = validatorOf(source, unwrapped(property.argument), at);
      if (spread !== 'none') found = spread;
    } else if (propertyName(property as NodeOf<'Property'>) === 'validator') {
      found = property.value as Expression;
    }
  }
  return found;
}

function verdictOn(source: SourceCode, validator: Expression, at: Rule.Node): 'sync' | 'async' | 'unseen' {
  const value = unwrapped(validator);
  if (value.type === 'ArrowFunctionExpression' || value.type === 'FunctionExpression') {
    if (value.async === true || value.generator === true) return 'async';
    // `() => check()` hands on whatever check returns.
    return value.type === 'ArrowFunctionExpression' && value.body.type === 'CallExpression'
      ? verdictOnCall(source, value.body, at)
      : 'sync';
  }
  if (!isIdentifier(value)) return 'unseen';
  if (value.name === 'undefined') return 'sync';
  return verdictOnName(source, value, at);
}

/** Of a call in the body only a function of this file can be judged; others are the type checker's business. */
function verdictOnCall(
  source: SourceCode,
  call: NodeOf<'CallExpression'> | { callee: { type: string } },
  at: Rule.Node,
) {
  if (!isIdentifier(call.callee)) return 'sync';
  return verdictOnName(source, call.callee, at) === 'async' ? 'async' : 'sync';
}

function verdictOnName(
  source: SourceCode,
  name: NodeOf<'Identifier'>,
  at: Rule.Node,
): 'sync' | 'async' | 'unseen' {
  const definition = variableOf(source, name, at)?.defs[0];
  if (definition?.type === 'FunctionName') {
    return definition.node.async === true || definition.node.generator === true ? 'async' : 'sync';
  }
  const constant = constantValue(source, name, at);
  return constant === null ? 'unseen' : verdictOn(source, constant, at);
}
