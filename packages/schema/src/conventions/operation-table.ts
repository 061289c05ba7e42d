import type { OperationKind } from '../api/traces.ts';
import { codexSpan, voltAgentRun } from './model-table.ts';
import { notAStep } from './named-operations.ts';
import { attribute, type Field, type Guard, type Source } from './source.ts';

type Kinds = Readonly<Record<string, OperationKind>>;

/** LangSmith's run types. They win over its own `gen_ai.operation.name`, which calls a retriever `embeddings`. */
const langsmithKinds: Kinds = {
  llm: 'llm',
  chain: 'step',
  tool: 'tool',
  retriever: 'retrieval',
  embedding: 'embedding',
  prompt: 'prompt',
  parser: 'step',
};

/** `gen_ai.operation.name` of all generations, and what AI SDK, Gemini CLI and OpenLLMetry add to it. */
const genAiOperations: Kinds = {
  chat: 'llm',
  generate_content: 'llm',
  text_completion: 'llm',
  completion: 'llm',
  responses: 'llm',
  fetch_response: 'llm',
  llm_call: 'llm',
  embeddings: 'embedding',
  embedding: 'embedding',
  retrieval: 'retrieval',
  rerank: 'rerank',
  execute_tool: 'tool',
  tool_call: 'tool',
  create_agent: 'agent',
  invoke_agent: 'agent',
  agent_call: 'agent',
  invoke_workflow: 'workflow',
  plan: 'step',
  agent_step: 'step',
  // Strands.
  execute_event_loop_cycle: 'step',
  schedule_tool_calls: 'step',
  // Google ADK's graphs.
  execute_node: 'step',
  // Mastra's spans that are none of these.
  model_generation: 'step',
  workflow_step: 'step',
  workflow_conditional: 'step',
  workflow_conditional_eval: 'step',
  workflow_parallel: 'step',
  workflow_loop: 'step',
  workflow_sleep: 'step',
  workflow_wait_event: 'step',
  processor_run: 'step',
  workspace_action: 'step',
  skill_action: 'step',
  mapping: 'step',
  rag_ingestion: 'step',
  rag_action: 'step',
  rag_vector_operation: 'step',
  memory_operation: 'memory',
  client_tool_call: 'tool',
  scorer_run: 'evaluator',
  classifier_evaluation: 'evaluator',
  handoff: 'step',
  // OpenTelemetry's instrumentation of OpenAI Agents: turns, and what is handed over.
  unknown: 'step',
  agent_handoff: 'step',
  user_prompt: 'prompt',
  system_prompt: 'prompt',
  'guardrail.run': 'guardrail',
  guard: 'guardrail',
  guardrail: 'guardrail',
  evaluate: 'evaluator',
  create_memory_store: 'memory',
  delete_memory_store: 'memory',
  create_memory: 'memory',
  search_memory: 'memory',
  update_memory: 'memory',
  upsert_memory: 'memory',
  delete_memory: 'memory',
};

const openInferenceKinds: Kinds = {
  llm: 'llm',
  embedding: 'embedding',
  chain: 'step',
  retriever: 'retrieval',
  reranker: 'rerank',
  tool: 'tool',
  agent: 'agent',
  guardrail: 'guardrail',
  evaluator: 'evaluator',
  prompt: 'prompt',
};

const traceloopKinds: Kinds = {
  workflow: 'workflow',
  session: 'workflow',
  task: 'step',
  agent: 'agent',
  tool: 'tool',
  handoff: 'step',
};

const langfuseTypes: Kinds = {
  generation: 'llm',
  embedding: 'embedding',
  agent: 'agent',
  tool: 'tool',
  chain: 'step',
  retriever: 'retrieval',
  evaluator: 'evaluator',
  guardrail: 'guardrail',
  span: 'step',
};

/** Only `…doGenerate`, `…doStream` and `…doEmbed` call a model; the spans around them sum up. */
const aiSdkOperations: Kinds = {
  'ai.generatetext.dogenerate': 'llm',
  'ai.streamtext.dostream': 'llm',
  'ai.generateobject.dogenerate': 'llm',
  'ai.streamobject.dostream': 'llm',
  'ai.embed.doembed': 'embedding',
  'ai.embedmany.doembed': 'embedding',
  'ai.rerank.dorerank': 'rerank',
  'ai.toolcall': 'tool',
  'ai.generatetext': 'agent',
  'ai.streamtext': 'agent',
  'ai.generateobject': 'agent',
  'ai.streamobject': 'agent',
  'ai.embed': 'step',
  'ai.embedmany': 'step',
  'ai.rerank': 'step',
};

