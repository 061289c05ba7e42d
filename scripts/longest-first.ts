import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Kinds of tests by how long they take, measured in November 2026: most of a minute and more. */
const long = [
  /\.browser\./,
  /-keeper\./,
  /\.live\./,
  /main\.test/,
  /store\./,
  /\.cluster\./,
  /-routes\.|odd-telemetry/,
  // They wait more than they work.
  /\/(?:alerts|checks|damage|postgres-away|regressions)\.test/,
];

/**
 * Begins what takes long first, so that no worker is left alone with it in the end. Vitest knows durations only where it ran before, and otherwise
 * takes the size of a file for it.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => long.some((kind) => kind.test(moduleId));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
