import { expect, test } from 'vitest';
import { readDocuments } from './read-documents.ts';

const milvus = (measures: readonly number[], parameters?: string) =>
  readDocuments({
    name: 'milvus.search',
    attributes:
      parameters === undefined
        ? { 'db.system': 'milvus' }
        : { 'db.system': 'milvus', 'db.milvus.search.search_params': parameters },
    events: measures.map((measure, index) => ({
      name: 'db.search.result',
      attributes: { 'db.search.result.id': String(index), 'db.search.result.distance': measure },
    })),
  }).map(({ score, distance }) => (score === undefined ? `${distance} away` : `${score} alike`));

test('what Milvus calls distance is one by its metric, else by its order: the best comes first', () => {
  expect(milvus([0.99, 0.4])).toEqual(['0.99 alike', '0.4 alike']);
  expect(milvus([0.1, 7])).toEqual(['0.1 away', '7 away']);
  expect(milvus([0.5], "{'metric_type': 'L2', 'params': {}}")).toEqual(['0.5 away']);
  expect(milvus([0.5], '{"metric_type": "IP"}')).toEqual(['0.5 alike']);
});

test('a hit that has both a score and a distance is told by its score', () => {
  const hit = { id: 'a', score: 0.9, distance: 0.1 };
  const attributes = { 'gen_ai.retrieval.documents': JSON.stringify([hit, { id: 'b', distance: '0.3' }]) };
  expect(readDocuments({ name: '', attributes })).toEqual([
    { id: 'a', score: 0.9 },
    { id: 'b', distance: 0.3 },
  ]);
});
