import {
  type CountableSpan,
  countedByParents,
  type Message,
  type MessageLog,
  readConversation,
  readDocuments,
} from '@sightline/schema/conventions';
import type { Span } from '@sightline/schema/api';

/** What evaluators judge of a trace. */
export interface TraceFacts {
  readonly traceId: string;
  readonly sessionId: string | null;
  readonly service: string;
  /** What was asked: the last thing a user said before the answer. '' where no content was captured. */
  readonly question: string;
  /** The final answer as text; '' where there is none. */
  readonly answer: string;
  readonly documents: readonly string[];
  readonly durationMs: number;
  /** null: unknown, at least in part. */
  readonly costUsd: number | null;
}

export interface CostedSpan extends CountableSpan {
  readonly costUsd: number | null;
}

const textMax = 200_000;
const documentsMax = 200;

/** Reads the facts from a trace as stored. `logs` by span id: older conventions put messages there. */
export function readFacts(
  spans: readonly Span[],
  logs: ReadonlyMap<string, readonly MessageLog[]>,
  costs: readonly CostedSpan[],
): TraceFacts {
  const [first] = spans;
  const starts = spans.map((span) => Date.parse(span.startTime));
  const start = Math.min(...starts);
  const end = Math.max(...spans.map((span, at) => (starts[at] ?? 0) + span.durationMs));
  const said = findAnswer(spans, logs);
  // As the lists of runs count: a span that was sent again costs once.
  const counted = [...countedByParents(costs)];
  const isKnown = counted.length > 0 && counted.every(({ costUsd }) => costUsd !== null);
  return {
    traceId: first?.traceId ?? '',
    sessionId: spans.find((span) => span.sessionId !== null)?.sessionId ?? null,
    service: rootOf(spans)?.service ?? first?.service ?? '',
    question: said.question.slice(0, textMax),
    answer: said.answer.slice(0, textMax),
    documents: findDocuments(spans),
    durationMs: spans.length === 0 ? 0 : Math.max(0, end - start),
    costUsd: isKnown ? counted.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0) : null,
  };
}

function rootOf(spans: readonly Span[]): Span | undefined {
  return spans.find((span) => span.parentSpanId === null);
}

/** The last model call that ended with text gives the answer; where none captured any, what an agent or workflow says it returned. */
function findAnswer(
  spans: readonly Span[],
  logs: ReadonlyMap<string, readonly MessageLog[]>,
): { readonly question: string; readonly answer: string } {
  const ended = (span: Span): number => Date.parse(span.startTime) + span.durationMs;
  const inOrder = (operations: readonly string[]): readonly Span[] =>
    spans.filter((span) => operations.includes(span.operation)).toSorted((a, b) => ended(b) - ended(a));
  let question = '';
  for (const span of [...inOrder(['llm']), ...inOrder(['agent', 'workflow', 'step'])]) {
    const { input, output } = readConversation({
      name: span.name,
      attributes: span.attributes,
      events: span.events,
      logs: logs.get(span.spanId) ?? [],
    });
    const asked = lastText(input.filter(({ role }) => role === 'user'));
    const answer = lastText(output);
    if (answer !== '') return { question: asked === '' ? question : asked, answer };
    if (question === '') question = asked;
  }
  return { question, answer: '' };
}

function lastText(messages: readonly Message[]): string {
  for (const message of messages.toReversed()) {
    const text = message.parts
      .flatMap((part) => (part.type === 'text' ? [part.text] : []))
      .join('\n')
      .trim();
    if (text !== '') return text;
  }
  return '';
}

function findDocuments(spans: readonly Span[]): readonly string[] {
  const texts = spans
    .filter((span) => span.operation === 'retrieval' || span.operation === 'rerank')
    .flatMap((span) => readDocuments({ name: span.name, attributes: span.attributes, events: span.events }))
    .flatMap(({ content }) => (content === undefined || content.trim() === '' ? [] : [content]));
  return [...new Set(texts)].slice(0, documentsMax);
}
