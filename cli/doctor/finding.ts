/** One thing that doctor looked at. `next` says how to mend it. */
export type Finding = {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail' | 'skipped';
  readonly detail: string;
  readonly next?: string;
};

export const ok = (name: string, detail: string): Finding => ({ name, status: 'ok', detail });
export const warn = (name: string, detail: string, next: string): Finding => ({
  name,
  status: 'warn',
  detail,
  next,
});
export const fail = (name: string, detail: string, next: string): Finding => ({
  name,
  status: 'fail',
  detail,
  next,
});
export const skipped = (name: string, detail: string): Finding => ({ name, status: 'skipped', detail });

/** Compares dotted versions number by number; a suffix such as "-rc1" is left out. */
export function isAtLeast(version: string, least: string): boolean {
  const numbers = (text: string): number[] => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [have, want] = [numbers(version), numbers(least)];
  for (let index = 0; index < want.length; index += 1) {
    const difference = (have[index] ?? 0) - (want[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
