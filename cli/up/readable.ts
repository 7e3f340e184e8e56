/**
 * Log lines as a person reads them: a JSON line of ours becomes "level message: error", everything else stays.
 * @param count how many of the newest lines
 */
export function readableLines(lines: readonly string[], count: number): string[] {
  return lines
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .map(readable);
}

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

function readable(line: string): string {
  const entry = parse(line);
  if (entry === null) return line;
  const stated = entry['level'];
  // pino writes numbers unless it was told to write names.
  const level =
    typeof stated === 'number' ? (LEVELS[stated] ?? '') : typeof stated === 'string' ? stated : '';
  const message = typeof entry['msg'] === 'string' ? entry['msg'] : '';
  const cause = entry['err'];
  const reason =
    typeof cause === 'object' && cause !== null && 'message' in cause && typeof cause.message === 'string'
      ? cause.message
      : '';
  return [level, [message, reason === message ? '' : reason].filter(Boolean).join(': ')]
    .filter(Boolean)
    .join(' ');
}

function parse(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
