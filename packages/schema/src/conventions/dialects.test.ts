import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type Recording,
  recordedDialects,
  readRecording,
} from '../../../../conformance/dialects/read-recording.ts';
import { createPriceBook } from './cost/price-book.ts';
import { countedSpans } from './counted-spans.ts';
import { derive, type DerivedFields } from './derive.ts';
import { readConversation } from './messages/read-conversation.ts';
import { readDocuments } from './messages/read-documents.ts';
import { readToolUse } from './messages/read-tool-use.ts';

const folder = join(import.meta.dirname, '../../../../conformance/dialects');
const book = createPriceBook();

/** 1,200 in (1,024 cached), 16 said and 64 thought. */
const gemini25Pro = (176 * 1.25 + 1024 * 0.125 + 80 * 10) / 1e6;
const gemini25Flash = (176 * 0.3 + 1024 * 0.03 + 80 * 2.5) / 1e6;
const claudeOnBedrock = ((363 * 3 + 2000 * 0.3 + 400 * 3.75 + 160 * 15) * 1.1) / 1e6;
/** gpt-4o-mini at 0.15, 0.075 and 0.60: 1,201 in (1,024 cached), 80 out; gpt-4.1 at 2, 0.50 and 8: 2,405 in (2,048 cached), 160 out. */
const handedOver = (177 * 0.15 + 1024 * 0.075 + 80 * 0.6 + 357 * 2 + 2048 * 0.5 + 160 * 8) / 1e6;

/**
 * What each recorded run cost, worked out by hand. gpt-4o at 2.50 in, 1.25 cached and 10 out per million tokens: a call
 * with 1200 in (1024 cached) and 80 out is 0.00252, without the cached part 0.0038. text-embedding-3-small at 0.02:
 * 9 tokens are 0.00000018. claude-sonnet-4-5 at 3, 0.30 read, 3.75 write and 15: 0.002775 a call.
 */
