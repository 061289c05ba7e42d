import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { LongestFirst } from './scripts/longest-first.ts';

const include = [
  '{packages,scripts,conformance,bench,examples}/**/*.test.ts',
  '{packages,scripts}/**/*.test.tsx',
];
/** Functions of their arguments, which leave nothing behind in their process: these share one, and what they import. */
const pure = ['packages/{base,schema,web}/src/**/*.test.{ts,tsx}'];
const exclude = ['**/node_modules/**', '**/dist/**', '**/*.long.test.ts'];

/** What each project needs. */
export const common = {
  // Published packages point at their build; inside the workspace their `source` condition is taken instead.
  resolve: { conditions: ['source'] },
  test: {
    pool: 'forks',
    // As in scripts/start.mjs.
    execArgv: ['--liftoff-only'],
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 120_000,
  },
} satisfies ViteUserConfig;
export const globalSetup = 'scripts/share-between-tests.ts';

export default defineConfig({
  ...common,
  test: {
    ...common.test,
    globalSetup,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        ...common,
        test: { ...common.test, name: 'pure', include: pure, exclude, isolate: false },
      },
      {
        ...common,
        test: {
          ...common.test,
          name: 'apart',
          include,
          exclude: [...exclude, ...pure],
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
