import { claudeCodeSnippet, codexSnippet, geminiSnippet } from './coding-agent-snippets.ts';

/** Where telemetry goes, as the reader's programs would name it. */
export interface SendTo {
  /** The server itself, which offers the SDK: `http://127.0.0.1:4300`. */
  readonly server: string;
  /** OTLP over HTTP, without a path: `http://127.0.0.1:4318`. */
  readonly endpoint: string;
  /** Asked for by the server; a stand-in when this browser does not know it. */
  readonly apiKey: string | undefined;
}

export type SnippetLanguage =
  | 'node'
  | 'node-opentelemetry'
  | 'python'
  | 'curl'
  | 'claude-code'
  | 'codex'
  | 'gemini-cli';

export interface Snippet {
  readonly title: string;
  readonly parts: readonly { readonly caption: string; readonly code: string }[];
}

/** Programs that send one trace, complete enough to be pasted into an empty folder and run; and the settings of coding agents. */
export function snippetFor(language: SnippetLanguage, to: SendTo): Snippet {
  return snippets[language](to);
}

const snippets: Readonly<Record<SnippetLanguage, (to: SendTo) => Snippet>> = {
  node: nodeSnippet,
  'node-opentelemetry': nodeOpenTelemetrySnippet,
  python: pythonSnippet,
  curl: curlSnippet,
  'claude-code': claudeCodeSnippet,
  codex: codexSnippet,
  'gemini-cli': geminiSnippet,
};

function nodeSnippet(to: SendTo): Snippet {
  return {
    title: 'Node',
    parts: [
      { caption: 'Install', code: `npm install ${to.server}/sdk.tgz` },
      {
        caption: 'first-trace.mjs',
        code: `import { getLogger, init, withSpan } from '@sightline/sdk';

init({ serviceName: 'first-service' });
withSpan('hello sightline', {}, () => getLogger('first').info('It works.'));`,
      },
      { caption: 'Run', code: `${environment(to)} node first-trace.mjs` },
    ],
  };
}

function nodeOpenTelemetrySnippet(to: SendTo): Snippet {
  return {
    title: 'Node, OpenTelemetry',
    parts: [
      {
        caption: 'Install',
        code: 'npm install @opentelemetry/api @opentelemetry/sdk-node @opentelemetry/exporter-trace-otlp-proto',
      },
      {
        caption: 'first-trace.mjs',
        code: `import { trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';

const sdk = new NodeSDK({ serviceName: 'first-service', traceExporter: new OTLPTraceExporter() });
sdk.start();
trace.getTracer('first').startActiveSpan('hello sightline', (span) => span.end());
await sdk.shutdown();`,
      },
      { caption: 'Run', code: `${environment(to)} node first-trace.mjs` },
    ],
  };
}

function pythonSnippet(to: SendTo): Snippet {
  return {
    title: 'Python',
    parts: [
      { caption: 'Install', code: 'pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http' },
      {
        caption: 'first_trace.py',
        code: `from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
with trace.get_tracer("first").start_as_current_span("hello sightline"):
    pass
provider.shutdown()`,
      },
      { caption: 'Run', code: `OTEL_SERVICE_NAME=first-service ${environment(to)} python first_trace.py` },
    ],
  };
}

/** The ids are made by the shell, so that pasting twice makes two traces. */
function curlSnippet(to: SendTo): Snippet {
  const key = to.apiKey === undefined ? '' : ` \\\n  -H 'Authorization: Bearer ${to.apiKey}'`;
  return {
    title: 'curl',
    parts: [
      {
        caption: 'Paste into a shell',
        code: `curl ${to.endpoint}/v1/traces -H 'Content-Type: application/json'${key} -d '{
  "resourceSpans": [{
    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "first-service"}}]},
    "scopeSpans": [{"spans": [{
      "traceId": "'$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')'",
      "spanId": "'$(od -An -N8 -tx1 /dev/urandom | tr -d ' \\n')'",
      "name": "hello sightline", "kind": 2,
      "startTimeUnixNano": "'$(date +%s)'000000000", "endTimeUnixNano": "'$(date +%s)'250000000"
    }]}]
  }]
}'`,
      },
    ],
  };
}

function environment(to: SendTo): string {
  const headers =
    to.apiKey === undefined ? '' : `OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer ${to.apiKey}" `;
  return `${headers}OTEL_EXPORTER_OTLP_ENDPOINT=${to.endpoint}`;
}