const dollarsByHand: Readonly<Record<string, number>> = {
  'ai-sdk': 4 * 0.00252 + 0.00000018,
  'ai-sdk-legacy': 4 * 0.00252 + 0.00000018,
  'anthropic-native': 2 * 0.002775,
  // Two instrumentations, four spans, two calls.
  'anthropic-native-openinference': 2 * 0.002775,
  'claude-code': 2 * 0.002775,
  // gemini-2.5-pro at 1.25 in and 10 out: 1200 * 1.25 + 16 * 10. Its spans leave out cached tokens and thoughts.
  'gemini-cli': 0.00166,
  'langchain-openinference': 2 * 0.00252,
  langfuse: 2 * 0.00252,
  // Its client exports the first call only before the program ends.
  langsmith: 0.00252,
  'openai-agents': 2 * 0.00252,
  // The stream and the embedding are recorded without usage.
  'openai-openinference': 0.00252,
  // It drops cached tokens, and counts the stream by itself: 19 in, 10 out.
  'openai-openllmetry': 0.0038 + 0.0001475,
  // It drops cached tokens.
  'openai-opentelemetry': 2 * 0.0038 + 0.00000018,
  // Version 4 throws where a tool fails, and drops what Gemini cached and thought. Anthropic's stream is two calls.
  'ai-sdk-4': 0.00252 + 2 * 0.002775 + 0.00166 + 0.00000018,
  // It drops what OpenAI cached, but for streams.
  'ai-sdk-5': 2 * 0.0038 + 2 * 0.002775 + gemini25Pro + 0.00000018,
  // Claude: 100 fresh, 2,000 read, 100 written for five minutes and 200 for an hour, 50 out.
  'ai-sdk-6':
    2 * 0.00252 +
    2 * ((100 * 3 + 2000 * 0.3 + 100 * 3.75 + 200 * 6 + 50 * 15) / 1e6) +
    gemini25Pro +
    0.00000018,
  // gpt-4o, told twice: 1,200 in, 80 out; Claude: 900 in, 120 out, and a call that failed.
  'replaced-workflow': (1200 * 2.5 + 80 * 10 + 900 * 3 + 120 * 15) / 1e6,
  'replaced-rag': (1500 * 2.5 + 100 * 10) / 1e6,
  sentry: 7 * 0.00252 + 2 * 0.002775 + gemini25Pro + 0.00000018,
  mastra: 2 * 0.00252 + 0.002775,
  // The embedding is recorded without usage.
  genkit: 2 * gemini25Flash + 2 * 0.00252 + 0.002775,
  'google-adk': 2 * gemini25Flash,
  // Its agent has the usage of both calls.
  voltagent: 2 * 0.00252,
  livekit: 2 * 0.00252,
  strands: 2 * 0.00252,
  // It leaves the cache out; what the SDK says of the cost, 0.00555, stands beside.
  'claude-agent-openinference': (200 * 3 + 100 * 15) / 1e6,
  langwatch: 2 * 0.0038,
  tanstack: 2 * 0.00252,
  'mastra-openinference': 2 * 0.00252,
  // It drops cached tokens.
  'llama-index-openllmetry': 0.0038,
  'anthropic-openllmetry': 2 * 0.002775,
  'ai-sdk-openinference': 2 * 0.00252,
  // LangChain counts the token with which a stream of Claude begins twice: 51 out.
  'langgraph-openinference': 2 * 0.00279,
  'langgraph-langfuse': 2 * 0.00279,
  // In one region of Bedrock, ten percent more.
  'bedrock-openinference': 2 * 0.002775 * 1.1,
  // The Python packages. gpt-4o: 2,563 in (2,048 cached), 160 out; and 2,567 in.
  'langchain-openinference-python': (515 * 2.5 + 2048 * 1.25 + 160 * 10) / 1e6,
  'langsmith-python': (519 * 2.5 + 2048 * 1.25 + 160 * 10) / 1e6,
  // gpt-5: 3,867 in (3,072 cached), 240 out.
  'openai-agents-python': (795 * 1.25 + 3072 * 0.125 + 240 * 10) / 1e6,
  'openai-agents-handoff-python': handedOver,
  'openai-agents-openllmetry-python': handedOver,
  'openai-agents-logfire-python': handedOver,
  // It drops cached tokens.
  'openai-agents-opentelemetry-python': (1201 * 0.15 + 80 * 0.6 + 2405 * 2 + 160 * 8) / 1e6,
  // gpt-4o twice: 2,403 in (2,048 cached), 160 out; a model without a price.
  'openlit-python': (355 * 2.5 + 2048 * 1.25 + 160 * 10) / 1e6,
  // gemini-2.5-flash: 2,571 in (2,048 cached), 160 out with thoughts.
  'google-adk-python': (523 * 0.3 + 2048 * 0.03 + 160 * 2.5) / 1e6,
  // gpt-4o: 2,411 in (2,048 cached), 160 out; the framework names itself as the provider.
  // The Java ones. gemini-2.5-pro: 2,400 in (2,048 cached), 160 out with thoughts.
  'google-adk-java': (352 * 1.25 + 2048 * 0.125 + 160 * 10) / 1e6,
  'openai-java-agent': 3 * 0.00252 + 0.00000018,
  'rig-rust': 2 * 0.00252,
  // It drops cached tokens.
  'quarkus-langchain4j-java': 2 * 0.0038,
  // gpt-4o twice, once more as a stream without the cached part, and four embeddings.
  'spring-ai-java': 2 * 0.00252 + 0.0038 + 4 * 0.00000018,
  'strands-python': (363 * 2.5 + 2048 * 1.25 + 160 * 10) / 1e6,
  // claude-sonnet-4-5 in one region of Bedrock, ten percent more: 363 fresh, 2,000 read, 400 written, 160 out.
  'bedrock-opentelemetry-python': claudeOnBedrock,
  'bedrock-openllmetry-python': claudeOnBedrock,
  'strands-bedrock-python': claudeOnBedrock,
  // gpt-4o: 3,606 in (3,072 cached), 240 out; and Claude: 184 fresh, 1,000 read, 150 and 50 written, 80 out.
  'logfire-python':
    (534 * 2.5 + 3072 * 1.25 + 240 * 10) / 1e6 + (184 * 3 + 1000 * 0.3 + 150 * 3.75 + 50 * 6 + 80 * 15) / 1e6,
  // gpt-4o: 3,606 in (3,072 cached), 240 out.
  'crewai-openinference-python': (534 * 2.5 + 3072 * 1.25 + 240 * 10) / 1e6,
  // The query alone has usage: 1,203 in (1,024 cached), 80 out.
  'llama-index-openinference-python': (179 * 2.5 + 1024 * 1.25 + 80 * 10) / 1e6,
  // It drops cached tokens: 2,403 in, 160 out.
  'smolagents-python': (2403 * 2.5 + 160 * 10) / 1e6,
  // gpt-4o: 2,403 in (2,048 cached), 160 out.
  'mlflow-python': (355 * 2.5 + 2048 * 1.25 + 160 * 10) / 1e6,
  // Twice: 4,810 in (4,096 cached), 320 out.
  'langfuse-python': (714 * 2.5 + 4096 * 1.25 + 320 * 10) / 1e6,
  // Two streams, of each a span and a line beside it: 184 and 185 fresh, 2,000 read, 300 written for five minutes and 100 for an hour, 160 out.
  'logfire-anthropic-python': (369 * 3 + 2000 * 0.3 + 300 * 3.75 + 100 * 6 + 160 * 15) / 1e6,
  // mistral-large at 2 in and 6 out, mistral-embed at 0.10: three calls told twice, and one once. 3,606 in, 240 out, and 9 embedded.
  'mistral-openllmetry-python': (3606 * 2 + 240 * 6 + 9 * 0.1) / 1e6,
  // gpt-4o: 4,810 in (4,096 cached), 320 out; Claude: 188 fresh, 1,000 read, 150 and 50 written, 80 out; 9 embedded.
  'pydantic-ai-python':
    (714 * 2.5 + 4096 * 1.25 + 320 * 10 + 188 * 3 + 1000 * 0.3 + 150 * 3.75 + 50 * 6 + 80 * 15 + 9 * 0.02) /
    1e6,
  // gpt-4o: 2,403 in (2,048 cached), 160 out; Claude: 186 fresh, the rest as above; 9 embedded.
  'litellm-python':
    (355 * 2.5 + 2048 * 1.25 + 160 * 10 + 186 * 3 + 1000 * 0.3 + 150 * 3.75 + 50 * 6 + 80 * 15 + 9 * 0.02) /
    1e6,
  'litellm-openinference-python': (355 * 2.5 + 2048 * 1.25 + 160 * 10) / 1e6,
  'langchain-openllmetry-python': (355 * 2.5 + 2048 * 1.25 + 160 * 10) / 1e6,
  // gpt-5: 1,201 in (1,024 cached), 80 out; gpt-4o: 2,405 in (2,048 cached), 160 out; 9 embedded.
  'traceloop-python':
    (177 * 1.25 + 1024 * 0.125 + 80 * 10 + 357 * 2.5 + 2048 * 1.25 + 160 * 10 + 9 * 0.02) / 1e6,
  // gpt-4o: 3,606 in (3,072 cached), 240 out; gpt-5: 1,204 in (1,024 cached), 80 out.
  'agent-framework-python': (534 * 2.5 + 3072 * 1.25 + 240 * 10 + 180 * 1.25 + 1024 * 0.125 + 80 * 10) / 1e6,
  // gemini-2.5-flash: 2,405 in (2,048 cached), 160 out with thoughts. Between the two requests of the first span one is not told.
  'google-genai-openinference-python': (357 * 0.3 + 2048 * 0.03 + 160 * 2.5) / 1e6,
  // Two spans beside each other, one call: 187 fresh, 1,000 read, 150 written for five minutes and 50 for an hour, 80 out.
  'anthropic-stream-python': (187 * 3 + 1000 * 0.3 + 150 * 3.75 + 50 * 6 + 80 * 15) / 1e6,
};

