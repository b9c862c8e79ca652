import { defineConfig } from 'vitest/config'

export default defineConfig({
  // examples/ and docs/ say `from 'cotangent'`; the tests run them against the source.
  resolve: { tsconfigPaths: true },
  test: {
    environment: 'node',
    setupFiles: ['test/support/setup.ts'],
    include: ['test/**/*.test.ts'],
    pool: 'threads',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000
  }
})
