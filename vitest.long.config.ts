import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** What takes too long for every change: many crashes, large data, long runs. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: ['{packages,conformance,examples}/**/*.long.test.ts'],
      exclude: ['**/node_modules/**', '**/dist/**'],
      testTimeout: 900_000,
    },
  }),
);
