import {
  besideCache,
  fromCodingAgents,
  genkitCall,
  openInferenceBedrock,
  openInferenceCall,
  voltAgentRun,
} from './model-table.ts';
import { attribute, type Field, type Guard, type Source } from './source.ts';

const cache = ['cache_read_tokens', 'cache_write_tokens'] as const;
const reasoning = ['reasoning_tokens'] as const;

/**
 * What the provider itself reported, as AI SDK passes it on. Until v5 its own counts are the provider's as they are, so that Anthropic's leave out cached tokens
 * and Gemini's thoughts; only this says so in every version.
 */
const reportedTo = (path: readonly string[], more: Pick<Source, 'excludes'> = {}): Source =>
  attribute('ai.response.providerMetadata', { path, when: aiSdkCall, ...more });

/** Of the spans that AI SDK makes, those of one call: the span around them has the metadata of the last. */
const aiSdkCall: readonly Guard[] = [{ attribute: 'gen_ai.system', present: true }];

/** v4 had nothing of Anthropic's usage but its own counts and the two of the cache. */
const anthropicByAiSdk: readonly Guard[] = [
  ...aiSdkCall,
  { attribute: 'ai.model.provider', startsWith: 'anthropic' },
];

/** LangSmith's exporters name it differently: in JavaScript and in Python. */
const fromLangSmith = (path: readonly string[]): readonly Source[] =>
  ['langsmith.usage_metadata', 'langsmith.metadata.usage_metadata'].map((name) => attribute(name, { path }));

/** Google ADK before 2.3 counts as Gemini's API does: thoughts beside the answer. */
const adkThoughts: readonly Guard[] = [
  { attribute: 'gen_ai.usage.experimental.reasoning_tokens', present: true },
];

/** Logfire adds up what came in and keeps the parts as the provider told them. */
const fromLogfire = (...paths: readonly (readonly string[])[]): readonly Source[] =>
  paths.map((path) => attribute('gen_ai.usage.raw', { path }));

/** Genkit keeps what the plugin and the provider tell in the action's output. */
const fromGenkit = (key: string, more: Omit<Source, 'name' | 'after'> = {}): Source =>
  attribute('genkit:output', { after: `"${key}":`, when: genkitCall, ...more });
const genkitPlugin = (startsWith: string): readonly Guard[] => [
  ...genkitCall,
  { attribute: 'genkit:name', startsWith },
];

/** Google ADK for JavaScript leaves out what was cached and thought, and has it in the answer. */
const fromAdkAnswer = (key: string, more: Pick<Source, 'excludes'> = {}): Source =>
  attribute('gcp.vertex.agent.llm_response', { after: `"${key}":`, ...more });

/** VoltAgent's span of a call goes around all calls of a loop and has the usage of the last; the agent has that of all. */
const notOfVoltAgent: readonly Guard[] = [{ attribute: 'entity.type', present: false }];

/** As the systems that Sightline replaces write them: `llm.prompt_tokens`, `llm.tokens.prompt`. */
const ofReplacedSystems = (...kinds: readonly string[]): readonly Source[] =>
  kinds.flatMap((kind) => [attribute(`llm.${kind}_tokens`), attribute(`llm.tokens.${kind}`)]);

/** LiteLLM's callback has the parts of what was used in Python's notation only. */
const fromLiteLlm = (key: string): Source => attribute('metadata.usage_object', { after: `'${key}':` });

