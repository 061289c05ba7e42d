import { attribute, type Field, type Guard, type Source } from './source.ts';

/** Names without a prefix mean something only on what a coding agent sent. */
const claudeCodeSpan: readonly Guard[] = [{ attribute: 'span.type', present: true }];
const codingAgentEvent: readonly Guard[] = [{ attribute: 'event.name', present: true }];

/** The same unprefixed attribute on Claude Code's spans and on the events of all coding agents. */
export function fromCodingAgents(name: string, more: Omit<Source, 'name' | 'when'> = {}): readonly Source[] {
  return [
    attribute(name, { ...more, when: claudeCodeSpan }),
    attribute(name, { ...more, when: codingAgentEvent }),
  ];
}

/** A span of Codex CLI, which says so only by the Rust module it comes from. */
export const codexSpan: readonly Guard[] = [{ attribute: 'target', startsWith: 'codex_' }];
const codexTurn: readonly Guard[] = [{ attribute: 'codex.turn.token_usage.total_tokens', present: true }];

/** VoltAgent's agents and workflows. */
export const voltAgentRun: readonly Guard[] = [{ attribute: 'voltagent.operation_id', present: true }];

/** A call of a model by Genkit, and one to embed; their name is the plugin's and the model's. */
export const genkitCall: readonly Guard[] = [
  { attribute: 'genkit:metadata:subtype', equals: ['model', 'background-model'] },
];
const genkitModel: readonly Guard[] = [
  { attribute: 'genkit:metadata:subtype', equals: ['model', 'background-model', 'embedder'] },
];
const genkitPlugins = ['googleai', 'vertexai', 'openai', 'anthropic', 'ollama', 'xai', 'deepseek', 'mistral'];

/** OpenInference over Bedrock in JavaScript. */
export const openInferenceBedrock: readonly Guard[] = [
  { attribute: 'llm.provider', equals: ['aws'] },
  { attribute: 'openinference.span.kind', equals: ['llm'] },
];

export const openInferenceCall: readonly Guard[] = [
  { attribute: 'openinference.span.kind', equals: ['llm'] },
];

/** Strands Agents names itself as the provider; whose models they are is known of those that Bedrock and Anthropic serve. */
const bedrockModels = ['anthropic.', 'amazon.', 'us.', 'eu.', 'apac.', 'jp.', 'au.', 'global.'];
const byStrands = (startsWith: readonly string[]): readonly (readonly Guard[])[] =>
  ['gen_ai.system', 'gen_ai.provider.name'].map((attribute) => [
    { attribute, equals: ['strands-agents'] },
    { attribute: 'gen_ai.request.model', startsWith },
  ]);
/** Their providers count cached tokens beside the input. Strands passed that on until 1.53; since then it adds them up, and writes the cache down by OpenTelemetry's names. */
const strandsBesideCache = byStrands([...bedrockModels, 'claude']).map((when) => [
  ...when,
  { attribute: 'gen_ai.usage.cache_read.input_tokens', present: false },
  { attribute: 'gen_ai.usage.cache_creation.input_tokens', present: false },
]);

/** As Bedrock counts, too: OpenTelemetry's instrumentations of AWS clients, and OpenLLMetry's, which cuts the maker off the name of the model. */
const bedrockBesideCache: readonly (readonly Guard[])[] = [
  [
    { attribute: 'gen_ai.system', equals: ['aws.bedrock'] },
    { attribute: 'rpc.system', equals: ['aws-api'] },
  ],
  [
    { attribute: 'gen_ai.provider.name', equals: ['aws.bedrock'] },
    { attribute: 'gen_ai.request.model', startsWith: ['claude', 'nova'] },
  ],
];

/** So does OpenLLMetry for JavaScript of Claude; for Python it adds them up, and has the id of the answer. */
const claudeBesideCache: readonly Guard[] = [
  { attribute: 'gen_ai.provider.name', equals: ['anthropic'] },
  { attribute: 'gen_ai.usage.cache_creation.input_tokens', present: true },
  { attribute: 'gen_ai.usage.total_tokens', present: true },
  { attribute: 'gen_ai.response.id', present: false },
];

/** Where `gen_ai.usage.input_tokens` leaves out what came from the cache and went into it. */
export const besideCache: readonly (readonly Guard[])[] = [
  ...strandsBesideCache,
  ...bedrockBesideCache,
  claudeBesideCache,
];

