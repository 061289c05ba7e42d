import { defineConfig } from 'vitest/config';
import { common, globalSetup } from './vitest.config.ts';

/** What takes too long for every change: many crashes, large data, long runs. */
export default defineConfig({
  ...common,
  test: {
    ...common.test,
    globalSetup,
    include: ['{packages,conformance,examples}/**/*.long.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 900_000,
  },
});
