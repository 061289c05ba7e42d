import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { LongestFirst } from './scripts/longest-first.ts';

const include = [
  '{packages,scripts,conformance,bench,examples}/**/*.test.ts',
  '{packages,scripts}/**/*.test.tsx',
];
/** Functions of their arguments, which leave nothing behind in their process: these share one, and what they import. */
const pure = ['packages/{base,schema,web}/src/**/*.test.{ts,tsx}'];
/** Each opens a store and closes it, and leaves nothing else: to import the server costs a file 0.8 s of CPU. Those with servers beside them are apart. */
const questions = ['packages/server/src/query/**/!(*.cluster).test.ts'];
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
    // Of a test that hangs: how long one may take is said where it is measured, for other programs may share the machine.
    testTimeout: 60_000,
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
          exclude: [...exclude, ...pure, ...questions],
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...common,
        test: {
          ...common.test,
          name: 'questions',
          include: questions,
          exclude,
          isolate: false,
          // A process takes another file only where that is of the same project: apart from the others.
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
