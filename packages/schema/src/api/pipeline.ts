import { z } from 'zod';
import { limitsMet, spanId, traceId } from './common.ts';
import { operationKind, statusCode } from './traces.ts';
import { usage } from './usage.ts';

export const pipelineStageType = z.enum([
  'query_analysis',
  'routing',
  'embedding',
  'retrieval',
  'reranking',
  'generation',
  'verification',
  'other',
]);

export const pipelineStage = usage.extend({
  spanId,
  parentSpanId: spanId.nullable().describe('The stage this one is a part of.'),
  type: pipelineStageType,
  knownBy: z
    .enum(['attribute', 'operation', 'name'])
    .describe('What told the type: a stage attribute, the operation, or only words in the name.'),
  name: z.string(),
  operation: operationKind,
  startOffsetMs: z.number(),
  durationMs: z.number(),
  status: statusCode,
  statusMessage: z.string(),
  model: z.string().nullable(),
  query: z.string().nullable().describe('What was searched for.'),
  source: z.string().nullable().describe('Data source or collection.'),
  method: z.string().nullable().describe('`vector`, `bm25`, … where it was recorded.'),
  documents: z.number().int(),
});

export const pipelineDocument = z.object({
  spanId: spanId.describe('The retrieval or reranking stage that gave it.'),
  rank: z.number().int().describe('From 1.'),
  id: z.string().nullable(),
  store: z
    .string()
    .nullable()
    .describe(
      'Where it is kept: database and collection, or what searched. One `id` in one store is one document, whichever stages gave it.',
    ),
  score: z.number().nullable().describe('Higher is better.'),
  distance: z.number().nullable().describe('Lower is better; a document has a score or a distance.'),
  text: z.string().nullable().describe('At most 4,000 characters.'),
  characters: z.number().int(),
  source: z.string().nullable(),
  metadata: z.json().nullable(),
  isUsed: z
    .boolean()
    .nullable()
    .describe('null where there is no answer, or no text and no id, to tell from.'),
  usedBy: z
    .enum(['citation', 'overlap', 'statement'])
    .nullable()
    .describe(
      '`citation`: the answer names its id. `overlap`: the answer has its words; see `overlap`. `statement`: a sentence of the answer has most words of one of its statements, or two of its numbers, without those of the question.',
    ),
  overlap: z
    .number()
    .nullable()
    .describe('Share of the three-word sequences of the answer that stand in the document, 0 to 1.'),
});

export const pipelineResponse = z.object({
  traceId,
  durationMs: z.number(),
  stages: z.array(pipelineStage).describe('In the order of their start.'),
  documents: z.array(pipelineDocument),
  question: z.string().nullable(),
  answer: z.object({ spanId, text: z.string() }).nullable(),
  limitsMet,
});

export type PipelineStageType = z.infer<typeof pipelineStageType>;
export type PipelineStage = z.infer<typeof pipelineStage>;
export type PipelineDocument = z.infer<typeof pipelineDocument>;
export type PipelineResponse = z.infer<typeof pipelineResponse>;
