import { createRequire } from 'node:module';
import { OpenAIInstrumentation } from '@arizeai/openinference-instrumentation-openai';
import { talkWithOpenAi } from '../conversations.mjs';
import { startTelemetry } from '../telemetry.mjs';

const telemetry = startTelemetry('weather-bot', [new OpenAIInstrumentation()]);
const { default: OpenAI } = createRequire(import.meta.url)('openai');
await talkWithOpenAi(new OpenAI({ baseURL: `${process.env.PROTOCOL_URL}/v1` }));
await telemetry.stop();
