/** In which store a document is kept: ids are unique there only. */
import type { RetrievedDocument } from '@sightline/schema/conventions';

/** What a stage that gave documents says of where it found them. */
export interface DocumentStage {
  /** The stage within which it is. */
  readonly parent: DocumentStage | undefined;
  /** It orders what others found. */
  readonly isReranking: boolean;
  /** Of the database, as `chroma`; '' where it is not told. */
  readonly system: string;
  /** Collection, index or data source; '' where it is not told. */
  readonly source: string;
  /** Of the tool or the span. */
  readonly name: string;
}

export interface DocumentList {
  readonly stage: DocumentStage;
  readonly documents: readonly RetrievedDocument[];
}

interface Place extends Pick<DocumentList, 'stage'> {
  readonly store: string;
  readonly content: string | undefined;
}

/**
 * By list the store of each document. Many stages say nothing of a store: rerankers, retrievers around the client of a database, fusions of several
 * lists. Their documents are those that another stage has under the same id; only what no other stage has is told apart by who searched.
 */
export function storesOf<List extends DocumentList>(
  lists: readonly List[],
): ReadonlyMap<List, readonly string[]> {
  const known = new Map<string, Place[]>();
  const stores = new Map<List, readonly string[]>();
  const isTold = ({ stage }: List): boolean => storeOf(stage) !== '';
  for (const list of [...lists.filter(isTold), ...lists.filter((each) => !isTold(each))]) {
    const { stage, documents } = list;
    const own = storeOf(stage);
    const places = documents.map(({ id = '', content }): Place => {
      const same = own === '' ? known.get(id)?.find((place) => isSame(place, stage, content)) : undefined;
      return { stage, content, store: same?.store ?? (own === '' ? stage.name : own) };
    });
    stores.set(
      list,
      places.map(({ store }) => store),
    );
    // Of what one search found no two are one.
    for (const [index, place] of places.entries()) {
      const id = documents[index]?.id;
      if (id !== undefined) known.set(id, [...(known.get(id) ?? []), place]);
    }
  }
  return stores;
}

function storeOf({ system, source }: DocumentStage): string {
  return [system, source].filter((word) => word !== '').join(' ');
}

/** Texts decide. Without them, ids are those of another stage where the one orders or contains what the other found. */
function isSame(place: Place, stage: DocumentStage, content: string | undefined): boolean {
  if (content !== undefined && place.content !== undefined) return content === place.content;
  return stage.isReranking || isWithin(stage, place.stage) || isWithin(place.stage, stage);
}

function isWithin(stage: DocumentStage, around: DocumentStage): boolean {
  for (let at = stage.parent; at !== undefined; at = at.parent) if (at === around) return true;
  return false;
}
