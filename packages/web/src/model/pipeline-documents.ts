/** Documents of a pipeline: which of them are one, and how good each is among those found with it. */
import type { PipelineDocument } from '@sightline/schema/api';

/** What is retrieved and then reranked is one document; an id means the same one within its store only. */
export function distinctDocuments(documents: readonly PipelineDocument[]): readonly PipelineDocument[] {
  const known = new Map<string, PipelineDocument>();
  for (const one of documents) {
    const key = documentKey(one) ?? `${one.spanId} ${one.rank}`;
    const other = known.get(key);
    if (other === undefined || (other.isUsed !== true && one.isUsed !== null)) known.set(key, one);
  }
  return [...known.values()];
}

/** A reranker often writes ids only; the text of a document stands where it was retrieved. */
export function withTexts(documents: readonly PipelineDocument[]): readonly PipelineDocument[] {
  const known = new Map(documents.filter((one) => one.text !== null).map((one) => [documentKey(one), one]));
  return documents.map((one) => {
    const key = documentKey(one);
    const other = one.text === null && key !== undefined ? known.get(key) : undefined;
    return other === undefined ? one : { ...one, text: other.text, characters: other.characters };
  });
}

function documentKey({ store, id }: PipelineDocument): string | undefined {
  return id === null ? undefined : JSON.stringify([store, id]);
}

/** Whether the documents of a list are kept in several stores. */
export function hasStores(documents: readonly PipelineDocument[]): boolean {
  return new Set(documents.map(({ store }) => store)).size > 1;
}

/** How a document's score or distance is drawn: a bar is as long as the score is high, a dot as far away as the document is. */
export interface DrawnMeasure {
  readonly type: 'score' | 'distance';
  readonly value: number;
  /** 0 to 1, of the least and the most of the list. */
  readonly share: number;
}

/** Undefined for a document that has neither. */
export function drawnMeasure(
  document: PipelineDocument,
  list: readonly PipelineDocument[],
): DrawnMeasure | undefined {
  const type = document.score === null ? 'distance' : 'score';
  const value = document[type];
  if (value === null) return undefined;
  const values = list.flatMap((one) => one[type] ?? []);
  // Rerankers give scores below zero too.
  const least = Math.min(0, ...values);
  const most = Math.max(0, ...values);
  return { type, value, share: most > least ? (value - least) / (most - least) : 0 };
}
