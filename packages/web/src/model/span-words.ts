/** Which words of a span people want first, and where those of an agent stand among the turns of its run. */
import type { ConversationTurn, Span } from '@sightline/schema/api';
import { at, type TraceModel } from './trace-model.ts';

/** `messages` of a model, a `call` of a tool, `documents` that were found, the `exchange` with an agent. */
export type WordsKind = 'messages' | 'call' | 'documents' | 'exchange';

export const wordsLabels: Readonly<Record<WordsKind, string>> = {
  messages: 'Messages',
  call: 'Call',
  documents: 'Documents',
  exchange: 'Messages',
};

/** Undefined for spans that say nothing but their attributes. */
export function wordsKind({
  operation,
  toolName,
}: Pick<Span, 'operation' | 'toolName'>): WordsKind | undefined {
  switch (operation) {
    case 'llm':
      return 'messages';
    case 'tool':
      return 'call';
    case 'mcp':
      return toolName === null || toolName === '' ? undefined : 'call';
    case 'retrieval':
    case 'rerank':
      return 'documents';
    case 'agent':
    case 'workflow':
      return 'exchange';
    default:
      return undefined;
  }
}

export interface Exchange {
  readonly first: ConversationTurn | undefined;
  readonly last: ConversationTurn | undefined;
  /** Calls of models below the span. */
  readonly calls: number;
}

/** The turns at or below a span: the one that began, and the one that ended last with words. */
export function exchangeBelow(
  turns: readonly ConversationTurn[],
  { model, span }: { readonly model: TraceModel; readonly span: number },
): Exchange {
  const from = at(model.position, span);
  const to = from + at(model.subtreeSize, span);
  const below = turns.filter(({ spanId }) => {
    const index = model.indexOf.get(spanId ?? '');
    const place = index === undefined ? -1 : at(model.position, index);
    return place >= from && place < to;
  });
  const answered = below.filter(({ operation, output }) => operation !== 'tool' && output.length > 0);
  return {
    first: below[0],
    last: answered.at(-1) ?? below.at(-1),
    calls: below.filter(({ operation }) => operation === 'llm').length,
  };
}