const recordings = new Map(recordedDialects().map((dialect) => [dialect, readRecording(dialect)]));

describe.each([...recordings])('%s', (dialect, recording) => {
  const reading = readAll(recording);

  test('reads as expected', () => {
    const file = join(folder, dialect, 'expected.json');
    const found = `${JSON.stringify(reading, null, 1)}\n`;
    if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(file)) writeFileSync(file, found);
    expect(JSON.parse(found)).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  });

  const byHand = dollarsByHand[dialect];
  test.runIf(byHand !== undefined)('costs what a hand calculation says, each call once', () => {
    expect(reading.totals.usd).toBeCloseTo(byHand ?? 0, 10);
  });
});

function readAll(recording: Recording) {
  const counted = new Set(traces(recording).flatMap((trace) => [...countedIds(trace)]));
  const spans = recording.spans.map((span) => {
    const fields = derive(span);
    const source = { ...span, logs: recording.logs.filter((log) => log.spanId === span.spanId) };
    return {
      name: span.name,
      fields: said(fields),
      counted: counted.has(span.spanId),
      usd: priceOf(fields, span.startNanos),
      conversation: readConversation(source),
      ...(readToolUse(source) === undefined ? {} : { tool: readToolUse(source) }),
      ...(readDocuments(source).length === 0 ? {} : { documents: readDocuments(source) }),
    };
  });
  const events = recording.logs.map((log) => {
    const fields = derive({ ...log, name: log.eventName });
    return {
      name: log.eventName || log.attributes['event.name'],
      fields: said(fields),
      usd: priceOf(fields, log.timeNanos),
    };
  });
  const billed = spans.filter((span) => span.counted);
  const sum = (of: (span: (typeof spans)[number]) => number | null | undefined) =>
    billed.reduce((total, span) => total + (of(span) ?? 0), 0);
  const totals = {
    calls: billed.length,
    inputTokens: sum((span) => span.fields.input_tokens),
    outputTokens: sum((span) => span.fields.output_tokens),
    usd: billed.some((span) => span.usd !== null) ? sum((span) => span.usd) : null,
  };
  return { totals, spans, events };
}

