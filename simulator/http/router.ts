import type { Route } from './request.ts';

export interface Match {
  readonly template: string;
  readonly params: Readonly<Record<string, string>>;
  /** Undefined where the path has no such method. */
  readonly route: Route | undefined;
}

interface Node {
  readonly literals: Map<string, Node>;
  wildcard: { readonly name: string; readonly node: Node } | null;
  readonly routes: Map<string, Route>;
  template: string | null;
}

const createNode = (): Node => ({ literals: new Map(), wildcard: null, routes: new Map(), template: null });

/** Finds the route of a path; literal parts win over parameters. */
export class Router {
  private readonly root = createNode();

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.add(route);
  }

  /** `path` must end with a slash, as templates do. */
  match(method: string, path: string): Match | null {
    const params: Record<string, string> = {};
    let node = this.root;
    for (const part of partsOf(path)) {
      const literal = node.literals.get(part);
      if (literal !== undefined) {
        node = literal;
      } else if (node.wildcard !== null && part !== '') {
        params[node.wildcard.name] = decode(part);
        node = node.wildcard.node;
      } else {
        return null;
      }
    }
    if (node.template === null) return null;
    return { template: node.template, params, route: node.routes.get(method) };
  }

  private add(route: Route): void {
    let node = this.root;
    for (const part of partsOf(route.template)) {
      if (part.startsWith('{')) {
        node.wildcard ??= { name: part.slice(1, -1), node: createNode() };
        node = node.wildcard.node;
      } else {
        let next = node.literals.get(part);
        if (next === undefined) {
          next = createNode();
          node.literals.set(part, next);
        }
        node = next;
      }
    }
    node.template = route.template;
    node.routes.set(route.method, route);
  }
}

function partsOf(path: string): string[] {
  return path.replace(/^\//, '').replace(/\/$/, '').split('/');
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