const sentryOperations: Kinds = {
  'gen_ai.chat': 'llm',
  'gen_ai.completion': 'llm',
  'gen_ai.generate_content': 'llm',
  'gen_ai.generate_text': 'llm',
  'gen_ai.stream_text': 'llm',
  'gen_ai.generate_object': 'llm',
  'gen_ai.stream_object': 'llm',
  'gen_ai.responses': 'llm',
  'gen_ai.messages': 'llm',
  'gen_ai.request': 'llm',
  'gen_ai.embeddings': 'embedding',
  'gen_ai.embed': 'embedding',
  'gen_ai.embed_many': 'embedding',
  'gen_ai.rerank': 'rerank',
  'gen_ai.invoke_agent': 'agent',
  'gen_ai.create_agent': 'agent',
  'gen_ai.execute_tool': 'tool',
  'gen_ai.handoff': 'step',
  'mcp.server': 'mcp',
};

/** What Genkit's actions are; `util` and the like are the type of what is none. */
const genkitActions: Kinds = {
  model: 'llm',
  'background-model': 'llm',
  tool: 'tool',
  'tool.v2': 'tool',
  flow: 'workflow',
  agent: 'agent',
  embedder: 'embedding',
  retriever: 'retrieval',
  reranker: 'rerank',
  evaluator: 'evaluator',
  prompt: 'prompt',
  'executable-prompt': 'prompt',
  indexer: 'step',
  resource: 'step',
};
const genkitTypes: Kinds = { util: 'step', flowstep: 'step', prompttemplate: 'prompt', dotprompt: 'prompt' };

const langwatchTypes: Kinds = {
  llm: 'llm',
  agent: 'agent',
  tool: 'tool',
  rag: 'retrieval',
  chain: 'step',
  span: 'step',
  task: 'step',
  component: 'step',
  module: 'step',
  workflow: 'workflow',
  guardrail: 'guardrail',
  evaluation: 'evaluator',
};

const voltAgentTypes: Kinds = {
  llm: 'llm',
  tool: 'tool',
  agent: 'agent',
  memory: 'memory',
  retriever: 'retrieval',
  embedding: 'embedding',
  guardrail: 'guardrail',
  scorer: 'evaluator',
  'workflow-step': 'step',
};

/** MLflow writes every attribute as JSON, strings too. */
const mlflowTypes: Kinds = {
  llm: 'llm',
  chat_model: 'llm',
  embedding: 'embedding',
  retriever: 'retrieval',
  reranker: 'rerank',
  tool: 'tool',
  agent: 'agent',
  workflow: 'workflow',
  chain: 'step',
  parser: 'step',
  task: 'step',
  memory: 'memory',
  guardrail: 'guardrail',
  evaluator: 'evaluator',
};

const claudeCodeTypes: Kinds = {
  interaction: 'agent',
  llm_request: 'llm',
  tool: 'tool',
  'tool.execution': 'step',
  'tool.blocked_on_user': 'step',
  hook: 'step',
  'claude_code.interaction': 'agent',
  'claude_code.llm_request': 'llm',
  'claude_code.tool': 'tool',
  'claude_code.tool.execution': 'step',
  'claude_code.tool.blocked_on_user': 'step',
  'claude_code.hook': 'step',
};

/** OpenLLMetry's MCP client says it in the name only. */
const mcpNames: Kinds = Object.fromEntries(
  [
    'initialize',
    'ping',
    'tools/list',
    'resources/list',
    'resources/read',
    'resources/templates/list',
    'prompts/list',
    'prompts/get',
    'completion/complete',
  ].map((method) => [`${method}.mcp`, 'mcp']),
);

/** OpenLLMetry before the GenAI conventions. */
const llmRequestTypes: Kinds = { chat: 'llm', completion: 'llm', embedding: 'embedding', rerank: 'rerank' };

