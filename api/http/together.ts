/**
 * The same question of many at once: one is asked at a time, and whoever comes meanwhile shares the next one. An answer is
 * never older than its question, so what was revoked a moment ago is seen.
 */
export function together<T>(ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  interface Line {
    running: Promise<unknown>;
    next: Promise<T> | null;
  }
  const lines = new Map<string, Line>();

  function begin(key: string): Promise<T> {
    const asked = ask(key);
    const line: Line = { running: asked, next: null };
    lines.set(key, line);
    const over = () => {
      if (lines.get(key) === line && line.next === null) lines.delete(key);
    };
    asked.then(over, over);
    return asked;
  }

  return (key) => {
    const line = lines.get(key);
    if (line === undefined) return begin(key);
    line.next ??= line.running.then(
      () => begin(key),
      () => begin(key),
    );
    return line.next;
  };
}
