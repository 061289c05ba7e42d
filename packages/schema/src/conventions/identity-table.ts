import { codexSpan, fromCodingAgents } from './model-table.ts';
import { llamaIndexAgents, openInferenceStep } from './operation-table.ts';
import { attribute, type Field, type Guard } from './source.ts';

/** Logfire's span by the template of its message. */
const logfireTemplate = (template: string): readonly Guard[] => [
  { attribute: 'logfire.msg_template', equals: [template] },
];

/** The conversation a span belongs to. */
export const sessionField: Field = {
  type: 'text',
  sources: [
    attribute('gen_ai.conversation.id'),
    attribute('session.id'),
    attribute('langfuse.session.id'),
    attribute('traceloop.association.properties.session_id'),
    attribute('traceloop.association.properties.thread_id'),
    attribute('ai.telemetry.metadata.sessionId'),
    attribute('ai.settings.context.sessionId'),
    attribute('langsmith.metadata.session_id'),
    attribute('langsmith.metadata.thread_id'),
    attribute('langsmith.metadata.conversation_id'),
    // OpenInference keeps LangChain's metadata as JSON.
    attribute('metadata', { path: ['session_id'] }),
    attribute('metadata', { path: ['thread_id'] }),
    // Mastra by OpenInference.
    attribute('metadata', { path: ['sessionId'] }),
    attribute('gcp.vertex.agent.session_id'),
    attribute('mlflow.trace.session', { quoted: true }),
    attribute('mastra.metadata.sessionId'),
    attribute('mastra.metadata.threadId'),
    attribute('voltagent.conversation_id'),
    attribute('langwatch.thread.id'),
    attribute('workflow.session_id'),
    // Lines of logs.
    attribute('session_id'),
    attribute('context.session_id'),
    attribute('anthropic.session.id'),
    ...fromCodingAgents('conversation.id'),
    attribute('conversation.id', { when: codexSpan }),
    attribute('lk.pii.room_name'),
    attribute('lk.room_name'),
    attribute('session.id', { from: 'resource' }),
    attribute('langsmith.trace.session_id'),
  ],
};

export const userField: Field = {
  type: 'text',
  sources: [
    attribute('user.id'),
    attribute('enduser.id'),
    attribute('langfuse.user.id'),
    attribute('traceloop.association.properties.user_id'),
    // LiteLLM.
    attribute('llm.user'),
    attribute('metadata.user_api_key_end_user_id'),
    attribute('ai.telemetry.metadata.userId'),
    attribute('ai.settings.context.userId'),
    attribute('langsmith.metadata.user_id'),
    attribute('metadata', { path: ['user_id'] }),
    attribute('mlflow.trace.user', { quoted: true }),
    attribute('langwatch.user.id'),
    attribute('workflow.user_id'),
    attribute('user_id'),
    attribute('context.user_id'),
    attribute('mastra.metadata.userId'),
    attribute('mastra.metadata.resourceId'),
    attribute('lk.pii.participant_identity'),
    attribute('lk.participant_identity'),
    attribute('user.id', { from: 'resource' }),
    attribute('enduser.id', { from: 'resource' }),
  ],
};

export const correlationField: Field = {
  type: 'text',
  sources: [
    attribute('correlation_id'),
    attribute('correlation.id'),
    attribute('correlationId'),
    attribute('context.correlation_id'),
    attribute('http.request.header.x-correlation-id', { path: [0] }),
    attribute('http.request.header.x_correlation_id', { path: [0] }),
    attribute('http.request.header.x-correlation-id'),
  ],
};

const openInferenceAgent: readonly Guard[] = [{ attribute: 'openinference.span.kind', equals: ['agent'] }];

