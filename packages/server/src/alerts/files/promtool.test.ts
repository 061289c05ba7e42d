/** Tests of rules, and whether they pass: as their names say, and as promtool itself says where it is there. */
import { spawnSync } from 'node:child_process';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { prometheusFolder } from '../../http/prometheus/testing/real-prometheus.ts';
import { testRules } from './test-rules.ts';

const folder = join(import.meta.dirname, 'testing/promtool');
const tests = readdirSync(folder).filter((name) => name.endsWith('.yml'));

function filesOf(test: string): { name: string; text: string }[] {
  const { rule_files: names = [] } = parse(test) as { rule_files?: string[] };
  return names.flatMap((name) =>
    globSync(name, { cwd: folder })
      .toSorted()
      .map((path) => ({ name, text: readFileSync(join(folder, path), 'utf8') })),
  );
}

const passes = async (request: Parameters<typeof testRules>[0]): Promise<boolean> =>
  testRules(request).then(
    ({ passed }) => passed,
    () => false,
  );

describe('tests of rules', () => {
  it.each(tests)('%s', async (name) => {
    const test = readFileSync(join(folder, name), 'utf8');
    expect(await passes({ test, files: filesOf(test) })).toBe(name.endsWith('.passes.yml'));
  });

  it('that have unknown fields pass where they are ignored', async () => {
    for (const name of ['unknown-field.fails.yml', 'rule-unknown-field.fails.yml']) {
      const test = readFileSync(join(folder, name), 'utf8');
      expect([name, await passes({ test, files: filesOf(test), ignoreUnknownFields: true })]).toEqual([
        name,
        true,
      ]);
    }
  });

  it('begin when they say', async () => {
    const asked = (start: string, seconds: number): string => `tests:
  - interval: 1m
    start_timestamp: ${start}
    input_series: [{ series: up, values: 1 2 3 }]
    promql_expr_test:
      - { expr: up + time(), eval_time: 1m, exp_samples: [{ value: ${seconds + 62} }] }
      - { expr: timestamp(up), eval_time: 1m, exp_samples: [{ value: ${seconds + 60} }] }
`;
    expect(await passes({ test: asked('2026-03-01T00:00:00Z', 1_772_323_200), files: [] })).toBe(true);
    expect(await passes({ test: asked('1772323200', 1_772_323_200), files: [] })).toBe(true);
    expect(await passes({ test: asked('1772323200', 1_772_323_201), files: [] })).toBe(false);
    await expect(testRules({ test: asked('tomorrow', 0), files: [] })).rejects.toThrow(
      '"tomorrow" is not a time',
    );
  });

  it.skipIf(prometheusFolder === '').each(tests)('promtool says the same of %s', (name) => {
    const { status } = spawnSync(join(prometheusFolder, 'promtool'), ['test', 'rules', name], {
      cwd: folder,
    });
    expect(status === 0).toBe(name.endsWith('.passes.yml'));
  });
});