/** OpenInference calls the agents of LlamaIndex chains. */
export const openInferenceStep: readonly Guard[] = [
  { attribute: 'openinference.span.kind', equals: ['chain'] },
];
const notNamedAgent: readonly Guard[] = ['agent.name', 'graph.node.id'].map((name) => ({
  attribute: name,
  present: false,
}));
/** By the names of their spans, what they are called. */
export const llamaIndexAgents: Readonly<Record<string, string>> = {
  'functionagent.run': 'FunctionAgent',
  'reactagent.run': 'ReActAgent',
  'codeactagent.run': 'CodeActAgent',
  'agentworkflow.run': 'AgentWorkflow',
};

/** OpenLLMetry's spans of LlamaIndex retrievers are tasks: those of the library itself, by name. */
const llamaIndexRetrievers: Kinds = Object.fromEntries(
  [
    'VectorIndexRetriever',
    'VectorIndexAutoRetriever',
    'BM25Retriever',
    'QueryFusionRetriever',
    'AutoMergingRetriever',
    'RouterRetriever',
    'RecursiveRetriever',
    'SummaryIndexRetriever',
    'DocumentSummaryIndexLLMRetriever',
    'KeywordTableSimpleRetriever',
    'PGRetriever',
  ].flatMap((name) =>
    ['task', 'workflow'].map((kind) => [`${name}.${kind}`.toLowerCase(), 'retrieval' as const]),
  ),
);

/** The same in JavaScript, which name the class and the method. */
const llamaIndexTasks: Kinds = {
  'vector_index_retriever.retrieve': 'retrieval',
  'summary_index_retriever.retrieve': 'retrieval',
  'keyword_table_simple_retriever.retrieve': 'retrieval',
  'bm25_retriever.retrieve': 'retrieval',
  'base_embedding.get_query_embedding': 'embedding',
};

const traceloopTask: readonly Guard[] = [{ attribute: 'traceloop.span.kind', equals: ['task'] }];
const crewAi: readonly Guard[] = [{ attribute: 'gen_ai.provider.name', equals: ['crewai'] }];

/** Logfire's spans of OpenAI Agents say what they are by the template of their message only. */
const logfireTemplates: Kinds = {
  'openai agents trace: {name}': 'workflow',
  'agent run: {name!r}': 'agent',
  'function: {name}': 'tool',
  'handoff: {from_agent} → {to_agent}': 'step',
  'guardrail {name!r} {triggered=}': 'guardrail',
  'mcp: list tools from server {server}': 'mcp',
  'custom span: {name}': 'step',
};
const logfireSpan: readonly Guard[] = [{ attribute: 'logfire.msg_template', present: true }];

const any = (kind: OperationKind): Kinds => ({ '*': kind });

/** How the ids of Bedrock's models that embed begin, by themselves and by region. */
const bedrockEmbeddings: readonly string[] = ['', 'us.', 'eu.', 'apac.', 'global.'].flatMap((region) =>
  ['amazon.titan-embed', 'amazon.nova-2-multimodal-embed', 'cohere.embed', 'twelvelabs.marengo-embed'].map(
    (model) => region + model,
  ),
);
/** Of models that can do nothing else. */
const embeddingModels: readonly string[] = [
  ...bedrockEmbeddings,
  'text-embedding-',
  'text-multilingual-embedding-',
  'gemini-embedding-',
  'embed-english-',
  'embed-multilingual-',
  'embed-v4',
  'voyage-',
  'mistral-embed',
  'codestral-embed',
  'nomic-embed-',
  'mxbai-embed-',
  'jina-embeddings-',
];

