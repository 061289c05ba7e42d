import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parsePromql } from './parse.ts';
import { type CaseResult, runPromqltest } from './testing/run-promqltest.ts';

const folder = join(import.meta.dirname, '../../../../../shared/recorded/promqltest');
/** Cases that are not passed. The list may only shrink: a case that passes has to leave it. */
const known = readFileSync(join(import.meta.dirname, 'testing/not-passed.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

if (!existsSync(folder))
  console.warn(
    'PROMQL SUITE SKIPPED: recorded/promqltest of Prometheus is not beside the checkout (../shared).',
  );

describe('cases of our own', () => {
  it('pass', async () => {
    const file = 'selectors-and-times.promqltest';
    const results = await runPromqltest(join(import.meta.dirname, 'testing', file), file);
    expect(results.length).toBeGreaterThan(80);
    expect(results.flatMap(({ name, fault }) => (fault === undefined ? [] : [`${name}: ${fault}`]))).toEqual(
      [],
    );
  });
});

describe('a query that cannot be read', () => {
  it.each([
    ['temp + on floor) limits', '1:11', 'unexpected identifier "floor" in grouping opts, expected "("'],
    ['windows_service_statusstatus="ok"} != 1', '1:29', 'unexpected "="'],
    ['rate(x) @ §', '1:11', "unexpected character: '§'"],
    ['a{b="c" §}', '1:9', "unexpected character inside braces: '§'"],
    ['x == 1e400', '1:6', 'error parsing number: "1e400" is out of range'],
    ['"\\400"', '1:1', 'escape sequence is an invalid Unicode code point'],
    ['sum(x) ) by', '1:9', "unexpected right parenthesis ')'"],
  ])('says where its first mistake is: %s', (text, position, reason) => {
    expect(() => parsePromql(text)).toThrow(`${position}: parse error: ${reason}`);
  });
});

describe.skipIf(!existsSync(folder))("Prometheus' own language tests", () => {
  it('pass, but for those that are listed', async () => {
    const results: CaseResult[] = [];
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.test')))
      results.push(...(await runPromqltest(join(folder, file), file)));
    const failed = results.filter(({ fault }) => fault !== undefined);
    expect(
      failed.filter(({ name }) => !known.includes(name)).map(({ name, fault }) => `${name}: ${fault}`),
    ).toEqual([]);
    const passed = new Set(results.filter(({ fault }) => fault === undefined).map(({ name }) => name));
    expect(known.filter((name) => passed.has(name))).toEqual([]);
    const share = (isNative: boolean): number => {
      const cases = results.filter((each) => each.isNative === isNative);
      return cases.filter(({ fault }) => fault === undefined).length / cases.length;
    };
    expect(share(false)).toBeGreaterThanOrEqual(0.97);
    expect(share(true)).toBeGreaterThanOrEqual(0.92);
  });
});