/** All input, cached or not, as OpenTelemetry and OpenAI count. Sources that leave the cached part out say so. */
export const inputTokensField: Field = {
  type: 'tokens',
  contains: cache,
  sources: [
    reportedTo(['anthropic', 'usage', 'input_tokens'], { excludes: cache }),
    attribute('ai.usage.promptTokens', { excludes: cache, when: anthropicByAiSdk }),
    ...besideCache.map((when) => attribute('gen_ai.usage.input_tokens', { excludes: cache, when })),
    attribute('gen_ai.usage.input_tokens'),
    attribute('gen_ai.usage.prompt_tokens'),
    attribute('llm.token_count.prompt', { excludes: cache, when: openInferenceBedrock }),
    attribute('llm.token_count.prompt'),
    attribute('llm.usage.prompt_tokens', { when: notOfVoltAgent }),
    ...ofReplacedSystems('prompt', 'input'),
    attribute('usage.prompt_tokens', { when: voltAgentRun }),
    fromGenkit('inputTokens', { excludes: cache, when: genkitPlugin('anthropic/') }),
    fromGenkit('inputTokens'),
    attribute('ai.usage.inputTokens'),
    attribute('ai.usage.promptTokens'),
    attribute('ai.usage.tokens'),
    ...fromLangSmith(['input_tokens']),
    attribute('langfuse.observation.usage_details', { path: ['input'], excludes: cache }),
    attribute('langfuse.observation.usage_details', { path: ['prompt_tokens'] }),
    attribute('langfuse.observation.usage_details', { path: ['input_tokens'] }),
    attribute('mlflow.chat.tokenUsage', { path: ['input_tokens'] }),
    // Claude Code counts as Anthropic's API does: new, cache-read and cache-write tokens are three numbers.
    ...fromCodingAgents('input_tokens', { excludes: cache }),
    attribute('langwatch.metrics', { path: ['value', 'promptTokens'] }),
    attribute('input_token_count'),
    attribute('codex.turn.token_usage.input_tokens'),
  ],
};