/** Says what the span is. */
const declared: readonly Source[] = [
  attribute('sightline.operation', {
    map: {
      ...openInferenceKinds,
      ...genAiOperations,
      workflow: 'workflow',
      step: 'step',
      mcp: 'mcp',
      memory: 'memory',
    },
  }),
  // Google ADK's span for what several tools gave back at once is no tool.
  attribute('gen_ai.tool.name', { map: { '(merged tools)': 'step' } }),
  attribute('langsmith.span.kind', { map: langsmithKinds }),
  // OpenInference calls a tool what hands the work of an OpenAI agent over to another: nothing was called.
  attribute('', {
    from: 'name',
    afterPrefix: 'handoff to ',
    map: any('step'),
    when: [{ attribute: 'openinference.span.kind', equals: ['tool'] }],
  }),
  // OpenLLMetry calls all that CrewAI does an agent's work.
  attribute('traceloop.span.kind', { map: { task: 'step' }, when: crewAi }),
  attribute('crewai.crew.id', { map: any('workflow'), when: crewAi }),
  // OpenTelemetry's instrumentation of botocore calls all that Bedrock's models do a completion.
  ...['gen_ai.system', 'gen_ai.provider.name'].map((provider) =>
    attribute('gen_ai.request.model', {
      map: any('embedding'),
      when: [
        { attribute: provider, equals: ['aws.bedrock'] },
        { attribute: 'gen_ai.operation.name', equals: ['chat', 'text_completion'] },
        { attribute: 'gen_ai.request.model', startsWith: bedrockEmbeddings },
      ],
    }),
  ),
  attribute('gen_ai.operation.name', { map: genAiOperations }),
  // LlamaIndex makes the request here, and sends it in a span of its own.
  attribute('', {
    from: 'name',
    afterPrefix: '',
    until: '._prepare_chat_with_tools',
    map: any('step'),
    when: [{ attribute: 'openinference.span.kind', equals: ['llm'] }],
  }),
  attribute('', {
    from: 'name',
    map: Object.fromEntries(Object.keys(llamaIndexAgents).map((name) => [name, 'agent'])),
    when: openInferenceStep,
  }),
  // To OpenInference, Mastra calls each piece of an answer a call of a model.
  attribute('mastra.span.type', { map: { model_step: 'step', model_chunk: 'other' } }),
  // It calls the whole of a run of OpenAI Agents an agent, too: in JavaScript with what was given to it, in Python with nothing but its usual name.
  attribute('openinference.span.kind', {
    map: { agent: 'workflow' },
    when: [...notNamedAgent, { attribute: 'llm.system', equals: ['openai'] }],
  }),
  attribute('', {
    from: 'name',
    map: { 'agent workflow': 'workflow' },
    when: [...notNamedAgent, { attribute: 'openinference.span.kind', equals: ['agent'] }],
  }),
  attribute('openinference.span.kind', { map: openInferenceKinds }),
  attribute('tool.name', { map: any('tool'), when: traceloopTask }),
  attribute('traceloop.entity.name', { map: llamaIndexRetrievers }),
  attribute('', { from: 'name', map: llamaIndexTasks, when: traceloopTask }),
  attribute('traceloop.span.kind', { map: traceloopKinds }),
  attribute('langfuse.observation.type', { map: langfuseTypes }),
  attribute('ai.operationId', { map: aiSdkOperations }),
  attribute('span.type', { map: claudeCodeTypes, when: [{ attribute: 'session.id', present: true }] }),
  attribute('langwatch.span.type', { map: langwatchTypes }),
  attribute('genkit:metadata:subtype', { map: genkitActions }),
  attribute('genkit:type', { map: genkitTypes }),
  attribute('span.type', { map: voltAgentTypes, when: [{ attribute: 'entity.type', present: true }] }),
  attribute('entity.type', { map: { agent: 'agent', workflow: 'workflow' }, when: voltAgentRun }),
  attribute('mcp.method.name', { map: any('mcp') }),
  attribute('spring.ai.kind', { map: { chat_client: 'workflow', advisor: 'step' } }),
  attribute('sentry.op', { map: sentryOperations }),
  attribute('mlflow.spanType', { quoted: true, map: mlflowTypes }),
  attribute('llm.request.type', { map: llmRequestTypes }),
  attribute('logfire.msg_template', { map: logfireTemplates }),
  attribute('sdk_span_type', { map: { task: 'step', turn: 'step' }, when: logfireSpan }),
  attribute('', {
    from: 'name',
    map: mcpNames,
    when: [{ attribute: 'traceloop.entity.output', present: true }],
  }),
];

