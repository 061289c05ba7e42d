import { createRequire } from 'node:module';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  initialize,
  withWorkflow,
  withTool,
  withAssociationProperties,
  forceFlush,
} from '@traceloop/node-server-sdk';
import { talkWithOpenAi } from '../conversations.mjs';

const { default: OpenAI } = createRequire(import.meta.url)('openai');
initialize({
  appName: 'weather-bot',
  exporter: new OTLPTraceExporter(),
  disableBatch: true,
  traceloopSyncEnabled: false,
  silenceInitializationMessage: true,
  telemetryEnabled: false,
  instrumentModules: { openAI: OpenAI },
});
const client = new OpenAI({ baseURL: `${process.env.PROTOCOL_URL}/v1` });
await withAssociationProperties({ user_id: 'user-7', session_id: 'session-9' }, () =>
  withWorkflow({ name: 'weather' }, async () => {
    await withTool({ name: 'get_weather' }, async (city) => `18 degrees and sunny in ${city}`, 'Paris');
    await talkWithOpenAi(client);
  }),
);
await forceFlush();