/** All output, reasoning included. */
export const outputTokensField: Field = {
  type: 'tokens',
  contains: reasoning,
  sources: [
    reportedTo(['google', 'usageMetadata', 'candidatesTokenCount'], { excludes: reasoning }),
    attribute('gen_ai.usage.output_tokens', { excludes: reasoning, when: adkThoughts }),
    fromAdkAnswer('candidatesTokenCount', { excludes: reasoning }),
    attribute('gen_ai.usage.output_tokens'),
    attribute('gen_ai.usage.completion_tokens'),
    attribute('llm.token_count.completion'),
    attribute('llm.usage.completion_tokens', { when: notOfVoltAgent }),
    ...ofReplacedSystems('completion', 'output'),
    attribute('usage.completion_tokens', { when: voltAgentRun }),
    fromGenkit('outputTokens', { excludes: reasoning, when: genkitPlugin('googleai/') }),
    fromGenkit('outputTokens', { excludes: reasoning, when: genkitPlugin('vertexai/') }),
    fromGenkit('outputTokens'),
    attribute('ai.usage.outputTokens'),
    attribute('ai.usage.completionTokens'),
    ...fromLangSmith(['output_tokens']),
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
    attribute('langwatch.metrics', { path: ['value', 'completionTokens'] }),
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
    attribute('gen_ai.usage.input_cached_tokens'),
    attribute('llm.token_count.prompt_details.cache_read'),
    attribute('ai.usage.inputTokenDetails.cacheReadTokens'),
    attribute('ai.usage.cachedInputTokens'),
    reportedTo(['anthropic', 'usage', 'cache_read_input_tokens']),
    reportedTo(['anthropic', 'cacheReadInputTokens']),
    reportedTo(['openai', 'cachedPromptTokens']),
    reportedTo(['google', 'usageMetadata', 'cachedContentTokenCount']),
    fromAdkAnswer('cachedContentTokenCount'),
    ...['cachedContentTokens', 'cached_tokens', 'cache_read_input_tokens'].map((key) => fromGenkit(key)),
    attribute('output.value', { after: '"cacheReadInputTokens":', when: openInferenceBedrock }),
    attribute('usage.cached_tokens', { when: voltAgentRun }),
    attribute('gen_ai.usage.details.cache_read_tokens'),
    attribute('gen_ai.usage.details.cached_tokens'),
    attribute('gen_ai.usage.details.cache_read_input_tokens'),
    attribute('gen_ai.usage.details.cached_content_tokens'),
    attribute('gen_ai.usage.input_token_details', { path: ['cache_read'] }),
    ...fromLogfire(
      ['cache_read_input_tokens'],
      ['prompt_tokens_details', 'cached_tokens'],
      ['input_tokens_details', 'cached_tokens'],
    ),
    ...fromLangSmith(['input_token_details', 'cache_read']),
    attribute('langfuse.observation.usage_details', { path: ['input_cached_tokens'] }),
    attribute('langfuse.observation.usage_details', { path: ['cache_read_input_tokens'] }),
    attribute('langfuse.observation.usage_details', { path: ['input_cache_read'] }),
    attribute('langfuse.observation.usage_details', { path: ['prompt_tokens_details', 'cached_tokens'] }),
    attribute('langfuse.observation.usage_details', { path: ['input_tokens_details', 'cached_tokens'] }),
    attribute('mlflow.chat.tokenUsage', { path: ['cache_read_input_tokens'] }),
    ...fromCodingAgents('cache_read_tokens'),
    fromLiteLlm('cached_tokens'),
    ...ofReplacedSystems('cached', 'cache_read'),
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
    // Strands until 1.53.
    attribute('gen_ai.usage.cache_write_input_tokens'),
    attribute('gen_ai.usage.input_tokens.cache_write'),
    attribute('llm.token_count.prompt_details.cache_write'),
    attribute('ai.usage.inputTokenDetails.cacheWriteTokens'),
    reportedTo(['anthropic', 'usage', 'cache_creation_input_tokens']),
    reportedTo(['anthropic', 'cacheCreationInputTokens']),
    fromGenkit('cache_creation_input_tokens'),
    attribute('output.value', { after: '"cacheWriteInputTokens":', when: openInferenceBedrock }),
    // LangChain's answers of Claude.
    attribute('output.value', { after: '"cache_creation_input_tokens":', when: openInferenceCall }),
    attribute('gen_ai.usage.details.cache_write_tokens'),
    attribute('gen_ai.usage.details.cache_creation_input_tokens'),
    ...fromLogfire(['cache_creation_input_tokens']),
    // LangChain says 0 here where it tells writes by how long they are kept; five minutes is what is not said otherwise.
    attribute('gen_ai.usage.input_token_details', { path: ['ephemeral_5m_input_tokens'] }),
    attribute('gen_ai.usage.input_token_details', { path: ['cache_creation'] }),
    ...fromLangSmith(['input_token_details', 'ephemeral_5m_input_tokens']),
    ...fromLangSmith(['input_token_details', 'cache_creation']),
    attribute('langfuse.observation.usage_details', { path: ['cache_creation_input_tokens'] }),
    attribute('langfuse.observation.usage_details', { path: ['input_ephemeral_5m_input_tokens'] }),
    attribute('langfuse.observation.usage_details', { path: ['input_cache_creation'] }),
    attribute('mlflow.chat.tokenUsage', { path: ['cache_creation_input_tokens'] }),
    ...fromCodingAgents('cache_creation_tokens'),
    fromLiteLlm('cache_creation_input_tokens'),
    ...ofReplacedSystems('cache_write', 'cache_creation'),
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
    reportedTo(['openai', 'reasoningTokens']),
    reportedTo(['google', 'usageMetadata', 'thoughtsTokenCount']),
    fromAdkAnswer('thoughtsTokenCount'),
    ...['thoughtsTokens', 'reasoning_tokens'].map((key) => fromGenkit(key)),
    attribute('usage.reasoning_tokens', { when: voltAgentRun }),
    attribute('gen_ai.usage.experimental.reasoning_tokens'),
    attribute('gen_ai.usage.output_token_details', { path: ['reasoning'] }),
    attribute('gen_ai.usage.details.reasoning_tokens'),
    attribute('gen_ai.usage.details.thoughts_tokens'),
    attribute('gen_ai.usage.details.thinking_tokens'),
    attribute('codex.usage.reasoning_output_tokens'),
    ...fromLogfire(
      ['completion_tokens_details', 'reasoning_tokens'],
      ['output_tokens_details', 'reasoning_tokens'],
    ),
    ...fromLangSmith(['output_token_details', 'reasoning']),
    attribute('langfuse.observation.usage_details', { path: ['output_reasoning_tokens'] }),
    attribute('langfuse.observation.usage_details', { path: ['output_reasoning'] }),
    attribute('langfuse.observation.usage_details', {
      path: ['completion_tokens_details', 'reasoning_tokens'],
    }),
    attribute('langfuse.observation.usage_details', { path: ['output_tokens_details', 'reasoning_tokens'] }),
    fromLiteLlm('reasoning_tokens'),
    ...ofReplacedSystems('reasoning'),
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
    // Pydantic AI.
    attribute('gen_ai.usage.details.ephemeral_1h_input_tokens'),
    fromLiteLlm('ephemeral_1h_input_tokens'),
    reportedTo(['anthropic', 'usage', 'cache_creation', 'ephemeral_1h_input_tokens']),
    // Mastra.
    attribute('gen_ai.usage.cache_creation.1h_input_tokens'),
    fromGenkit('ephemeral_1h_input_tokens'),
    attribute('output.value', { after: '"ephemeral_1h_input_tokens":', when: openInferenceCall }),
    ...fromLogfire(['cache_creation', 'ephemeral_1h_input_tokens']),
    ...fromCodingAgents('cache_creation_1h_tokens'),
  ],
};

