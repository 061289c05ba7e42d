import { createRequire } from 'node:module';
import { AnthropicInstrumentation } from '@arizeai/openinference-instrumentation-anthropic';
import { talkWithAnthropic } from '../conversations.mjs';
import { startTelemetry } from '../telemetry.mjs';

const telemetry = startTelemetry('weather-bot', [new AnthropicInstrumentation()]);
const { default: Anthropic } = createRequire(import.meta.url)('@anthropic-ai/sdk');
await talkWithAnthropic(new Anthropic({ baseURL: process.env.PROTOCOL_URL }));
await telemetry.stop();
