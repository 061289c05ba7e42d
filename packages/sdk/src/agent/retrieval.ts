import { guard } from '../core/diagnostics.ts';
import { currentRuntime, type Runtime } from '../runtime/runtime.ts';
import { countError } from '../metrics/standard-metrics.ts';
import { capture } from '../tracing/capture.ts';
import { idleHandle, type SpanAttributes, type SpanHandle } from '../core/span-handle.ts';
import { recordResult } from '../replay/record-result.ts';
import { isAsyncFunction, runReplayed } from '../replay/replay-slot.ts';
import { definedAttributes, describeAndRun, errorType, prepareOperation } from './traced-operation.ts';

export interface RetrievalOptions {
  /** The index, collection or search engine. */
  readonly source: string;
  readonly query?: string;
  readonly topK?: number;
  /** How it searches, such as `vector`, `bm25` or `hybrid`. */
  readonly method?: string;
  readonly attributes?: SpanAttributes;
}

export interface RetrievedDocument {
  readonly id?: string | number;
  readonly score?: number;
  readonly content?: string;
  readonly title?: string;
}

export interface RetrievalSpan extends SpanHandle {
  /** Needed only when the function does not return the documents themselves. */
  recordDocuments(documents: readonly RetrievedDocument[]): void;
}

const documentsMax = 100;

/**
 * A search for documents. What the function returns is recorded when it is a list of objects with `id`, `score` or `content`.
 *
 * @example
 * const documents = await traceRetrieval({ source: 'handbook', query: 'holidays', topK: 2 }, async () => [
 *   { id: 'h-1', score: 0.92, content: 'Everyone has 25 days.' },
 * ]);
 */
export function traceRetrieval<T>(options: RetrievalOptions, fn: (span: RetrievalSpan) => T): T {
  const runtime = currentRuntime();
  if (runtime === undefined) return fn({ ...idleHandle, recordDocuments: () => undefined });
  return describeAndRun(
    () => {
      let recorded = false;
      return prepareOperation(
        runtime,
        {
          name: `retrieval ${options.source}`,
          kind: 'CLIENT',
          attributes: {
            ...definedAttributes({
              'gen_ai.operation.name': 'retrieval',
              'gen_ai.data_source.id': options.source,
              'gen_ai.retrieval.query.text': capture(runtime, options.query),
              'gen_ai.request.top_k': options.topK,
              'sightline.retrieval.method': options.method,
            }),
            ...options.attributes,
          },
        },
        (handle) => {
          const given = Object.assign(Object.create(handle) as SpanHandle, {
            recordDocuments: (documents: readonly RetrievedDocument[]) => {
              recorded = true;
              guard('recording documents', () =>
                handle.setAttributes(documentAttributes(runtime, documents)),
              );
            },
          });
          return runReplayed(handle, () => fn(given), isAsyncFunction(fn));
        },
        {
          always: true,
          ended: (span, value, _durationMs, items) => {
            const isList = isDocumentList(value);
            const shown = isList ? documentAttributes(runtime, value) : {};
            if (!recorded && isList) span.setAttributes(shown);
            if (items === undefined)
              recordResult(runtime, span, value, {
                shown: recorded ? undefined : (shown['gen_ai.retrieval.documents'] as string | undefined),
              });
          },
          failed: (_span, error) =>
            countError(runtime, {
              'gen_ai.data_source.id': options.source,
              'error.type': errorType(error),
              operation: 'retrieval',
            }),
        },
      );
    },
    () => fn({ ...idleHandle, recordDocuments: () => undefined }),
  );
}

/** Ids and scores always; texts under the `capture` option. */
export function documentAttributes(
  runtime: Runtime,
  documents: readonly RetrievedDocument[],
): SpanAttributes {
  const withText = runtime.options.capture !== 'off';
  const kept = documents.slice(0, documentsMax).map(({ id, score, content, title }) => ({
    ...(id === undefined ? {} : { id }),
    ...(score === undefined ? {} : { score }),
    ...(withText && title !== undefined ? { title } : {}),
    ...(withText && content !== undefined ? { content } : {}),
  }));
  return {
    'gen_ai.retrieval.documents': withText ? (capture(runtime, kept) ?? '[]') : JSON.stringify(kept),
    'sightline.retrieval.count': documents.length,
  };
}

function isDocumentList(value: unknown): value is RetrievedDocument[] {
  return (
    Array.isArray(value) &&
    value.every(
      (item) =>
        typeof item === 'object' && item !== null && ('id' in item || 'score' in item || 'content' in item),
    )
  );
}
