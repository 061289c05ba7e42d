/** Where telemetry goes, as the reader's programs would name it. */
export interface SendTo {
  /** The server itself, which offers the SDK: `http://127.0.0.1:4300`. */
  readonly server: string;
  /** OTLP over HTTP, without a path: `http://127.0.0.1:4318`. */
  readonly endpoint: string;
  /** Asked for by the server; a stand-in when this browser does not know it. */
  readonly apiKey: string | undefined;
}

export interface SnippetPart {
  /** The name of the file, or what to do with the text. */
  readonly caption: string;
  readonly code: string;
  readonly role: 'shell' | 'file' | 'settings';
}

export interface Snippet {
  /** The variable that holds the key of the model's provider. */
  readonly needs?: 'OPENAI_API_KEY' | 'ANTHROPIC_API_KEY';
  /** In the order in which they are done, in one shell and one empty folder. */
  readonly parts: readonly SnippetPart[];
  readonly note?: string;
}

export const snippetLanguages = ['node', 'python', 'shell'] as const;
export type SnippetLanguage = (typeof snippetLanguages)[number];

export interface Stack {
  readonly id: string;
  readonly title: string;
  readonly snippets: Partial<Record<SnippetLanguage, (to: SendTo) => Snippet>>;
}

interface Program {
  readonly needs?: 'OPENAI_API_KEY' | 'ANTHROPIC_API_KEY';
  readonly packages: string;
  readonly code: string;
  /** Before the command, beside where telemetry goes. */
  readonly environment?: string;
  readonly note?: string;
}

/** A program for an empty folder: install, file, command. */
export function nodeProgram(
  to: SendTo,
  { packages, code, environment, flags = '', ...rest }: Program & { readonly flags?: string },
): Snippet {
  return {
    ...rest,
    parts: [
      { role: 'shell', caption: 'Install', code: `npm install ${packages}` },
      { role: 'file', caption: 'first-run.mjs', code },
      { role: 'shell', caption: 'Run', code: `${environment ?? otlp(to)} node ${flags}first-run.mjs` },
    ],
  };
}

/** The same for Python, in an environment of its own: systems refuse `pip install` outside of one. */
export function pythonProgram(to: SendTo, { packages, code, environment, ...rest }: Program): Snippet {
  return {
    ...rest,
    parts: [
      {
        role: 'shell',
        caption: 'Install',
        code: `python3 -m venv .venv && . .venv/bin/activate
pip install ${packages}`,
      },
      { role: 'file', caption: 'first_run.py', code },
      { role: 'shell', caption: 'Run', code: `${environment ?? otlp(to)} python first_run.py` },
    ],
  };
}

const serviceName = 'first-agent';

/** Variables that every OpenTelemetry SDK reads. */
export function otlp({ endpoint, apiKey }: SendTo): string {
  const headers = apiKey === undefined ? '' : ` OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer ${apiKey}"`;
  return `OTEL_SERVICE_NAME=${serviceName} OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}${headers}`;
}

export const otelPackages =
  '@opentelemetry/api @opentelemetry/sdk-node @opentelemetry/exporter-trace-otlp-proto';

/** Top of a Node program that sends its spans with the OpenTelemetry SDK. */
export const nodeSetUp = `import { NodeSDK } from '@opentelemetry/sdk-node';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';

const telemetry = new NodeSDK({ traceExporter: new OTLPTraceExporter() });
telemetry.start();`;

export const pythonOtelPackages = 'opentelemetry-sdk opentelemetry-exporter-otlp-proto-http';

/** The same for Python. */
export const pythonSetUp = `from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)`;
