import { afterAll, beforeAll, expect, test } from 'vitest';
import { pipelineResponse } from '@sightline/schema/api';
import { AgentSpans } from '../testing/agent-spans.ts';
import { hexId, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { readPipeline } from './read-pipeline.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:30:00Z')) * 1_000_000n);
const stage = (id: string, name: string) => ({
  'gen_ai.operation.name': 'stage',
  'sightline.stage.id': id,
  'sightline.stage.name': name,
});
const documents = (...list: readonly object[]) => ({ 'gen_ai.retrieval.documents': JSON.stringify(list) });
const answer = 'Employees have 25 days of holiday a year; see h-2 for what is left over.';

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T11:32:00Z'));
  await telemetry.loadJson(
    'traces',
    tracesRequest('rag', [
      spans.span({
        trace: 1,
        span: 1,
        at: 0,
        lasts: 20,
        name: 'handbook',
        attributes: { 'gen_ai.operation.name': 'invoke_workflow' },
      }),
      spans.span({
        trace: 1,
        span: 2,
        parent: 1,
        at: 1,
        name: 'Query analysis',
        attributes: stage('analysis', 'Query analysis'),
      }),
      spans.call('small', { trace: 1, span: 3, parent: 2, at: 1, tokens: [10, 1], cost: 0.01 }),
      spans.span({
        trace: 1,
        span: 4,
        parent: 1,
        at: 2,
        name: 'Routing',
        attributes: stage('routing', 'Routing'),
      }),
      spans.span({
        trace: 1,
        span: 5,
        parent: 1,
        at: 3,
        name: 'retrieval handbook',
        attributes: {
          'gen_ai.operation.name': 'retrieval',
          'gen_ai.data_source.id': 'handbook',
          'gen_ai.retrieval.query.text': 'holidays',
          'sightline.retrieval.method': 'bm25',
          ...documents(
            { id: 'h-1', score: 2.5, content: 'All employees have 25 days of holiday a year, by contract.' },
            { id: 'h-2', score: 1.5, content: 'Unused days move on.', metadata: { source: 'handbook.pdf' } },
            { id: 't-1', score: 0.5, content: 'Trains are booked through the travel desk.' },
            { id: 'x-9' },
          ),
        },
      }),
      spans.span({
        trace: 1,
        span: 6,
        parent: 1,
        at: 5,
        name: 'rerank',
        attributes: { 'gen_ai.operation.name': 'rerank', ...documents({ id: 'h-2', score: 0.9 }) },
      }),
      spans.call('big', {
        trace: 1,
        span: 7,
        parent: 1,
        at: 6,
        lasts: 3,
        tokens: [100, 20],
        attributes: {
          'gen_ai.input.messages': JSON.stringify([
            { role: 'user', parts: [{ type: 'text', content: 'How many holidays?' }] },
          ]),
          'gen_ai.output.messages': JSON.stringify([
            { role: 'assistant', parts: [{ type: 'text', content: answer }] },
          ]),
        },
      }),
      spans.span({
        trace: 1,
        span: 8,
        parent: 1,
        at: 10,
        name: 'Verification',
        error: 'not grounded',
        attributes: stage('verify', 'Verification'),
      }),
      spans.call('small', { trace: 1, span: 9, parent: 8, at: 10 }),
    ]),
  );
});
afterAll(async () => telemetry.close());

test('stages come in order with their kind, and calls inside a named stage are a part of it', async () => {
  const pipeline = pipelineResponse.parse(await readPipeline(telemetry.context, hexId(32, 1)));
  expect(pipeline.stages.map(({ type, knownBy, startOffsetMs }) => [type, knownBy, startOffsetMs])).toEqual([
    ['query_analysis', 'attribute', 1000],
    ['routing', 'attribute', 2000],
    ['retrieval', 'operation', 3000],
    ['reranking', 'operation', 5000],
    ['generation', 'operation', 6000],
    ['verification', 'attribute', 10_000],
  ]);
  expect(pipeline.stages[0]).toMatchObject({ model: 'small', inputTokens: 10, costUsd: 0.01 });
  expect(pipeline.stages[2]).toMatchObject({
    query: 'holidays',
    source: 'handbook',
    method: 'bm25',
    documents: 4,
  });
  expect(pipeline.stages[5]).toMatchObject({ status: 'error', statusMessage: 'not grounded' });
  expect(pipeline).toMatchObject({ question: 'holidays', answer: { spanId: hexId(16, 7), text: answer } });
});

test('a document is used when the answer names it or has its words, and the answer says which', async () => {
  const pipeline = pipelineResponse.parse(await readPipeline(telemetry.context, hexId(32, 1)));
  expect(
    pipeline.documents.map(({ id, rank, score, source, isUsed, usedBy }) => [
      id,
      rank,
      score,
      source,
      isUsed,
      usedBy,
    ]),
  ).toEqual([
    ['h-1', 1, 2.5, 'handbook', true, 'overlap'],
    ['h-2', 2, 1.5, 'handbook.pdf', true, 'citation'],
    ['t-1', 3, 0.5, 'handbook', false, null],
    ['x-9', 4, null, 'handbook', false, null],
    ['h-2', 1, 0.9, null, true, 'citation'],
  ]);
});