function traces(recording: Recording) {
  return [...Map.groupBy(recording.spans, (span) => span.traceId).values()];
}

function countedIds(trace: Recording['spans']): ReadonlySet<string> {
  const spans = trace.map((span) => {
    const fields = derive(span);
    return {
      ...placeOf(span),
      operation: fields.operation,
      responseId: fields.response_id,
      inputTokens: fields.input_tokens,
      outputTokens: fields.output_tokens,
      model: fields.model,
      usageDetail: usageDetailOf(span),
    };
  });
  return new Set(countedSpans(spans).map((span) => span.spanId));
}

/** How much it tells of what it used (`usageDetail` of the server); its prices come later. */
function usageDetailOf(span: Recording['spans'][number]): number {
  const fields = derive(span);
  const parts = [
    fields.cache_read_tokens,
    fields.cache_write_tokens,
    fields.cache_write_1h_tokens,
    fields.reasoning_tokens,
    fields.input_audio_tokens,
    fields.output_audio_tokens,
  ];
  const tier = fields.service_tier === '' ? 0 : 2;
  return parts.reduce<number>((sum, part) => sum + (part === null ? 0 : part > 0 ? 8 : 1), tier);
}

/** By whom and when it was told. */
function placeOf({ spanId, parentSpanId, scope, startNanos, times }: Recording['spans'][number]) {
  return { spanId, parentSpanId, scope, startNanos, endNanos: startNanos + times.durationNanos };
}

function said(fields: DerivedFields): Partial<DerivedFields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '' && value !== null));
}

function priceOf(fields: DerivedFields, nanos: bigint): number | null {
  const price = book.priceOf({
    provider: fields.provider,
    model: fields.model,
    timeMs: Number(nanos / 1_000_000n),
    inputTokens: fields.input_tokens,
    outputTokens: fields.output_tokens,
    cacheReadTokens: fields.cache_read_tokens,
    cacheWriteTokens: fields.cache_write_tokens,
    cacheWrite1hTokens: fields.cache_write_1h_tokens,
    reasoningTokens: fields.reasoning_tokens,
    inputAudioTokens: fields.input_audio_tokens,
    outputAudioTokens: fields.output_audio_tokens,
    serviceTier: fields.service_tier,
  });
  return price?.usd ?? null;
}
