/** States of a part. `unknown`: nothing speaks for or against it. */
export const HEALTH_STATUSES = ['ok', 'degraded', 'down', 'unknown'] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

export interface ComponentHealth {
  readonly status: HealthStatus;
  readonly reason: string;
  readonly latencyMs: number | null;
}
