import { ChatOpenAI } from '@langchain/openai';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { tracing } from '@opentelemetry/sdk-node';
import { getLangWatchTracer } from 'langwatch';
import { LangWatchCallbackHandler } from 'langwatch/observability/instrumentation/langchain';
import { setupObservability } from 'langwatch/observability/node';
import { getWeather, question, system } from '../../conversations.mjs';

const observability = setupObservability({
  langwatch: 'disabled',
  serviceName: 'weather-bot',
  spanProcessors: [new tracing.SimpleSpanProcessor(new OTLPTraceExporter())],
});
const tracer = getLangWatchTracer('weather-bot');
await tracer.withActiveSpan('weather', async (run) => {
  run.setType('agent').setInput(question);
  run.setAttributes({ 'langwatch.thread.id': 'session-9', 'langwatch.user.id': 'user-7' });
  await tracer.withActiveSpan('get_weather', async (span) => {
    span
      .setType('tool')
      .setInput({ city: 'Paris' })
      .setOutput(getWeather({ city: 'Paris' }));
  });
  await tracer.withActiveSpan('shelf', async (span) => {
    span
      .setType('rag')
      .setRAGContexts([{ document_id: 'atlas', chunk_id: '1', content: 'Paris is in France.' }]);
  });
  await tracer.withActiveSpan('answer', async (span) => {
    span.setType('llm').setRequestModel('gpt-4o').setInput(question).setOutput('Sunny.');
    span.setMetrics({ promptTokens: 1200, completionTokens: 80 });
  });
  const model = new ChatOpenAI({
    model: 'gpt-4o',
    apiKey: 'none',
    configuration: { baseURL: `${process.env.PROTOCOL_URL}/v1` },
  });
  const messages = [
    ['system', system],
    ['user', question],
  ];
  const { content } = await model.invoke(messages, { callbacks: [new LangWatchCallbackHandler()] });
  run.setOutput(content);
});
await observability.shutdown();
