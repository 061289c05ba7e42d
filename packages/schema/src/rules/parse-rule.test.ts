import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCondition, parseRule } from './parse-rule.ts';
import { printRule } from './print-rule.ts';

function printed(text: string): string {
  const read = parseRule(text);
  return read.ok ? printRule(read.value) : `${read.error.message}\n${read.error.caret}\n${read.error.hint}`;
}

describe('rules in our own words', () => {
  it.each([
    ['error_rate > 0.05', 'error_rate of spans over 5m > 0.05'],
    ['error_rate > 5%', 'error_rate of spans over 5m > 0.05'],
    ['error_rate of runs by agent > 5%', 'error_rate of runs by agent over 5m > 0.05'],
    ['p95_latency_ms > 3000', 'p95_latency_ms of spans over 5m > 3000'],
    ['p95_latency_ms > 3s', 'p95_latency_ms of spans over 5m > 3000'],
    ['hallucination_rate > 0.1', 'hallucination_rate of scores over 5m > 0.1'],
    ['cost_per_run over 1h > $1', 'avg(cost) of runs over 1h > $1'],
    ['total_cost over 1d >= 12.5', 'sum(cost) of calls over 1d >= $12.5'],
    [
      'cache_hit_rate by model < 20%',
      'sum(cache_read_tokens) / sum(input_tokens) of calls by model over 5m < 0.2',
    ],
    [
      'p95(duration) where service:api operation:llm by service over 5m > 3s recover < 2.5s',
      'p95(duration) of spans where service:api operation:llm by service over 5m > 3s recover < 2.5s',
    ],
    ['max(duration) of run > 600s', 'max(duration) of runs over 5m > 600s'],
    ['max(duration) where operation:step > 2m', 'max(duration) of spans where operation:step over 5m > 120s'],
    ['max(cost) of runs by workflow over 10m > $1.00', 'max(cost) of runs by workflow over 10m > $1'],
    [
      'count of logs where severity>=ERROR by service over 10m > 100',
      'count of logs where severity>=ERROR by service over 10m > 100',
    ],
    ['count where duration > 2s > 10', 'count of spans where duration > 2s over 5m > 10'],
    [
      'count(status:error) / count where service:"by the way" over 1h > 2%',
      'count(status:error) / count of spans where service:"by the way" over 1h > 0.02',
    ],
    ['rate(score.hallucination>0.5) > 0.1', 'rate(score.hallucination>0.5) of scores over 5m > 0.1'],
    [
      'avg(score.groundedness) over 1h < 0.7 recover > 0.8',
      'avg(score.groundedness) of scores over 1h < 0.7 recover > 0.8',
    ],
    ['uniq(user) over 1d > 1000', 'uniq(user) of spans over 1d > 1000'],
    [
      'sum(attr.queue.length) by attr."region name", service > 5',
      'sum(attr.queue.length) of spans by attr."region name", service over 5m > 5',
    ],
    ['count over 5m changed > 30% against 1d', 'count of spans over 5m changed > 30% against 1d'],
    ['total_cost over 1h rose > 50% against 1w', 'sum(cost) of calls over 1h rose > 50% against 7d'],
    ['count of logs where service:cron over 1h absent', 'count of logs where service:cron over 1h absent'],
    ['error_rate by service anomalous', 'error_rate of spans by service over 5m anomalous'],
    [
      'p95(duration) where service:api over 10m anomalous above with high sensitivity',
      'p95(duration) of spans where service:api over 10m anomalous above with high sensitivity',
    ],
    [
      'total_cost over 1d forecast reaches $100 within 7d',
      'sum(cost) of calls over 1d forecast reaches $100 within 7d',
    ],
    ['count forecast falls to 10 within 12h', 'count of spans over 5m forecast falls to 10 within 12h'],
    ['rule "API errors" and rule slow', 'rule "API errors" and rule "slow"'],
    ['p99.9(duration) > 500ms', 'p99.9(duration) of spans over 5m > 500ms'],
  ])('%s', (text, expected) => {
    expect(printed(text)).toBe(expected);
    expect(printed(expected)).toBe(expected);
  });

  it.each([
    ['error_rat > 0.05', 1, 'Did you mean `error_rate`?'],
    ['p95(duraton) > 3s', 5, 'Did you mean `duration`?'],
    ['error_rate > 5', 14, 'Did you mean `5%`?'],
    ['rate(status:error) by service >= 2.5 recover < 1', 34, 'Did you mean `2.5%`?'],
    ['p95(duration) > 3', 17, 'Write `3s` for seconds, or `3ms`.'],
    ['p95(duration) by servce > 3s', 18, 'Did you mean `service`?'],
    ['count of lgs > 3', 10, 'Did you mean `logs`?'],
    ['count where severity>>3 > 3', 22, ''],
    ['count of logs where severity>=WRONG > 3', 31, ''],
    ['count over 5x > 3', 12, ''],
    ['count', 6, ''],
    ['', 1, ''],
    ['avg > 3', 4, ''],
    ['avg(cost) of logs > 3', 5, 'Write `of calls` after it.'],
    ['count > 3 recover < 4', 21, ''],
    ['count > 3 recover > 2', 19, ''],
    ['count changed > 30 against 1d', 17, ''],
    ['count chnged > 30% against 1d', 7, ''],
    ['count > 3 and more', 11, ''],
    ['count(status:error > 3', 23, ''],
    ['error_rate > $3', 14, ''],
    ['rule "a" but rule "b"', 10, ''],
    ['count anomalous abov', 17, ''],
    ['count anomalous with much sensitivity', 22, ''],
    ['count forecast reaches 10', 26, ''],
    ['count forecast reaches 10 within 1y', 34, ''],
    ['count forecast falls 10 within 1d', 21, ''],
    ['count anomlous', 7, 'Did you mean `anomalous`?'],
    ['slo "a" burns > 0 over 1h and 5m', 17, ''],
    ['slo "a" burns > 2 over 1h', 26, ''],
    ['slo "a" burns > 2 over 5m and 1h', 31, ''],
    ['slo "a" burns > 2 over 90s and 1m', 24, ''],
    ['count by service absent', 18, 'Leave `by` out, and name what is missed with `where`.'],
  ])('says where %j is wrong', (text, column, hint) => {
    const read = parseRule(text);
    expect(read.ok ? read.value : [read.error.column, read.error.hint]).toEqual([column, hint]);
    if (!read.ok) expect(read.error.caret.split('\n')[1]).toBe(`${' '.repeat(column - 1)}^`);
  });

  it('reads conditions alone', () => {
    expect(parseCondition('')).toEqual({ ok: true, value: { type: 'any' } });
    expect(parseCondition('> 3s')).toMatchObject({ ok: true, value: { threshold: 3 } });
    expect(parseCondition('> x')).toMatchObject({ ok: false, error: { column: 3 } });
  });

  it('never throws, and what it prints is the same rule', () => {
    const words =
      'count error_rate p95 ( ) duration where by over 5m > 3 3s of logs runs service:api recover < " changed 30% against rule slo burns and "a b" / $1 absent anomalous above forecast reaches within attr.x score.a , max(cost)';
    const piece = fc.constantFrom(...words.split(' '));
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(piece, { maxLength: 14 }).map((all) => all.join(' ')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const read = parseRule(text);
        if (!read.ok) return;
        const once = printRule(read.value);
        const again = parseRule(once);
        expect(again.ok ? printRule(again.value) : again.error).toBe(once);
      }),
      { numRuns: 3_000 },
    );
  });
});
