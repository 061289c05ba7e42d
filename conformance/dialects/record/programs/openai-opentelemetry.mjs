import { createRequire } from 'node:module';
import { OpenAIInstrumentation } from '@opentelemetry/instrumentation-openai';
import { talkWithOpenAi } from '../conversations.mjs';
import { startTelemetry } from '../telemetry.mjs';

const telemetry = startTelemetry('weather-bot', [new OpenAIInstrumentation({ captureMessageContent: true })]);
const { default: OpenAI } = createRequire(new URL('../openai-6/', import.meta.url))('openai');
await talkWithOpenAi(new OpenAI({ baseURL: `${process.env.PROTOCOL_URL}/v1` }));
await telemetry.stop();
