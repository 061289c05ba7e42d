import { expect, test } from 'vitest';
import { findNearField, type FilterSignal } from './index.ts';

const meant = (filter: string, signal: FilterSignal = 'traces'): string | undefined =>
  findNearField(filter, signal)?.filter;

test('a field that is almost a known one is found, wherever it stands', () => {
  expect(findNearField('modle:gpt-4', 'traces')).toEqual({
    written: 'modle',
    meant: 'model',
    filter: 'model:gpt-4',
  });
  expect(meant('status:error -(agnet:planner OR tool:x)')).toBe('status:error -(agent:planner OR tool:x)');
  expect(meant('Model:gpt-4')).toBe('model:gpt-4');
  expect(meant('input_token>100')).toBe('input_tokens>100');
  expect(meant('severty:ERROR', 'logs')).toBe('severity:ERROR');
});

test('known fields, names with a source, other attributes, words and broken filters are left alone', () => {
  for (const filter of [
    'model:gpt-4',
    'session_id:a',
    'attr.modle:gpt-4',
    'http.route:"/chat"',
    'tenant:acme',
    'modle',
    'score.modle:1',
    'modle:(',
    '',
  ])
    expect(meant(filter), filter).toBeUndefined();
});
