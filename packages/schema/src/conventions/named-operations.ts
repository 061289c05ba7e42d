import type { OperationKind } from '../api/traces.ts';
import type { Guard } from './source.ts';

/** Spans of the systems that Sightline replaces, by name. */
const replacedSystemSpans: Readonly<Record<string, OperationKind>> = {
  'workflow.execution': 'workflow',
  'workflow.step': 'step',
  'llm.call': 'llm',
  'llm.api.call': 'llm',
};
/** Spans that only their name tells, whatever they carry: stages of RAG pipelines, and the systems that Sightline replaces. In lower case. */
export const namedOperations: Readonly<Record<string, OperationKind>> = {
  ...replacedSystemSpans,
  query_analysis: 'step',
  routing: 'step',
  retrieval: 'retrieval',
  vector_search: 'retrieval',
  bm25_search: 'retrieval',
  reranking: 'rerank',
  generation: 'step',
  verification: 'step',
};

/** Of these a name says nothing: a request to `/routing` may be called so. */
export const withoutNames: readonly OperationKind[] = ['http', 'messaging'];

/** Steps of the systems that Sightline replaces may name the model of the calls within. */
export const notAStep: readonly Guard[] = ['workflow.run_id', 'workflow.mode', 'step.id', 'step.number'].map(
  (name) => ({
    attribute: name,
    present: false,
  }),
);
