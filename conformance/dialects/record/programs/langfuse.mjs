import { LangfuseSpanProcessor } from '@langfuse/otel';
import { observeOpenAI } from '@langfuse/openai';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import OpenAI from 'openai';
import { talkWithOpenAi } from '../conversations.mjs';
import { startTelemetry } from '../telemetry.mjs';

const processor = new LangfuseSpanProcessor({
  publicKey: 'none',
  secretKey: 'none',
  exporter: new OTLPTraceExporter(),
  shouldExportSpan: () => true,
});
const telemetry = startTelemetry('weather-bot', [], [processor]);
const client = observeOpenAI(new OpenAI({ baseURL: `${process.env.PROTOCOL_URL}/v1` }), {
  sessionId: 'session-9',
  userId: 'user-7',
});
await talkWithOpenAi(client);
await telemetry.stop();
