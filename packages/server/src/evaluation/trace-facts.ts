import { readConversation, readDocuments, type Message } from '@sightline/schema/conventions';
import type { Span } from '@sightline/schema/api';
import { readHeads, type TraceHead } from '../query/evaluation/quiet-traces.ts';
import {
  type Depth,
  type JudgedTrace,
  readJudgedTraces,
  readTraceCosts,
} from '../query/evaluation/read-judged-traces.ts';
import { traceNotFound } from '../query/read-trace.ts';
import { type QueryContext, Reader } from '../query/reader.ts';

/** What there is to judge. */
const traceParts = ['question', 'answer', 'documents', 'duration', 'cost'] as const;
export type TracePart = (typeof traceParts)[number];

/** What evaluators judge of a trace. Parts that were not asked for are as if there were none. */
export interface TraceFacts {
  readonly traceId: string;
  readonly startNanos: bigint;
  /** What was asked: the last thing a user said before the answer. '' where no content was captured. */
  readonly question: string;
  /** The final answer as text; '' where there is none. */
  readonly answer: string;
  readonly documents: readonly string[];
  readonly durationMs: number;
  /** null: unknown, at least in part. */
  readonly costUsd: number | null;
  /** What was not looked at, as a sentence: who judges the part must say so. */
  readonly leftOut: Readonly<Partial<Record<TracePart, string>>>;
}

export const textMax = 200_000;
const documentsMax = 200;
/** The answer is mostly in the last call; where it is not, all that may matter is read of the one trace. */
const shallow: Depth = { call: 3, wrapper: 3, retrieval: 100 };
const deep: Depth = { call: 300, wrapper: 300, retrieval: 0 };

/** Of one trace, everything. Throws `trace_not_found`. */
export async function readTraceFacts(context: QueryContext, traceId: string): Promise<TraceFacts> {
  const heads = await readHeads(new Reader(context), [traceId]);
  const facts = (await readFacts(context, heads, new Set(traceParts))).get(traceId);
  if (facts === undefined) throw traceNotFound(traceId);
  return facts;
}

/** The parts of these traces, by trace id. */
export async function readFacts(
  context: QueryContext,
  heads: ReadonlyMap<string, TraceHead>,
  parts: ReadonlySet<TracePart>,
): Promise<ReadonlyMap<string, TraceFacts>> {
  const withText = parts.has('question') || parts.has('answer');
  const depth: Depth = {
    call: withText ? shallow.call : 0,
    wrapper: withText ? shallow.wrapper : 0,
    retrieval: parts.has('documents') ? shallow.retrieval : 0,
  };
  const [judged, costs] = await Promise.all([
    withText || parts.has('documents') ? readJudgedTraces(context, heads, depth) : new Map<string, never>(),
    parts.has('cost') ? readTraceCosts(context, heads) : new Map<string, never>(),
  ]);
  const found = new Map<string, TraceFacts>();
  for (const [traceId, head] of heads) {
    const trace: JudgedTrace | undefined = judged.get(traceId);
    const said =
      withText && trace !== undefined ? await findSaid(context, { traceId, head, trace }) : nothing;
    const brought = trace === undefined ? { documents: [] } : findDocuments(trace);
    const question = cut('question', said.question);
    const answer = cut('answer', said.answer);
    const leftOut = {
      question: question.leftOut ?? said.leftOut,
      answer: answer.leftOut ?? said.leftOut,
      documents: brought.leftOut,
    };
    found.set(traceId, {
      traceId,
      startNanos: head.startNanos,
      question: question.text,
      answer: answer.text,
      documents: brought.documents,
      durationMs: Number(head.endNanos - head.startNanos) / 1e6,
      costUsd: costs.get(traceId) ?? null,
      leftOut: Object.fromEntries(Object.entries(leftOut).filter(([, said_]) => said_ !== undefined)),
    });
  }
  return found;
}

interface Said {
  readonly question: string;
  readonly answer: string;
  readonly leftOut?: string;
}

const nothing: Said = { question: '', answer: '' };

interface OpenedTrace {
  readonly traceId: string;
  readonly head: TraceHead;
  readonly trace: JudgedTrace;
}

/** The last model call that ended with text gives the answer; where none captured any, what an agent or workflow says it returned. */
async function findSaid(context: QueryContext, { traceId, head, trace }: OpenedTrace): Promise<Said> {
  const first = saidIn(trace);
  if (!first.isUnsure) return first;
  const further = await readJudgedTraces(context, new Map([[traceId, head]]), deep);
  const { isUnsure, ...said } = saidIn(further.get(traceId) ?? trace);
  if (!isUnsure) return said;
  const { call, wrapper } = trace.steps;
  return {
    ...said,
    leftOut: `Of ${call.found} calls of models and ${wrapper.found} steps around them only the last ${deep.call} of each were looked at.`,
  };
}

/** Unsure where steps that were not read come before what was found. */
function saidIn({ steps, logs }: JudgedTrace): Said & { readonly isUnsure: boolean } {
  let question = '';
  for (const { spans, found } of [steps.call, steps.wrapper]) {
    for (const span of spans) {
      const { input, output } = readConversation({ ...sourceOf(span), logs: logs.get(span.spanId) ?? [] });
      const asked = lastText(input.filter(({ role }) => role === 'user'));
      const answer = lastText(output);
      if (answer !== '') return { question: asked === '' ? question : asked, answer, isUnsure: false };
      if (question === '') question = asked;
    }
    if (found > new Set(spans.map(({ spanId }) => spanId)).size)
      return { question, answer: '', isUnsure: true };
  }
  return { question, answer: '', isUnsure: false };
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

function findDocuments({ steps: { retrieval } }: JudgedTrace): {
  readonly documents: readonly string[];
  readonly leftOut?: string | undefined;
} {
  const texts = retrieval.spans
    .flatMap((span) => readDocuments(sourceOf(span)))
    .flatMap(({ content }) => (content === undefined || content.trim() === '' ? [] : [content]));
  const all = new Set(texts);
  const documents = [...all].slice(0, documentsMax);
  const read = Math.min(retrieval.found, shallow.retrieval);
  const leftOut =
    retrieval.found > read
      ? `Documents of the first ${read} of ${retrieval.found} retrievals were looked at.`
      : all.size > documents.length
        ? `The first ${documents.length} of ${all.size} documents were looked at.`
        : undefined;
  return { documents, leftOut };
}

const sourceOf = ({ name, attributes, events }: Span) => ({ name, attributes, events });

function cut(
  part: 'question' | 'answer',
  text: string,
): { readonly text: string; readonly leftOut?: string } {
  if (text.length <= textMax) return { text };
  return {
    text: text.slice(0, textMax),
    leftOut: `The first ${textMax} of ${text.length} characters of the ${part} were looked at.`,
  };
}
