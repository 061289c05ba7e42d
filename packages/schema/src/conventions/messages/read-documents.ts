import { derive } from '../derive.ts';
import { isRecord, type JsonRecord, langwatchValue, list, pick, structured, text } from './json.ts';
import { unflatten } from './indexed.ts';
import { plainResult } from './normal-part.ts';
import type { MessageSource, RetrievedDocument } from './message.ts';

/** What a retrieval or reranking span found, in rank order; [] where it says nothing. */
export function readDocuments(source: MessageSource): readonly RetrievedDocument[] {
  const { attributes } = source;
  const found = [
    () => structured(attributes['gen_ai.retrieval.documents']),
    () => unflatten(attributes, 'retrieval.documents'),
    () => unflatten(attributes, 'reranker.output_documents'),
    () => structured(attributes['ai.ranking']),
    () => langwatchValue(attributes['langwatch.contexts']),
    () => vectorResults(source),
    () =>
      isRetrieval(source) &&
      listIn(
        structured(
          pick(
            attributes,
            'output.value',
            'traceloop.entity.output',
            'langfuse.observation.output',
            'mlflow.spanOutputs',
            'gen_ai.completion',
            'genkit:output',
          ),
        ),
      ),
  ];
  for (const read of found) {
    const documents = list(read()).flatMap(document);
    if (documents.length > 0) return documents;
  }
  return [];
}

/** Any output may be a list; only of these it is one of documents. */
function isRetrieval(source: MessageSource): boolean {
  return ['retrieval', 'rerank'].includes(derive(source).operation);
}

function document(value: unknown): readonly RetrievedDocument[] {
  const given = structured(value);
  if (typeof given === 'string') return [{ content: given }];
  if (!isRecord(given)) return [];
  const inner = [given['document'], given['kwargs'], given['node']].find(isRecord);
  const each: JsonRecord = inner === undefined ? given : { ...given, ...inner };
  const id = text(pick(each, 'id', 'document_id', 'doc_id', 'id_', 'originalIndex', 'index'));
  const words = pick(each, 'content', 'pageContent', 'page_content', 'text', 'document');
  const content = text(plainResult(words));
  const score = number(pick(each, 'score', 'relevance_score', 'relevanceScore', 'similarity'));
  const distance = score === undefined ? number(each['distance']) : undefined;
  const metadata = structured(each['metadata']);
  if ([id, content, score, distance].every((value) => value === undefined)) return [];
  return [
    {
      ...(id === undefined ? {} : { id }),
      ...(content === undefined ? {} : { content }),
      ...(score === undefined ? {} : { score }),
      ...(distance === undefined ? {} : { distance }),
      ...(metadata === undefined ? {} : { metadata }),
    },
  ];
}

function number(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isNaN(read) ? undefined : read;
}

/** OpenLLMetry's vector stores write one span event per hit. */
function vectorResults(source: MessageSource): readonly unknown[] {
  const results = (source.events ?? []).filter((event) => event.name === 'db.query.result');
  return results.length === 0
    ? milvusResults(source)
    : results.map(({ attributes }) => ({
        id: attributes['db.query.result.id'],
        content: attributes['db.query.result.document'],
        score: attributes['db.query.result.score'],
        distance: attributes['db.query.result.distance'],
        metadata: attributes['db.query.result.metadata'],
      }));
}

const similarityMetrics = /metric_?type\W+(ip|cosine|bm25)\b/i;
const distanceMetrics = /metric_?type\W+(l2|hamming|jaccard|mhjaccard|superstructure|substructure)\b/i;

/** Milvus calls distance whatever its metric measures, which for its usual one is how alike things are. What it found best comes first, which tells where the metric is not told. */
function milvusResults({ attributes, events = [] }: MessageSource): readonly unknown[] {
  const results = events.filter((event) => event.name === 'db.search.result');
  const measures = results.map((event) => number(event.attributes['db.search.result.distance']));
  const parameters = text(attributes['db.milvus.search.search_params']) ?? '';
  const isFalling = (measures[0] ?? 0) >= (measures.at(-1) ?? 0);
  const isScore = similarityMetrics.test(parameters) || (isFalling && !distanceMetrics.test(parameters));
  return results.map((event, index) => ({
    id: event.attributes['db.search.result.id'],
    content: event.attributes['db.search.result.entity'],
    [isScore ? 'score' : 'distance']: measures[index],
  }));
}

function listIn(value: unknown): unknown {
  if (!isRecord(value)) return value;
  return pick(value, 'documents', 'results', 'matches', 'output', 'outputs');
}
