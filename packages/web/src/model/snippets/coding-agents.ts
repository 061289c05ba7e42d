import type { SendTo, Stack } from './snippet.ts';

const claudeCode: Stack = {
  id: 'claude-code',
  title: 'Claude Code',
  snippets: {
    shell: (to) => ({
      parts: [
        {
          role: 'shell',
          caption: 'Send telemetry',
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
          role: 'shell',
          caption: 'To see prompts and the arguments of tools as well',
          code: exports([
            ['OTEL_LOG_USER_PROMPTS', '1'],
            ['OTEL_LOG_TOOL_DETAILS', '1'],
          ]),
        },
        {
          role: 'shell',
          caption: 'Ask, in the same shell',
          code: 'claude -p "What does this project do?"',
        },
      ],
    }),
  },
};

const codex: Stack = {
  id: 'codex',
  title: 'Codex CLI',
  snippets: {
    shell: (to) => {
      const key = to.apiKey === undefined ? '' : `, headers = { "Authorization" = "Bearer ${to.apiKey}" }`;
      const exporter = (signal: string): string =>
        `{ otlp-http = { endpoint = "${to.endpoint}/v1/${signal}", protocol = "json"${key} } }`;
      return {
        parts: [
          {
            role: 'settings',
            caption: '~/.codex/config.toml',
            code: `[otel]
exporter = ${exporter('logs')}
trace_exporter = ${exporter('traces')}
metrics_exporter = ${exporter('metrics')}
log_user_prompt = true`,
          },
          {
            role: 'shell',
            caption: 'Ask',
            code: 'codex exec --skip-git-repo-check "What does this project do?"',
          },
        ],
        note: 'Without log_user_prompt the words of prompts stay on your machine.',
      };
    },
  },
};

const geminiCli: Stack = {
  id: 'gemini-cli',
  title: 'Gemini CLI',
  snippets: {
    shell: (to) => ({
      parts: [
        {
          role: 'shell',
          caption: 'Send telemetry',
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
          role: 'shell',
          caption: 'Ask, in the same shell',
          code: 'gemini -p "What does this project do?"',
        },
      ],
      note: 'Prompts are sent as well, unless GEMINI_TELEMETRY_LOG_PROMPTS is false.',
    }),
  },
};

/** The settings that point a coding agent here: those of `conformance/dialects/record/programs`, which recorded the real ones. */
export const codingAgents: readonly Stack[] = [claudeCode, codex, geminiCli];

function headers({ apiKey }: SendTo): readonly (readonly [string, string])[] {
  return apiKey === undefined ? [] : [['OTEL_EXPORTER_OTLP_HEADERS', `"Authorization=Bearer ${apiKey}"`]];
}

function exports(variables: readonly (readonly [name: string, value: string])[]): string {
  return variables.map(([name, value]) => `export ${name}=${value}`).join('\n');
}
