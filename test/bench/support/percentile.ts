/** The value below or at which this share of the values lies (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** `p50 31, p99 112, max 140 ms (n 200)`. */
export function spread(values: readonly number[]): string {
  const at = (share: number) => percentile(values, share).toFixed(0);
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} ms (n ${String(values.length)})`;
}
