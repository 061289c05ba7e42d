import { AnthropicInstrumentation } from '@traceloop/instrumentation-anthropic';
import { createRequire } from 'node:module';
import { talkWithAnthropic } from '../../conversations.mjs';
import { startTelemetry } from '../../telemetry.mjs';

const instrumentation = new AnthropicInstrumentation();
const telemetry = startTelemetry('weather-bot', [instrumentation]);
const sdk = createRequire(import.meta.url)('@anthropic-ai/sdk');
instrumentation.manuallyInstrument(sdk);
await talkWithAnthropic(new sdk.Anthropic({ baseURL: process.env.PROTOCOL_URL }));
await telemetry.stop();
