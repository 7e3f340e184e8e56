import { createHash } from 'node:crypto';

/** How a statement says that it is to be prepared once for each connection: its plan costs more than its work. */
const MARK = '/* prepared */';
/** Named statements live as long as their connection: a defect that makes new texts without end must not fill the server. */
const MOST_NAMES = 200;

/**
 * Gives names to statements that are marked, the same name for the same text; an empty name is none. The server keeps the plan of a named statement
 * for the connection; every other statement is planned each time, because what it finds varies with the size of its table.
 */
export function createStatementNames(): (query: { readonly sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    if (!sql.includes(MARK)) return '';
    const known = names.get(sql);
    if (known !== undefined || names.size >= MOST_NAMES) return known ?? '';
    const name = `bs_${createHash('sha256').update(sql).digest('hex').slice(0, 24)}`;
    names.set(sql, name);
    return name;
  };
}
