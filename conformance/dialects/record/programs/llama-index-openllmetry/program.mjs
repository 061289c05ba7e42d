import { LlamaIndexInstrumentation } from '@traceloop/instrumentation-llamaindex';
import { createRequire } from 'node:module';
import { startTelemetry } from '../../telemetry.mjs';

const instrumentation = new LlamaIndexInstrumentation();
const telemetry = startTelemetry('weather-bot', [instrumentation]);
const require = createRequire(import.meta.url);
const llamaindex = require('llamaindex');
const { OpenAI, OpenAIEmbedding } = require('@llamaindex/openai');
instrumentation.manuallyInstrument(llamaindex);
const api = { apiKey: 'none', baseURL: `${process.env.PROTOCOL_URL}/v1` };
const { Document, Settings, VectorStoreIndex } = llamaindex;
Settings.llm = new OpenAI({ model: 'gpt-4o', ...api });
Settings.embedModel = new OpenAIEmbedding({ model: 'text-embedding-3-small', ...api });
const shelf = await VectorStoreIndex.fromDocuments([
  new Document({ text: 'Paris is in France.', id_: 'atlas' }),
]);
await shelf.asQueryEngine().query({ query: 'Where is Paris?' });
await telemetry.stop();
process.exit(0);
