import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** However busy the machine is: a test that takes so long waits for what never comes. */
const patience = { testTimeout: 60_000, hookTimeout: 120_000, expect: { poll: { timeout: 30_000, interval: 10 } } }
const root = fileURLToPath(new URL('..', import.meta.url))

/** `unit` needs nothing but the sources, and shares what it has loaded between files (half the time); `system` uses the built programs, real sockets, processes and Jupyter clients. */
export default defineConfig({
  test: {
    projects: [
      { root, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], pool: 'threads', maxWorkers: 2, isolate: false, ...patience } },
      {
        root,
        test: {
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          // Nothing is written to the user's home; what tests that gives its kernels a home of their own.
          env: { SLUICE_DURATIONS: 'off' },
          ...patience,
        },
      },
    ],
  },
})