export const providerField: Field = {
  type: 'provider',
  sources: [
    ...byStrands(bedrockModels).map((when) =>
      attribute('gen_ai.request.model', { map: { '*': 'aws.bedrock' }, when }),
    ),
    // So does Google ADK, whose models are mostly Google's.
    attribute('gen_ai.request.model', {
      map: { '*': 'gcp.gemini' },
      when: [
        { attribute: 'gen_ai.system', equals: ['gcp.vertex.agent'] },
        { attribute: 'gen_ai.request.model', startsWith: ['gemini', 'gemma'] },
      ],
    }),
    attribute('gen_ai.provider.name'),
    attribute('gen_ai.system'),
    attribute('llm.provider'),
    attribute('llm.system'),
    attribute('ai.model.provider'),
    attribute('langsmith.metadata.ls_provider'),
    attribute('metadata', { path: ['ls_provider'] }),
    attribute('langfuse.observation.metadata.ls_provider', { quoted: true }),
    attribute('mlflow.llm.provider', { quoted: true }),
    attribute('genkit:name', { afterPrefix: '', until: '/', when: genkitModel }),
    // Codex and Gemini CLI talk to one provider and do not name it.
    attribute('gen_ai.agent.name', { map: { 'gemini-cli': 'gcp.gemini' } }),
    attribute('codex.usage.total_tokens', { map: { '*': 'openai' } }),
    attribute('codex.turn.token_usage.total_tokens', { map: { '*': 'openai' } }),
    attribute('event.name', {
      map: { 'codex.sse_event': 'openai', 'gemini_cli.api_response': 'gcp.gemini' },
    }),
    attribute('event.name', { map: { api_request: 'anthropic', api_error: 'anthropic' } }),
  ],
};

export const requestModelField: Field = {
  type: 'text',
  sources: [
    attribute('gen_ai.request.model'),
    attribute('llm.request.model_name'),
    // It takes the maker in the name of an inference profile for the model.
    attribute('input.value', { afterPrefix: '{"modelId":"', until: '"', when: openInferenceBedrock }),
    attribute('llm.model_name'),
    attribute('llm.request.model'),
    attribute('embedding.model_name'),
    attribute('reranker.model_name'),
    attribute('ai.model.id'),
    attribute('langfuse.observation.model.name'),
    attribute('langsmith.metadata.ls_model_name'),
    // A call that failed has no answer to name the model, only what was asked for.
    attribute('llm.invocation_parameters', { path: ['model'] }),
    attribute('mlflow.llm.model', { quoted: true }),
    // Of a call that failed, MLflow has only what was asked for.
    attribute('model', { quoted: true, when: [{ attribute: 'mlflow.spanType', present: true }] }),
    ...genkitPlugins.map((plugin) =>
      attribute('genkit:name', { afterPrefix: `${plugin}/`, when: genkitModel }),
    ),
    attribute('genkit:name', { when: genkitModel }),
    attribute('ai.model.name', { when: voltAgentRun }),
    attribute('llm.model'),
    attribute('workflow.model'),
    ...fromCodingAgents('model'),
    attribute('model', { when: codexTurn }),
  ],
};

export const responseModelField: Field = {
  type: 'text',
  sources: [
    attribute('gen_ai.response.model'),
    attribute('llm.response.model_name'),
    attribute('ai.response.model'),
  ],
};

export const responseIdField: Field = {
  type: 'text',
  sources: [
    attribute('gen_ai.response.id'),
    attribute('ai.response.id'),
    attribute('llm.response.id'),
    // OpenInference keeps the provider's answer as it came, and its id stands first.
    ...['{"id":"', '{"id": "'].map((afterPrefix) =>
      attribute('output.value', { afterPrefix, until: '"', when: openInferenceCall }),
    ),
    ...fromCodingAgents('request_id'),
  ],
};

export const serviceTierField: Field = {
  type: 'text',
  sources: [
    attribute('openai.response.service_tier'),
    attribute('gen_ai.openai.response.service_tier'),
    attribute('gen_ai.response.service_tier'),
    attribute('openai.request.service_tier'),
    attribute('gen_ai.openai.request.service_tier'),
    attribute('anthropic.response.service_tier'),
    attribute('ai.response.providerMetadata', { path: ['openai', 'serviceTier'] }),
    attribute('ai.response.providerMetadata', { path: ['anthropic', 'usage', 'service_tier'] }),
    // OpenInference keeps the provider's answer as it came, which says how it was served, and not what was asked for.
    attribute('output.value', { after: '"service_tier":', quoted: true, when: openInferenceCall }),
    attribute('langfuse.observation.model.parameters', { path: ['service_tier'] }),
    attribute('llm.invocation_parameters', { path: ['service_tier'] }),
  ],
};