test('a retrieval told by two spans, one in the other, gives its documents once', async () => {
  const kind = { 'openinference.span.kind': 'RETRIEVER' };
  const outer = {
    'retrieval.documents.0.document.id': 'n-1',
    'retrieval.documents.0.document.content': 'Paris is the capital of France.',
    'retrieval.documents.0.document.score': 0.9,
  };
  await telemetry.loadJson(
    'traces',
    tracesRequest('rag', [
      spans.span({
        trace: 7,
        span: 71,
        at: 0,
        lasts: 4,
        name: 'Retriever.retrieve',
        attributes: { ...kind, ...outer },
      }),
      spans.span({
        trace: 7,
        span: 72,
        parent: 71,
        at: 1,
        name: 'Retriever._retrieve',
        attributes: { ...kind, 'output.value': '["<NodeWithScore(node=TextNode(id_=n-1))>"]' },
      }),
    ]),
  );
  const pipeline = pipelineResponse.parse(await readPipeline(telemetry.context, hexId(32, 7)));
  expect(pipeline.stages.map(({ documents }) => documents)).toEqual([1, 1]);
  expect(pipeline.documents.map(({ id, rank, score }) => [id, rank, score])).toEqual([['n-1', 1, 0.9]]);
});

test('a run without stages has an empty pipeline', async () => {
  await telemetry.loadJson('traces', tracesRequest('bot', [spans.agent('a', { trace: 2, span: 21, at: 0 })]));
  expect(await readPipeline(telemetry.context, hexId(32, 2))).toMatchObject({
    stages: [],
    documents: [],
    answer: null,
  });
});

test('a search of a vector store by Spring AI says what was searched for', async () => {
  const search = spans.span({
    trace: 8,
    span: 1,
    at: 0,
    name: 'simple query',
    attributes: {
      'spring.ai.kind': 'vector_store',
      'db.system': 'simple',
      'db.operation.name': 'query',
      'db.vector.query.content': 'weather in Paris',
      'db.vector.query.top_k': '4',
    },
  });
  await telemetry.loadJson('traces', tracesRequest('spring', [search]));
  const { stages } = await readPipeline(telemetry.context, hexId(32, 8));
  expect(stages).toMatchObject([{ type: 'retrieval', query: 'weather in Paris', method: 'simple' }]);
});

test('an id in two stores is two documents, whatever a reranker says of it', async () => {
  const chroma = (collection: string, ...hits: readonly (readonly [string, string, number])[]) => ({
    operation: { 'db.system': 'chroma', 'db.collection.name': collection, 'db.chroma.query.n_results': 2 },
    events: hits.map(([id, document, distance]) => ({
      name: 'db.query.result',
      timeNanos: 1n,
      attributes: {
        'db.query.result.id': id,
        'db.query.result.document': document,
        'db.query.result.distance': distance,
      },
    })),
  });
  const faq = chroma('faq', ['1', 'Returns take 14 days.', 0.1], ['2', 'We ship to Oslo.', 0.9]);
  const tickets = chroma('tickets', ['1', 'The printer is on fire.', 0.2]);
  const retrieve = { 'gen_ai.operation.name': 'retrieval' };
  await telemetry.loadJson(
    'traces',
    tracesRequest('stores', [
      spans.span({ trace: 20, span: 2001, at: 0, lasts: 10, name: 'ask', attributes: retrieve }),
      {
        ...spans.span({
          trace: 20,
          span: 2002,
          parent: 2001,
          at: 1,
          name: 'chroma.query',
          attributes: faq.operation,
        }),
        events: faq.events,
      },
      {
        ...spans.span({
          trace: 20,
          span: 2003,
          parent: 2001,
          at: 2,
          name: 'chroma.query',
          attributes: tickets.operation,
        }),
        events: tickets.events,
      },
      spans.span({
        trace: 20,
        span: 2004,
        parent: 2001,
        at: 3,
        name: 'rerank',
        attributes: {
          'gen_ai.operation.name': 'rerank',
          ...documents({ id: '1', content: 'The printer is on fire.', score: 0.9 }, { id: '2', score: -1.5 }),
        },
      }),
      ...(['search_notes', 'search_mail'] as const).map((tool, index) =>
        spans.span({
          trace: 20,
          span: 2005 + index,
          parent: 2001,
          at: 4 + index,
          name: 'retrieve',
          attributes: { ...retrieve, 'gen_ai.tool.name': tool, ...documents({ id: '7' }) },
        }),
      ),
    ]),
  );
  const pipeline = pipelineResponse.parse(await readPipeline(telemetry.context, hexId(32, 20)));
  expect(pipeline.documents.map(({ id, store, score, distance }) => [id, store, score, distance])).toEqual([
    ['1', 'chroma faq', null, 0.1],
    ['2', 'chroma faq', null, 0.9],
    ['1', 'chroma tickets', null, 0.2],
    ['1', 'chroma tickets', 0.9, null],
    ['2', 'chroma faq', -1.5, null],
    ['7', 'search_notes', null, null],
    ['7', 'search_mail', null, null],
  ]);
});
