import { aiSdk } from './ai-sdk.ts';
import { anthropic } from './anthropic.ts';
import { codingAgents } from './coding-agents.ts';
import { langchain } from './langchain.ts';
import { langfuse } from './langfuse.ts';
import { llamaIndex } from './llama-index.ts';
import { mcp } from './mcp.ts';
import { openai } from './openai.ts';
import { openaiAgents } from './openai-agents.ts';
import { openTelemetry } from './opentelemetry.ts';
import { ownSdk } from './own-sdk.ts';
import { logfire, pydanticAi } from './pydantic.ts';
import type { Stack } from './snippet.ts';

/** What a program may be written with, and the program that leads to a first run with its cost. Tests run every one of them as it stands. */
export const stacks: readonly Stack[] = [
  ownSdk,
  openai,
  anthropic,
  aiSdk,
  langchain,
  openaiAgents,
  mcp,
  llamaIndex,
  pydanticAi,
  logfire,
  langfuse,
  openTelemetry,
  ...codingAgents,
];