export const agentField: Field = {
  type: 'text',
  sources: [
    // OpenTelemetry's instrumentation of OpenAI Agents calls every agent so, but for the spans of agents themselves.
    attribute('gen_ai.agent.name', {
      when: [{ attribute: 'gen_ai.agent.name', differs: ['openai agent'] }],
    }),
    attribute('gen_ai.agent.name', {
      when: [{ attribute: 'gen_ai.agent.description', differs: ['openai agents instrumentation'] }],
    }),
    attribute('agent.name'),
    attribute('traceloop.entity.name', { when: [{ attribute: 'traceloop.span.kind', equals: ['agent'] }] }),
    attribute('ai.telemetry.functionId'),
    attribute('step.agent'),
    attribute('workflow.agent'),
    attribute('agent_name'),
    attribute('lk.agent_name'),
    attribute('entity.name', { when: [{ attribute: 'entity.type', equals: ['agent'] }] }),
    attribute('genkit:name', { when: [{ attribute: 'genkit:metadata:subtype', equals: ['agent'] }] }),
    // LangChain's `create_agent`, by OpenInference, LangSmith and Langfuse.
    attribute('metadata', { path: ['lc_agent_name'] }),
    attribute('langsmith.metadata.lc_agent_name'),
    attribute('langfuse.observation.metadata.lc_agent_name', { quoted: true }),
    // OpenAI Agents by Logfire.
    attribute('name', { when: logfireTemplate('agent run: {name!r}') }),
    // These name the span after agent and method: smolagents, AutoGen, CrewAI, Claude's Agent SDK.
    ...['.run', '.query', '.on_messages_stream', '._execute_core'].map((until) =>
      attribute('', { from: 'name', afterPrefix: '', until, when: openInferenceAgent }),
    ),
    attribute('graph.node.id', { when: openInferenceAgent }),
    // The whole of a run of OpenAI Agents is no agent: it names OpenAI in JavaScript, in Python it has nothing.
    ...['input.value', 'output.value'].map((given) =>
      attribute('', {
        from: 'name',
        when: [
          ...openInferenceAgent,
          { attribute: given, present: true },
          { attribute: 'llm.system', present: false },
        ],
      }),
    ),
    attribute('', { from: 'name', map: llamaIndexAgents, when: openInferenceStep }),
    attribute('', { from: 'name', when: [{ attribute: 'langfuse.observation.type', equals: ['agent'] }] }),
    attribute('', { from: 'name', when: [{ attribute: 'langwatch.span.type', equals: ['agent'] }] }),
    attribute('', { from: 'name', when: [{ attribute: 'mlflow.spanType', equals: ['"agent"', 'agent'] }] }),
    attribute('gen_ai.agent.name', { from: 'resource' }),
  ],
};

const openInferenceTool: readonly Guard[] = [{ attribute: 'openinference.span.kind', equals: ['tool'] }];

export const toolField: Field = {
  type: 'text',
  sources: [
    attribute('gen_ai.tool.name'),
    attribute('tool.name'),
    attribute('ai.toolCall.name'),
    attribute('lk.function_tool.name'),
    attribute('spring.ai.tool.definition.name'),
    attribute('traceloop.entity.name', { when: [{ attribute: 'traceloop.span.kind', equals: ['tool'] }] }),
    ...fromCodingAgents('tool_name'),
    attribute('tool_name', { when: [...codexSpan, { attribute: 'tool_source', present: true }] }),
    ...fromCodingAgents('function_name'),
    attribute('genkit:name', {
      when: [{ attribute: 'genkit:metadata:subtype', equals: ['tool', 'tool.v2'] }],
    }),
    attribute('name', { when: logfireTemplate('function: {name}') }),
    // These have no attribute for it and name the span after the tool.
    attribute('', { from: 'name', afterPrefix: '', until: '.__call__', when: openInferenceTool }),
    attribute('', { from: 'name', unlessPrefix: 'handoff to ', when: openInferenceTool }),
    attribute('', { from: 'name', when: [{ attribute: 'langsmith.span.kind', equals: ['tool'] }] }),
    attribute('', { from: 'name', when: [{ attribute: 'langfuse.observation.type', equals: ['tool'] }] }),
    attribute('', { from: 'name', when: [{ attribute: 'langwatch.span.type', equals: ['tool'] }] }),
    attribute('', { from: 'name', when: [{ attribute: 'mlflow.spanType', equals: ['"tool"', 'tool'] }] }),
    // The second is the client of Python's own SDK.
    ...['tools/call ', 'MCP send tools/call '].map((afterPrefix) =>
      attribute('', {
        from: 'name',
        afterPrefix,
        when: [{ attribute: 'mcp.method.name', present: true }],
      }),
    ),
    attribute('', {
      from: 'name',
      afterPrefix: 'execute_tool ',
      when: [{ attribute: 'gen_ai.operation.name', equals: ['execute_tool'] }],
    }),
  ],
};

