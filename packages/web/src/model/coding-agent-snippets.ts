import type { SendTo, Snippet } from './snippets.ts';

/** The settings that point a coding agent here: those of `conformance/dialects/record/programs`, which recorded the real ones. */
export function claudeCodeSnippet(to: SendTo): Snippet {
  return {
    title: 'Claude Code',
    parts: [
      {
        caption: 'Before you start claude, in the same shell',
        code: exports([
          ['CLAUDE_CODE_ENABLE_TELEMETRY', '1'],
          ['CLAUDE_CODE_ENHANCED_TELEMETRY_BETA', '1'],
          ['OTEL_METRICS_EXPORTER', 'otlp'],
          ['OTEL_LOGS_EXPORTER', 'otlp'],
          ['OTEL_TRACES_EXPORTER', 'otlp'],
          ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http/protobuf'],
          ['OTEL_EXPORTER_OTLP_ENDPOINT', to.endpoint],
          ...headers(to),
        ]),
      },
      {
        caption: 'To see prompts and the arguments of tools as well',
        code: exports([
          ['OTEL_LOG_USER_PROMPTS', '1'],
          ['OTEL_LOG_TOOL_DETAILS', '1'],
        ]),
      },
    ],
  };
}

export function codexSnippet(to: SendTo): Snippet {
  const key = to.apiKey === undefined ? '' : `, headers = { "Authorization" = "Bearer ${to.apiKey}" }`;
  const exporter = (signal: string): string =>
    `{ otlp-http = { endpoint = "${to.endpoint}/v1/${signal}", protocol = "json"${key} } }`;
  return {
    title: 'Codex CLI',
    parts: [
      {
        caption: 'In ~/.codex/config.toml',
        code: `[otel]
exporter = ${exporter('logs')}
trace_exporter = ${exporter('traces')}
metrics_exporter = ${exporter('metrics')}`,
      },
      { caption: 'To see prompts as well, in the same section', code: 'log_user_prompt = true' },
    ],
  };
}

export function geminiSnippet(to: SendTo): Snippet {
  return {
    title: 'Gemini CLI',
    parts: [
      {
        caption: 'Before you start gemini, in the same shell',
        code: exports([
          ['GEMINI_TELEMETRY_ENABLED', 'true'],
          ['GEMINI_TELEMETRY_TARGET', 'local'],
          ['GEMINI_TELEMETRY_OTLP_PROTOCOL', 'http'],
          ['GEMINI_TELEMETRY_OTLP_ENDPOINT', to.endpoint],
          ['GEMINI_TELEMETRY_TRACES_ENABLED', 'true'],
          ...headers(to),
        ]),
      },
      {
        caption: 'Prompts are sent unless you say otherwise',
        code: exports([['GEMINI_TELEMETRY_LOG_PROMPTS', 'false']]),
      },
    ],
  };
}

function headers({ apiKey }: SendTo): readonly (readonly [string, string])[] {
  return apiKey === undefined ? [] : [['OTEL_EXPORTER_OTLP_HEADERS', `"Authorization=Bearer ${apiKey}"`]];
}

function exports(variables: readonly (readonly [name: string, value: string])[]): string {
  return variables.map(([name, value]) => `export ${name}=${value}`).join('\n');
}