export const inputAudioTokensField: Field = {
  type: 'tokens',
  sources: [
    attribute('gen_ai.usage.audio.input_tokens'),
    attribute('gen_ai.usage.input_audio_tokens'),
    attribute('gen_ai.usage.audio_input_tokens'),
    attribute('gen_ai.usage.details.input_audio_tokens'),
    attribute('gen_ai.usage.input_token_details', { path: ['audio'] }),
    attribute('llm.token_count.prompt_details.audio'),
    ...fromLangSmith(['input_token_details', 'audio']),
    attribute('langfuse.observation.usage_details', { path: ['input_audio_tokens'] }),
    attribute('langfuse.observation.usage_details', { path: ['input_audio'] }),
    attribute('langfuse.observation.usage_details', { path: ['prompt_tokens_details', 'audio_tokens'] }),
  ],
};

export const outputAudioTokensField: Field = {
  type: 'tokens',
  sources: [
    attribute('gen_ai.usage.audio.output_tokens'),
    attribute('gen_ai.usage.output_audio_tokens'),
    attribute('gen_ai.usage.audio_output_tokens'),
    attribute('gen_ai.usage.details.output_audio_tokens'),
    attribute('gen_ai.usage.output_token_details', { path: ['audio'] }),
    attribute('llm.token_count.completion_details.audio'),
    ...fromLangSmith(['output_token_details', 'audio']),
    attribute('langfuse.observation.usage_details', { path: ['output_audio_tokens'] }),
    attribute('langfuse.observation.usage_details', { path: ['output_audio'] }),
    attribute('langfuse.observation.usage_details', { path: ['completion_tokens_details', 'audio_tokens'] }),
  ],
};

/**
 * A cost that is more than nothing. Whoever knows no price of a model says that it cost 0 (OpenLIT does), which would make what is unknown free; who pays nothing
 * says so with a price of his own.
 */
const costAboveZero = (name: string): Source =>
  attribute(name, {
    when: [{ attribute: name, startsWith: ['0.', '1', '2', '3', '4', '5', '6', '7', '8', '9'] }],
  });

/** What the sender says it cost. Kept apart from what we compute. */
export const reportedCostField: Field = {
  type: 'dollars',
  sources: [
    costAboveZero('gen_ai.usage.cost'),
    costAboveZero('llm.cost.total'),
    // LiteLLM.
    costAboveZero('gen_ai.cost.total_cost'),
    attribute('langfuse.observation.cost_details', { path: ['total'] }),
    costAboveZero('operation.cost'),
    costAboveZero('llm.cost'),
    costAboveZero('llm.cost_usd'),
    attribute('mlflow.llm.cost', { path: ['total_cost'] }),
    attribute('langwatch.metrics', { path: ['value', 'cost'] }),
    reportedTo(['gateway', 'cost']),
    reportedTo(['openrouter', 'usage', 'cost']),
    ...fromCodingAgents('cost_usd'),
    ...fromCodingAgents('cost_usd_micros', { scale: 1e-6 }),
  ],
};

/** A map of dollars, whose sum is what a call cost where nobody says it whole. */
export const costPartsField: Field = {
  type: 'text',
  sources: [attribute('langfuse.observation.cost_details')],
};
