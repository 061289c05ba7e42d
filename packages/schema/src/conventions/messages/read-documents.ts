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
  const score = number(pick(each, 'score', 'relevance_score', 'relevanceScore', 'similarity', 'distance'));
  const metadata = structured(each['metadata']);
  if (id === undefined && content === undefined && score === undefined) return [];
  return [
    {
      ...(id === undefined ? {} : { id }),
      ...(content === undefined ? {} : { content }),
      ...(score === undefined ? {} : { score }),
      ...(metadata === undefined ? {} : { metadata }),
    },
  ];
}

function number(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isNaN(read) ? undefined : read;
}

/** OpenLLMetry's vector stores write one span event per hit; Milvus in words of its own. */
function vectorResults(source: MessageSource): readonly unknown[] {
  return (source.events ?? [])
    .filter((event) => event.name === 'db.query.result' || event.name === 'db.search.result')
    .map(({ attributes }) => ({
      id: pick(attributes, 'db.query.result.id', 'db.search.result.id'),
      content: pick(attributes, 'db.query.result.document', 'db.search.result.entity'),
      score: pick(
        attributes,
        'db.query.result.score',
        'db.query.result.distance',
        'db.search.result.distance',
      ),
      metadata: attributes['db.query.result.metadata'],
    }));
}

function listIn(value: unknown): unknown {
  if (!isRecord(value)) return value;
  return pick(value, 'documents', 'results', 'matches', 'output', 'outputs');
}
