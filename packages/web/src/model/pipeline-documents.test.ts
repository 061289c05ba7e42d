import type { PipelineDocument } from '@sightline/schema/api';
import { expect, test } from 'vitest';
import { distinctDocuments, drawnMeasure, withTexts } from './pipeline-documents.ts';

const found = (more: Partial<PipelineDocument>): PipelineDocument => ({
  spanId: 's',
  rank: 1,
  id: '1',
  store: 'chroma faq',
  score: null,
  distance: null,
  text: null,
  characters: 0,
  source: null,
  metadata: null,
  isUsed: false,
  usedBy: null,
  overlap: null,
  ...more,
});

test('an id in two stores is two documents, in one store one', () => {
  const faq = found({ text: 'Returns take 14 days.', characters: 21 });
  const tickets = found({ store: 'tickets', text: 'Printer is on fire.', characters: 19 });
  const reranked = found({ spanId: 'r', isUsed: true });
  expect(distinctDocuments([faq, tickets, reranked])).toEqual([reranked, tickets]);
  expect(withTexts([faq, tickets, reranked])[2]?.text).toBe('Returns take 14 days.');
});

test('what is nearest stands first, and scores below zero are drawn from the least on', () => {
  const near = found({ distance: 0 });
  const far = found({ distance: 0.08 });
  expect([near, far].map((one) => drawnMeasure(one, [near, far]))).toEqual([
    { type: 'distance', value: 0, share: 0 },
    { type: 'distance', value: 0.08, share: 1 },
  ]);
  const logits = [4, -1, -6].map((score) => found({ score }));
  expect(logits.map((one) => drawnMeasure(one, logits)?.share)).toEqual([1, 0.5, 0]);
  expect(drawnMeasure(found({}), [])).toBeUndefined();
});
