import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Published packages point at their build; inside the workspace their `source` condition is taken instead.
  resolve: { conditions: ['source'] },
  test: {
    include: [
      '{packages,scripts,conformance,bench,examples}/**/*.test.ts',
      '{packages,scripts}/**/*.test.tsx',
    ],
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.long.test.ts'],
    globalSetup: 'scripts/share-between-tests.ts',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 120_000,
  },
});