const openInferenceModel: readonly Guard[] = [{ attribute: 'openinference.span.kind', equals: ['llm'] }];

export const toolCallIdField: Field = {
  type: 'text',
  sources: [
    attribute('gen_ai.tool.call.id'),
    attribute('gen_ai.tool.call_id'),
    // OpenLLMetry's LangChain.
    attribute('gen_ai.tool.call.arguments', {
      path: ['kwargs', 'tool_call_id'],
      when: [{ attribute: 'traceloop.span.kind', equals: ['tool'] }],
    }),
    attribute('gen_ai.tool_call.id'),
    attribute('spring.ai.tool.call.id'),
    attribute('tool.id'),
    attribute('tool.call.id'),
    attribute('tool_call.id'),
    attribute('ai.toolCall.id'),
    attribute('lk.function_tool.id'),
    // LangChain says it only in the message that the tool gave back.
    ...[['data', 'tool_call_id'], ['kwargs', 'tool_call_id'], ['tool_call_id']].map((path) =>
      attribute('output.value', { path, when: openInferenceTool }),
    ),
    ...fromCodingAgents('tool_use_id'),
    ...fromCodingAgents('call_id'),
    attribute('call_id', { when: [...codexSpan, { attribute: 'tool_source', present: true }] }),
  ],
};

/** From the start of the call to the first piece of the answer. */
export const ttftField: Field = {
  type: 'milliseconds',
  sources: [
    attribute('gen_ai.response.time_to_first_chunk', { scale: 1000 }),
    attribute('gen_ai.client.operation.time_to_first_chunk', { scale: 1000 }),
    // Strands means milliseconds.
    ...['gen_ai.system', 'gen_ai.provider.name'].map((name) =>
      attribute('gen_ai.server.time_to_first_token', {
        when: [{ attribute: name, equals: ['strands-agents'] }],
      }),
    ),
    attribute('gen_ai.server.time_to_first_token', { scale: 1000 }),
    // Sentry, and vLLM of itself.
    attribute('gen_ai.response.time_to_first_token', { scale: 1000 }),
    attribute('gen_ai.latency.time_to_first_token', { scale: 1000 }),
    attribute('ai.response.msToFirstChunk'),
    attribute('ai.stream.msToFirstChunk'),
    attribute('lk.response.ttft', { scale: 1000 }),
    attribute('ttft_ms'),
    attribute('llm.time_to_first_token_ms'),
    attribute('llm.ttft_ms'),
    // OpenInference, of realtime sessions.
    attribute('time_to_first_token_ms', { when: openInferenceModel }),
  ],
};

/** When the first piece of the answer came, in RFC 3339. Where nobody says how long it took, this and the span's start tell. */
export const firstTokenTimeField: Field = {
  type: 'text',
  sources: [
    attribute('langfuse.observation.completion_start_time', { quoted: true }),
    attribute('mastra.completion_start_time'),
  ],
};

/** Events of a span by whose time the first piece of the answer is known, where no attribute tells. */
export const firstTokenEvents = {
  /** OpenInference, MLflow. */
  once: ['First Token Stream Event', 'mlflow.chunk.item.0'],
  /** OpenLLMetry, now and before. SDKs keep the last 128 events of a span: where some were dropped, the first piece was among them. */
  repeated: ['gen_ai.content.completion.chunk', 'llm.content.completion.chunk'],
} as const;
