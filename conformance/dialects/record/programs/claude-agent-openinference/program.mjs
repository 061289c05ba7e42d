import * as sdk from '@anthropic-ai/claude-agent-sdk';
import { ClaudeAgentSDKInstrumentation } from '@arizeai/openinference-instrumentation-claude-agent-sdk';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { question, system } from '../../conversations.mjs';
import { startTelemetry } from '../../telemetry.mjs';

const telemetry = startTelemetry('weather-bot');
const { tracerProvider } = telemetry;
const { query } = new ClaudeAgentSDKInstrumentation({ tracerProvider }).manuallyInstrument({ ...sdk });
const cwd = mkdtempSync(join(tmpdir(), 'claude-agent-'));
const options = {
  model: 'claude-sonnet-4-5',
  systemPrompt: system,
  allowedTools: ['Bash'],
  cwd,
  env: {
    PATH: process.env.PATH,
    HOME: cwd,
    ANTHROPIC_BASE_URL: process.env.PROTOCOL_URL,
    ANTHROPIC_API_KEY: 'none',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
  },
};
for await (const message of query({ prompt: question, options })) void message;
await telemetry.stop();
rmSync(cwd, { recursive: true, force: true });
process.exit(0);
