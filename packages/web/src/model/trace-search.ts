import { spanModelName, spanService, spanStatusMessage, type TraceModel } from './trace-model.ts';

export interface TraceMatches {
  /** 1 for every span found. */
  readonly isMatch: Uint8Array;
  /** Found spans in the order of the walk. */
  readonly spans: Int32Array;
}

/** Spans whose name, service, status message, model or id contains the words, whatever the case. */
export function searchTrace(model: TraceModel, words: string): TraceMatches {
  const wanted = words.trim().toLowerCase();
  // Each distinct word is compared once; most traces have few among many spans.
  const nameMatches = model.slim.tables.names.map((name) => name.toLowerCase().includes(wanted));
  return collect(
    model,
    (span) =>
      nameMatches[model.slim.columns.name[span] ?? -1] === true ||
      contains(spanService(model, span), wanted) ||
      contains(spanStatusMessage(model, span), wanted) ||
      contains(spanModelName(model, span), wanted) ||
      model.slim.columns.spanId[span] === wanted,
  );
}

/** The spans that a filter found on the server, by id. */
export function matchIds(model: TraceModel, spanIds: readonly string[]): TraceMatches {
  const found = new Set(spanIds.map((id) => model.indexOf.get(id)));
  return collect(model, (span) => found.has(span));
}

/** The match after (or before) a span, round the end. */
export function nextMatch(model: TraceModel, matches: TraceMatches, from: number, step: 1 | -1): number {
  const { spans } = matches;
  if (spans.length === 0) return -1;
  const position = from === -1 ? -1 : (model.position[from] ?? -1);
  if (step === 1) return spans.find((span) => (model.position[span] ?? 0) > position) ?? spans[0] ?? -1;
  return spans.findLast((span) => (model.position[span] ?? 0) < position) ?? spans.at(-1) ?? -1;
}

/** A search that only the server can answer: it names a field. Plain names with a colon in them stay words. */
export function isFilterSearch(text: string): boolean {
  return /^-?[A-Za-z_][\w.-]*(:|[<>]=?|=)\S/.test(text.trim()) && !text.includes('://');
}

function collect(model: TraceModel, isFound: (span: number) => boolean): TraceMatches {
  const isMatch = new Uint8Array(model.size);
  const spans: number[] = [];
  for (const span of model.order) {
    if (!isFound(span)) continue;
    isMatch[span] = 1;
    spans.push(span);
  }
  return { isMatch, spans: Int32Array.from(spans) };
}

function contains(text: string, wanted: string): boolean {
  return text.toLowerCase().includes(wanted);
}