/** Says nothing, but has what only one kind of span has. From the most to the least telling. */
const implied: readonly Source[] = [
  // Google ADK puts an empty `llm_request` on tool spans too.
  attribute('gcp.vertex.agent.tool_call_args', { map: any('tool') }),
  attribute('gcp.vertex.agent.llm_request', { map: any('llm') }),
  // TanStack AI's span around the calls of a loop, which repeats what they used.
  attribute('tanstack.ai.iterations', { map: any('agent') }),
  // Strands in JavaScript.
  attribute('agent_loop.cycle_id', { map: any('step') }),
  attribute('gen_ai.evaluation.name', { map: any('evaluator') }),
  attribute('gen_ai.guardrail.name', { map: any('guardrail') }),
  attribute('gen_ai.tool.call.id', { map: any('tool') }),
  attribute('gen_ai.tool.call.arguments', { map: any('tool') }),
  attribute('gen_ai.tool.name', { map: any('tool') }),
  attribute('lk.function_tool.name', { map: any('tool') }),
  attribute('reranker.model_name', { map: any('rerank') }),
  attribute('embedding.model_name', { map: any('embedding') }),
  attribute('retrieval.documents.0.document.content', { map: any('retrieval') }),
  attribute('gen_ai.retrieval.query.text', { map: any('retrieval') }),
  // OpenLLMetry's vector databases: Qdrant, Chroma, Milvus, Pinecone, LanceDB.
  attribute('db.vector.query.top_k', { map: any('retrieval') }),
  attribute('db.chroma.query.n_results', { map: any('retrieval') }),
  attribute('db.milvus.search.limit', { map: any('retrieval') }),
  attribute('pinecone.query.top_k', { map: any('retrieval') }),
  attribute('db.operation', {
    map: { search: 'retrieval' },
    when: [{ attribute: 'db.system', equals: ['lancedb'] }],
  }),
  attribute('pydantic_ai.all_messages', { map: any('agent') }),
  attribute('all_messages_events', { map: any('agent') }),
  attribute('tool_source', { map: any('tool'), when: codexSpan }),
  attribute('codex.turn.token_usage.total_tokens', { map: any('agent') }),
  // Mistral's SDK says of its requests what they are in its own words only.
  attribute('mistral_ai.operation.id', { map: { embeddings_v1_embeddings_post: 'embedding' } }),
  ...['gen_ai.request.model', 'gen_ai.response.model', 'llm.model_name'].map((name) =>
    attribute(name, { map: any('embedding'), when: [{ attribute: name, startsWith: embeddingModels }] }),
  ),
  attribute('gen_ai.response.model', { map: any('llm') }),
  attribute('gen_ai.request.model', { map: any('llm') }),
  attribute('llm.model_name', { map: any('llm') }),
  attribute('codex.usage.total_tokens', { map: any('llm') }),
  ...['llm.prompt_tokens', 'llm.completion_tokens', 'llm.prompt_length', 'llm.model'].map((name) =>
    attribute(name, { map: any('llm'), when: notAStep }),
  ),
  // What a step's agent does is that agent's work.
  ...['step.id', 'step.number'].map((name) =>
    attribute('step.agent', { map: any('agent'), when: [{ attribute: name, present: true }] }),
  ),
  attribute('gen_ai.agent.name', { map: any('agent') }),
  attribute('gen_ai.workflow.name', { map: any('workflow') }),
  attribute('sightline.stage.name', { map: any('step') }),
  // LiveKit's `agent_turn` and, around all turns, `agent_session`.
  attribute('lk.generation_id', { map: any('agent') }),
  attribute('lk.session_options', { map: any('workflow') }),
];

export const operationField: Field = { type: 'text', sources: [...declared, ...implied] };

/**
 * What other conventions say, for spans that are no step of an AI system. A search client's span has `db.*` and
 * `http.*`, a queue client's `messaging.*` and `rpc.*`: the narrower word comes first.
 */
export const plainOperations: readonly { readonly name: string; readonly operation: OperationKind }[] = [
  { name: 'messaging.system', operation: 'messaging' },
  { name: 'db.system.name', operation: 'db' },
  { name: 'db.system', operation: 'db' },
  { name: 'http.request.method', operation: 'http' },
  { name: 'http.method', operation: 'http' },
  { name: 'rpc.system.name', operation: 'http' },
  { name: 'rpc.system', operation: 'http' },
];
