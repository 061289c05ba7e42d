import { type Evaluator, evaluatorRule } from '@sightline/schema/api';
import { expect, test } from 'vitest';
import { draftOf, evaluatorTypes, newDraft, readDraft } from './evaluator-form.ts';

test('a new draft of every type becomes a rule that the API takes, and comes back the same', () => {
  for (const { type } of evaluatorTypes) {
    const filled = { ...newDraft(type), expected: 'en', pattern: 'a+', model: 'gpt-4o-mini' };
    const wanted = Object.fromEntries(Object.entries(filled).filter(([key]) => key in newDraft(type)));
    const read = readDraft(wanted as typeof filled);
    if (!('rule' in read)) throw new Error(read.problem);
    const rule = evaluatorRule.parse(read.rule);
    const again = readDraft(draftOf(rule as Evaluator));
    expect('rule' in again && evaluatorRule.parse(again.rule), type).toEqual(rule);
  }
});

test('mistakes are told before they are sent', () => {
  expect(readDraft({ ...newDraft('latency'), maxMs: 'soon' })).toEqual({
    problem: '"soon" is not a number.',
  });
  expect(readDraft({ ...newDraft('json_schema'), schema: '{' })).toEqual({
    problem: 'The schema is not JSON.',
  });
  expect(readDraft({ ...newDraft('refusal'), samplePercent: '101' })).toMatchObject({
    problem: expect.stringContaining('percentage'),
  });
});
