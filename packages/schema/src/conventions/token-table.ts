import { fromCodingAgents } from './model-table.ts';
import { attribute, type Field } from './source.ts';

const cache = ['cache_read_tokens', 'cache_write_tokens'] as const;
const reasoning = ['reasoning_tokens'] as const;

/** All input, cached or not, as OpenTelemetry and OpenAI count. Sources that leave the cached part out say so. */
export const inputTokensField: Field = {
  type: 'tokens',
  contains: cache,
  sources: [
    attribute('gen_ai.usage.input_tokens'),
    attribute('gen_ai.usage.prompt_tokens'),
    attribute('llm.token_count.prompt'),
    attribute('llm.usage.prompt_tokens'),
    attribute('ai.usage.inputTokens'),
    attribute('ai.usage.promptTokens'),
    attribute('ai.usage.tokens'),
    attribute('langsmith.usage_metadata', { path: ['input_tokens'] }),
    attribute('langfuse.observation.usage_details', { path: ['input'], excludes: cache }),
    attribute('langfuse.observation.usage_details', { path: ['prompt_tokens'] }),
    attribute('langfuse.observation.usage_details', { path: ['input_tokens'] }),
    attribute('mlflow.chat.tokenUsage', { path: ['input_tokens'] }),
    // Claude Code counts as Anthropic's API does: new, cache-read and cache-write tokens are three numbers.
    ...fromCodingAgents('input_tokens', { excludes: cache }),
    attribute('input_token_count'),
    attribute('codex.turn.token_usage.input_tokens'),
  ],
};

/** All output, reasoning included. */
export const outputTokensField: Field = {
  type: 'tokens',
  contains: reasoning,
  sources: [
    attribute('gen_ai.usage.output_tokens'),
    attribute('gen_ai.usage.completion_tokens'),
    attribute('llm.token_count.completion'),
    attribute('llm.usage.completion_tokens'),
    attribute('ai.usage.outputTokens'),
    attribute('ai.usage.completionTokens'),
    attribute('langsmith.usage_metadata', { path: ['output_tokens'] }),
    attribute('langfuse.observation.usage_details', { path: ['output'], excludes: reasoning }),
    attribute('langfuse.observation.usage_details', { path: ['completion_tokens'] }),
    attribute('langfuse.observation.usage_details', { path: ['output_tokens'] }),
    attribute('mlflow.chat.tokenUsage', { path: ['output_tokens'] }),
    ...fromCodingAgents('output_tokens'),
    // Gemini's API counts thoughts beside the answer, and its CLI passes that on.
    attribute('output_token_count', {
      excludes: reasoning,
      when: [{ attribute: 'event.name', startsWith: 'gemini_cli.' }],
    }),
    attribute('output_token_count'),
    attribute('codex.turn.token_usage.output_tokens'),
  ],
};

export const cacheReadTokensField: Field = {
  type: 'tokens',
  sources: [
    attribute('gen_ai.usage.cache_read.input_tokens'),
    attribute('gen_ai.usage.cache_read_input_tokens'),
    attribute('gen_ai.usage.input_tokens.cached'),
    attribute('gen_ai.usage.input_tokens_cached'),
    attribute('llm.token_count.prompt_details.cache_read'),
    attribute('ai.usage.inputTokenDetails.cacheReadTokens'),
    attribute('ai.usage.cachedInputTokens'),
    attribute('gen_ai.usage.details.cache_read_tokens'),
    attribute('langsmith.usage_metadata', { path: ['input_token_details', 'cache_read'] }),
    attribute('langfuse.observation.usage_details', { path: ['input_cached_tokens'] }),
    attribute('langfuse.observation.usage_details', { path: ['cache_read_input_tokens'] }),
    attribute('langfuse.observation.usage_details', { path: ['input_cache_read'] }),
    ...fromCodingAgents('cache_read_tokens'),
    attribute('cached_token_count'),
    attribute('cached_content_token_count'),
    attribute('codex.turn.token_usage.cached_input_tokens'),
  ],
};

export const cacheWriteTokensField: Field = {
  type: 'tokens',
  sources: [
    attribute('gen_ai.usage.cache_write.input_tokens'),
    attribute('gen_ai.usage.cache_creation.input_tokens'),
    attribute('gen_ai.usage.cache_creation_input_tokens'),
    attribute('gen_ai.usage.input_tokens.cache_write'),
    attribute('llm.token_count.prompt_details.cache_write'),
    attribute('ai.usage.inputTokenDetails.cacheWriteTokens'),
    attribute('gen_ai.usage.details.cache_write_tokens'),
    attribute('langsmith.usage_metadata', { path: ['input_token_details', 'cache_creation'] }),
    attribute('langfuse.observation.usage_details', { path: ['cache_creation_input_tokens'] }),
    attribute('langfuse.observation.usage_details', { path: ['input_cache_creation'] }),
    ...fromCodingAgents('cache_creation_tokens'),
    attribute('cache_write_token_count'),
    attribute('codex.turn.token_usage.cache_write_input_tokens'),
  ],
};

export const reasoningTokensField: Field = {
  type: 'tokens',
  sources: [
    attribute('gen_ai.usage.reasoning.output_tokens'),
    attribute('gen_ai.usage.reasoning_tokens'),
    attribute('gen_ai.usage.output_tokens.reasoning'),
    attribute('llm.token_count.completion_details.reasoning'),
    attribute('ai.usage.outputTokenDetails.reasoningTokens'),
    attribute('ai.usage.reasoningTokens'),
    attribute('gen_ai.usage.details.reasoning_tokens'),
    attribute('codex.usage.reasoning_output_tokens'),
    attribute('langsmith.usage_metadata', { path: ['output_token_details', 'reasoning'] }),
    attribute('langfuse.observation.usage_details', { path: ['output_reasoning_tokens'] }),
    attribute('langfuse.observation.usage_details', { path: ['output_reasoning'] }),
    attribute('reasoning_token_count'),
    attribute('thoughts_token_count'),
    attribute('codex.turn.token_usage.reasoning_output_tokens'),
  ],
};

/** Part of the cache writes: those that Anthropic keeps for an hour, at a higher price. */
export const cacheWrite1hTokensField: Field = {
  type: 'tokens',
  sources: [
    attribute('anthropic.usage.cache_creation.ephemeral_1h_input_tokens'),
    ...fromCodingAgents('cache_creation_1h_tokens'),
  ],
};

export const inputAudioTokensField: Field = {
  type: 'tokens',
  sources: [
    attribute('gen_ai.usage.audio.input_tokens'),
    attribute('llm.token_count.prompt_details.audio'),
    attribute('langsmith.usage_metadata', { path: ['input_token_details', 'audio'] }),
    attribute('langfuse.observation.usage_details', { path: ['input_audio_tokens'] }),
  ],
};

export const outputAudioTokensField: Field = {
  type: 'tokens',
  sources: [
    attribute('gen_ai.usage.audio.output_tokens'),
    attribute('llm.token_count.completion_details.audio'),
    attribute('langsmith.usage_metadata', { path: ['output_token_details', 'audio'] }),
    attribute('langfuse.observation.usage_details', { path: ['output_audio_tokens'] }),
  ],
};

/** What the sender says it cost. Kept apart from what we compute. */
export const reportedCostField: Field = {
  type: 'dollars',
  sources: [
    attribute('gen_ai.usage.cost'),
    attribute('llm.cost.total'),
    attribute('langfuse.observation.cost_details', { path: ['total'] }),
    attribute('operation.cost'),
    ...fromCodingAgents('cost_usd'),
    ...fromCodingAgents('cost_usd_micros', { scale: 1e-6 }),
  ],
};
