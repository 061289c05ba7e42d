import type { Score } from '@sightline/schema/api';
import { expect, it } from 'vitest';
import { feedbackId, feedbackOf, scoreOf } from './my-feedback.ts';

const place = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
const id = feedbackId(place, '0123abcd');

it('names a score that the API takes, another for the run than for its answers', () => {
  expect(id).toMatch(/^[\w.:-]{1,64}$/);
  expect(feedbackId({ traceId: place.traceId }, '0123abcd')).not.toBe(id);
});

it('reads back what it sent', () => {
  const given = { thumb: 'down', comment: 'wrong size' } as const;
  const score = { ...scoreOf(place, id, given) } as unknown as Score;
  expect(score).toMatchObject({ value: 0, label: 'down', comment: 'wrong size' });
  expect(feedbackOf([{ ...score, id: 'another' }, score], id)).toEqual(given);
});

it('is nothing where no thumb and no words are left', () => {
  expect(scoreOf(place, id, { thumb: undefined, comment: '  ' })).toBeUndefined();
  expect(feedbackOf([], id)).toEqual({ thumb: undefined, comment: '' });
});
