import type { AlertInstance } from '@sightline/schema/api';
import { parseFilter } from '@sightline/schema/filter';
import { describe, expect, it } from 'vitest';
import {
  alertValue,
  firingSentence,
  labelWords,
  matchersOf,
  sortedAlerts,
  tellingLabels,
  whyWords,
} from './alert-words.ts';

const alert = { value: 4.2, threshold: 3, unit: 'seconds', reason: 'condition' } as const;
const none = { info: 0, warning: 0, critical: 0 };

describe('alerts in words', () => {
  it('say the value beside its threshold, in its unit', () => {
    expect(whyWords(alert)).toBe('4.20 s, threshold 3.00 s');
    expect(whyWords({ ...alert, threshold: null, unit: 'dollars' })).toBe('$4.20');
    expect(whyWords({ ...alert, value: 0.12, threshold: 0.05, unit: 'ratio' })).toBe('12 %, threshold 5 %');
    expect(whyWords({ ...alert, reason: 'no_data' })).toContain('No data');
    expect(alertValue(null, 'none')).toBe('–');
  });

  it('say how many fire and how bad they are', () => {
    const counts = { firing: 0, pending: 0, recovering: 0 };
    expect(firingSentence({ counts, firingBySeverity: none })).toBe('Nothing fires');
    expect(firingSentence({ counts: { ...counts, pending: 2 }, firingBySeverity: none })).toContain(
      '2 alerts may soon',
    );
    expect(
      firingSentence({
        counts: { ...counts, firing: 3 },
        firingBySeverity: { ...none, critical: 1, info: 2 },
      }),
    ).toBe('3 alerts fire: 1 critical, 2 info');
    const warnings = (warning: number) =>
      firingSentence({ counts: { ...counts, firing: warning }, firingBySeverity: { ...none, warning } });
    expect([warnings(1), warnings(2)]).toEqual(['1 warning alert fires', '2 warning alerts fire']);
  });

  it('put what burns first', () => {
    const one = (id: string, state: string, severity: string, activeSince: string) =>
      ({ id, state, severity, activeSince }) as AlertInstance;
    const sorted = sortedAlerts([
      one('a', 'pending', 'critical', '2026-01-01'),
      one('b', 'firing', 'info', '2026-01-02'),
      one('c', 'firing', 'critical', '2026-01-01'),
      one('d', 'firing', 'critical', '2026-01-03'),
    ]);
    expect(sorted.map(({ id }) => id).join('')).toBe('dcba');
  });

  it('make matchers of any labels that can be read again', () => {
    const labels = {
      alertname: 'API "slow"',
      service: 'a b',
      path: String.raw`c:\d`,
      severity: 'critical',
      empty: '',
    };
    const matchers = matchersOf(labels);
    expect(parseFilter(matchers).ok).toBe(true);
    expect(matchers).not.toContain('severity');
    expect(labelWords(labels)).toBe(String.raw`service: a b, path: c:\d`);
    const many = [
      { region: 'eu', service: 'a' },
      { region: 'eu', service: 'b' },
      { region: 'eu', service: 'b', path: '/' },
    ];
    expect(tellingLabels(many).map(labelWords)).toEqual(['service: a', 'service: b', 'service: b, path: /']);
    expect(tellingLabels([{ region: 'eu' }])).toEqual([{ region: 'eu' }]);
  });
});
