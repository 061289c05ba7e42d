import Anthropic from '@anthropic-ai/sdk';
import { talkWithAnthropic } from '../conversations.mjs';
import { startTelemetry } from '../telemetry.mjs';

const telemetry = startTelemetry('weather-bot');
await talkWithAnthropic(
  new Anthropic({ baseURL: process.env.PROTOCOL_URL, openTelemetry: { traces: { contentMode: 'content' } } }),
);
await telemetry.stop();
