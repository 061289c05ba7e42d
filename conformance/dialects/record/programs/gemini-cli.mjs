import { runCodingAgent } from '../coding-agent.mjs';

await runCodingAgent({
  command: 'gemini',
  args: ['-p', 'What is the weather in Paris?', '-m', 'gemini-2.5-pro', '--skip-trust'],
  environment: {
    GEMINI_API_KEY: 'none',
    GOOGLE_GEMINI_BASE_URL: process.env.PROTOCOL_URL,
    GEMINI_TELEMETRY_ENABLED: 'true',
    GEMINI_TELEMETRY_TARGET: 'local',
    GEMINI_TELEMETRY_OTLP_PROTOCOL: 'http',
    GEMINI_TELEMETRY_OTLP_ENDPOINT: process.env.OTEL_EXPORTER_OTLP_ENDPOINT,
    GEMINI_TELEMETRY_LOG_PROMPTS: 'true',
    GEMINI_TELEMETRY_TRACES_ENABLED: 'true',
  },
  files: {
    '.gemini/settings.json': JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } } }),
  },
});
