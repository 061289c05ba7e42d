import {
  nodeProgram,
  nodeSetUp,
  otelPackages,
  pythonOtelPackages,
  pythonProgram,
  pythonSetUp,
  type SendTo,
  type Snippet,
  type Stack,
} from './snippet.ts';

/** The attributes that make a span an agent's run and a model's call, by hand: for any language and any model. */
export const openTelemetry: Stack = {
  id: 'opentelemetry',
  title: 'OpenTelemetry',
  snippets: {
    node: (to) =>
      nodeProgram(to, {
        packages: otelPackages,
        code: `import { SpanKind, trace } from '@opentelemetry/api';
${nodeSetUp}

const tracer = trace.getTracer('app');
const agent = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'weather-agent' };
const request = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-5.4-mini',
};
const says = (role, content) => JSON.stringify([{ role, parts: [{ type: 'text', content }] }]);

tracer.startActiveSpan('invoke_agent weather-agent', { attributes: agent }, (run) => {
  const call = tracer.startSpan('chat gpt-5.4-mini', { kind: SpanKind.CLIENT, attributes: request });
  // Here your program asks its model.
  call.setAttributes({
    'gen_ai.response.id': crypto.randomUUID(),
    'gen_ai.usage.input_tokens': 1200,
    'gen_ai.usage.output_tokens': 80,
    'gen_ai.input.messages': says('user', 'What is the weather in Paris?'),
    'gen_ai.output.messages': says('assistant', 'It is 18 degrees and sunny in Paris.'),
  });
  call.end();
  run.end();
});
await telemetry.shutdown();`,
      }),
    python: (to) =>
      pythonProgram(to, {
        packages: pythonOtelPackages,
        code: `import json
import uuid

${pythonSetUp}

tracer = trace.get_tracer("app")
agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "weather-agent"}
request = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5.4-mini",
}


def says(role, content):
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": content}]}])


with tracer.start_as_current_span("invoke_agent weather-agent", attributes=agent):
    kind = trace.SpanKind.CLIENT
    with tracer.start_as_current_span("chat gpt-5.4-mini", kind=kind, attributes=request) as call:
        # Here your program asks its model.
        call.set_attributes({
            "gen_ai.response.id": str(uuid.uuid4()),
            "gen_ai.usage.input_tokens": 1200,
            "gen_ai.usage.output_tokens": 80,
            "gen_ai.input.messages": says("user", "What is the weather in Paris?"),
            "gen_ai.output.messages": says("assistant", "It is 18 degrees and sunny in Paris."),
        })
provider.shutdown()`,
      }),
    shell: curlSnippet,
  },
};

/** The shell makes the ids, so that pasting twice makes two runs. */
function curlSnippet(to: SendTo): Snippet {
  const key = to.apiKey === undefined ? '' : ` \\\n  -H 'Authorization: Bearer ${to.apiKey}'`;
  return {
    parts: [
      {
        role: 'shell',
        caption: 'Paste into a shell',
        code: `id() { od -An -N$1 -tx1 /dev/urandom | tr -d ' \\n'; }
TRACE=$(id 16) AGENT=$(id 8) CALL=$(id 8) NOW=$(date +%s)
curl ${to.endpoint}/v1/traces -H 'Content-Type: application/json'${key} -d '{"resourceSpans": [{
  "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "first-agent"}}]},
  "scopeSpans": [{"spans": [{
    "traceId": "'$TRACE'", "spanId": "'$AGENT'", "name": "invoke_agent weather-agent", "kind": 1,
    "startTimeUnixNano": "'$NOW'000000000", "endTimeUnixNano": "'$NOW'900000000",
    "attributes": [
      {"key": "gen_ai.operation.name", "value": {"stringValue": "invoke_agent"}},
      {"key": "gen_ai.agent.name", "value": {"stringValue": "weather-agent"}}]
  }, {
    "traceId": "'$TRACE'", "spanId": "'$CALL'", "parentSpanId": "'$AGENT'",
    "name": "chat gpt-5.4-mini", "kind": 3,
    "startTimeUnixNano": "'$NOW'100000000", "endTimeUnixNano": "'$NOW'800000000",
    "attributes": [
      {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
      {"key": "gen_ai.provider.name", "value": {"stringValue": "openai"}},
      {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-5.4-mini"}},
      {"key": "gen_ai.response.id", "value": {"stringValue": "'$CALL'"}},
      {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "1200"}},
      {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "80"}}]
  }]}]
}]}'`,
      },
    ],
  };
}
