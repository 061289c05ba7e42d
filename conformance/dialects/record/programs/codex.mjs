import { runCodingAgent } from '../coding-agent.mjs';

const endpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
const exporter = (signal) => `{ otlp-http = { endpoint = "${endpoint}/v1/${signal}", protocol = "json" } }`;
await runCodingAgent({
  command: 'codex',
  args: ['exec', '--skip-git-repo-check', 'What is the weather in Paris?'],
  environment: { OPENAI_API_KEY: 'none', LOCAL_API_KEY: 'none' },
  files: {
    '.codex/config.toml': `model = "gpt-5.1-codex"
model_provider = "local"
[model_providers.local]
name = "local"
base_url = "${process.env.PROTOCOL_URL}/v1"
env_key = "LOCAL_API_KEY"
wire_api = "responses"
[otel]
environment = "test"
log_user_prompt = true
exporter = ${exporter('logs')}
trace_exporter = ${exporter('traces')}
metrics_exporter = ${exporter('metrics')}
`,
  },
});
