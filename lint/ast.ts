import type { Rule, Scope, SourceCode } from 'eslint';

/** One kind of syntax node. */
export type NodeOf<K extends Rule.Node['type']> = Extract<Rule.Node, { type: K }>;
export type Expression = NodeOf<'CallExpression'>['arguments'][number];

/** The variable a name stands for where it is used, or null when it is a global nobody declared. */
export function variableOf(
  source: SourceCode,
  identifier: NodeOf<'Identifier'> | { type: 'Identifier'; name: string },
  at: Rule.Node,
): Scope.Variable | null {
  for (let scope: Scope.Scope | null = source.getScope(at); scope !== null; scope = scope.upper) {
    const variable = scope.set.get(identifier.name);
    if (variable !== undefined) return variable.defs.length > 0 ? variable : null;
  }
  return null;
}

/**
 * The name under which `callee` was exported by `module`: `p` of `import { proxyActivities as p }` and
 * `wf.proxyActivities` of `import * as wf` are both `proxyActivities`. Null for everything else.
 */
export function exportedName(
  source: SourceCode,
  callee: { type: string },
  at: Rule.Node,
  module: string,
): string | null {
  if (isIdentifier(callee)) {
    const specifier = importOf(source, callee, at, module);
    if (specifier?.type !== 'ImportSpecifier') return null;
    return specifier.imported.type === 'Identifier'
      ? specifier.imported.name
      : String(specifier.imported.value);
  }
  if (isMember(callee) && isIdentifier(callee.object) && isIdentifier(callee.property) && !callee.computed) {
    const specifier = importOf(source, callee.object, at, module);
    return specifier?.type === 'ImportNamespaceSpecifier' ? callee.property.name : null;
  }
  return null;
}

function importOf(
  source: SourceCode,
  identifier: NodeOf<'Identifier'>,
  at: Rule.Node,
  module: string,
): NodeOf<'ImportDeclaration'>['specifiers'][number] | null {
  const definition = variableOf(source, identifier, at)?.defs[0];
  if (definition?.type !== 'ImportBinding') return null;
  return definition.parent.source.value === module ? definition.node : null;
}

/** What a `const` was set to, when `identifier` names one that is never assigned again. */
export function constantValue(
  source: SourceCode,
  identifier: NodeOf<'Identifier'>,
  at: Rule.Node,
): Expression | null {
  const definition = variableOf(source, identifier, at)?.defs[0];
  if (definition?.type === 'Variable' && definition.parent.kind === 'const')
    return definition.node.init ?? null;
  return null;
}

/** TypeScript's `x as T`, `x satisfies T` and `x!` without the wrapping. */
export function unwrapped<T extends { type: string }>(node: T): T {
  let inner: { type: string } = node;
  while (isWrapped(inner)) inner = inner.expression;
  return inner as T;
}

/** The static name of an object's property, or null when it is computed. */
export function propertyName(property: NodeOf<'Property'>): string | null {
  if (property.computed) return null;
  return isIdentifier(property.key) ? property.key.name : String(fieldOf(property.key, 'value'));
}

/** A field that ESLint's types do not know, such as TypeScript's `importKind`. */
export function fieldOf(node: object | null | undefined, name: string): unknown {
  return node === null || node === undefined ? undefined : Reflect.get(node, name);
}

export function isIdentifier(node: { type: string } | null | undefined): node is NodeOf<'Identifier'> {
  return node?.type === 'Identifier';
}

export function isMember(node: { type: string } | null | undefined): node is NodeOf<'MemberExpression'> {
  return node?.type === 'MemberExpression';
}

function isWrapped(node: { type: string }): node is { type: string; expression: { type: string } } {
  return ['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression', 'ChainExpression'].includes(
    node.type,
  );
}
