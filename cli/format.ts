/** Numbers as people read them. Pure. */

/** "0.4 s", "38 s", "3 min 5 s", "2 h 4 min". */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600)
    return whole % 60 === 0
      ? `${Math.floor(whole / 60)} min`
      : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** 6000 → "6,000". */
export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** "2 visits", "1 visit". */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${thousands(count)} ${count === 1 ? singular : plural}`;
}

/**
 * "[██████░░░░] 60 %".
 * @param share 0 to 1; values outside are cut
 */
export function bar(share: number, width = 24): string {
  const cut = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
  const full = Math.floor(cut * width);
  return `[${'█'.repeat(full)}${'░'.repeat(width - full)}] ${Math.floor(cut * 100)} %`;
}
