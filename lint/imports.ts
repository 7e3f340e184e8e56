import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** One `import` or `export … from` of a file. */
export interface ImportLine {
  readonly specifier: string;
  /** Gone at run time: `import type`, `export type`. */
  readonly typeOnly: boolean;
}

const known = new Map<string, { modifiedMs: number; imports: readonly ImportLine[] }>();

/** The imports of a file on disk; read again only when the file has changed (editors keep the linter running). */
export function importsOfFile(file: string): readonly ImportLine[] {
  const modifiedMs = statSync(file).mtimeMs;
  const seen = known.get(file);
  if (seen?.modifiedMs === modifiedMs) return seen.imports;
  const imports = importsOfText(file, readFileSync(file, 'utf8'));
  known.set(file, { modifiedMs, imports });
  return imports;
}

/** The imports in a source text, `import()` of a literal included. */
export function importsOfText(name: string, text: string): ImportLine[] {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, false);
  const imports: ImportLine[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean) => {
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) {
      imports.push({ specifier: specifier.text, typeOnly });
    }
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return imports;
}

export function isRelative(specifier: string): boolean {
  return specifier.startsWith('./') || specifier.startsWith('../') || specifier === '.' || specifier === '..';
}

/** `@scope/name/deep/path` → `@scope/name`; `node:fs/promises` → `node:fs`. */
export function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}

/** What a file reaches at run time that it must not, with the way there. */
export interface Reached {
  /** The files on the way, the first being the start, and last the forbidden thing. */
  readonly chain: readonly string[];
}

/**
 * Follows run-time imports from `start` through relative files and returns the first forbidden package or file.
 *
 * @param mayUse package names, `node:…` builtins included, that may be reached
 * @param mayEnter says whether a file of this repository may be reached
 */
export function findForbidden(
  start: string,
  mayUse: ReadonlySet<string>,
  mayEnter: (file: string) => boolean,
): Reached | null {
  const seen = new Set<string>([start]);
  const queue: (readonly string[])[] = [[start]];
  for (let chain = queue.shift(); chain !== undefined; chain = queue.shift()) {
    const file = chain.at(-1) ?? start;
    if (!mayEnter(file)) return { chain };
    if (!existsSync(file) || file.endsWith('.json')) continue;
    for (const { specifier, typeOnly } of importsOfFile(file)) {
      if (typeOnly) continue;
      if (!isRelative(specifier)) {
        if (!mayUse.has(packageOf(specifier))) return { chain: [...chain, packageOf(specifier)] };
        continue;
      }
      const target = path.resolve(path.dirname(file), specifier);
      if (seen.has(target)) continue;
      seen.add(target);
      queue.push([...chain, target]);
    }
  }
  return null;
}
