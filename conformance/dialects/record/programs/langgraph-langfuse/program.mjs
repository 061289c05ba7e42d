import * as anthropic from '@langchain/anthropic';
import { CallbackHandler } from '@langfuse/langchain';
import { LangfuseSpanProcessor } from '@langfuse/otel';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import * as langchain from 'langchain';
import * as zod from 'zod';
import { streamAgent } from '../../langgraph-agent.mjs';
import { startTelemetry } from '../../telemetry.mjs';

const processor = new LangfuseSpanProcessor({
  exporter: new OTLPTraceExporter(),
  publicKey: 'none',
  secretKey: 'none',
});
const telemetry = startTelemetry('weather-bot', [], [processor]);
const callbacks = [new CallbackHandler({ sessionId: 'session-9', userId: 'user-7' })];
await streamAgent(langchain, anthropic, zod, { callbacks });
await telemetry.stop();
