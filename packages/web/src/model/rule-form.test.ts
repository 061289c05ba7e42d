import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationText, newRuleDraft, readLabels, readRuleDraft, secondsOf } from './rule-form.ts';

describe('the form of a rule', () => {
  const written = { ...newRuleDraft, name: 'API is slow', query: 'p95(duration) over 5m > 3s' };

  it('reads durations of people', () => {
    expect(['30s', '5m', '1h30m', '2d', '1w', '0', '1 h'].map(secondsOf)).toEqual([
      30, 300, 5400, 172_800, 604_800, 0, 3600,
    ]);
    expect(['', '5', 'm', '5x', '-5m', '1.5h'].map(secondsOf)).toEqual(Array.from({ length: 6 }));
  });

  it('writes each duration so that it is read as the same', () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), (seconds) => {
        expect(secondsOf(durationText(seconds))).toBe(seconds);
      }),
    );
  });

  it('reads labels, quoted ones too', () => {
    expect(readLabels('team=api tier="1 or 2"')).toEqual({ team: 'api', tier: '1 or 2' });
    expect(readLabels('')).toEqual({});
    expect(readLabels('team api')).toBeUndefined();
    expect(readLabels('team="open')).toBeUndefined();
  });

  it('says what is missing or wrong, one thing at a time', () => {
    const problem = (draft: Partial<typeof written>): string => {
      const read = readRuleDraft({ ...written, ...draft });
      return 'problem' in read ? read.problem : '';
    };
    expect(problem({})).toBe('');
    expect(problem({ name: ' ' })).toContain('name');
    expect(problem({ query: '' })).toContain('looks at');
    expect(problem({ forDuration: 'soon' })).toContain('"soon" is not a duration');
    expect(problem({ labels: 'x' })).toContain('name=value');
  });

  it('leaves a condition out where the words hold it', () => {
    const read = readRuleDraft({ ...written, condition: '> 3' });
    expect('rule' in read && read.rule.condition).toBe('');
    const promql = readRuleDraft({ ...written, kind: 'promql', query: 'up', condition: '> 3' });
    expect('rule' in promql && promql.rule.condition).toBe('> 3');
  });
});
