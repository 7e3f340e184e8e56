import { defineConfig } from 'vitest/config';

/**
 * Two projects. `unit` needs nothing but Node. `integration` gets one PostgreSQL and one Temporal server for the
 * whole run from its global set-up; every test file makes its own database and task queue in them.
 *
 * Retries are off on purpose: a test that passes the second time is a defect of the test or of the product.
 */
export default defineConfig({
  test: {
    retry: 0,
    teardownTimeout: 60_000,
    // Two cores: more workers only make the servers wait for each other.
    maxWorkers: 2,
    // A run that found nothing to do is not a success.
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/simulation/**/*.test.ts', 'test/mutants/**/*.test.ts'],
          setupFiles: ['test/support/property-seed.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [
            'test/integration/**/*.test.ts',
            'test/workflows/**/*.test.ts',
            'test/replay/**/*.test.ts',
          ],
          globalSetup: ['test/support/global-setup.ts'],
          // The Temporal worker is a native module with a runtime per process: a process per file.
          pool: 'forks',
          // Many times what they need: only what hangs shall meet it, however busy the machine is.
          testTimeout: 240_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
