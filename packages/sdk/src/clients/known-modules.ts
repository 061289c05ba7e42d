/** The source files that define what is wrapped, in whatever version, and what to do with the class or function each of them has. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keepMetadataSingle } from '../correlation/single-headers.ts';
import { adoptFromCopy } from '../core/otel-globals.ts';
import { registerAiSdk } from './ai-sdk.ts';
import { wrapAnthropicMessages } from './anthropic.ts';
import { wrapGoogleModels } from './google.ts';
import { wrapCallbackManager, wrapTool } from './langchain.ts';
import { wrapMcpProtocol } from './mcp.ts';
import { instrumentAgents, keepAmongProcessors, noteCurrentSpan, wrapAgent } from './openai-agents.ts';
import { wrapOpenAiResource } from './openai.ts';

export interface KnownModule {
  /** The package's own name, which another version may carry under an alias. */
  readonly package: string;
  /** Matched against the path inside the package. */
  readonly file: RegExp;
  /** The class or function in the file, or undefined when loading alone matters. */
  readonly className?: string;
  /** Also without `instrumentClients`. */
  readonly always?: boolean;
  readonly loaded: (prototype: object, url: string, loaded: object) => void;
}

export const knownModules: Readonly<Record<string, KnownModule>> = {
  openaiChat: {
    package: 'openai',
    file: /^resources\/chat\/completions(?:\/completions)?\.m?js$/,
    className: 'Completions',
    loaded: (prototype) => wrapOpenAiResource(prototype, 'chat'),
  },
  openaiResponses: {
    package: 'openai',
    file: /^resources\/responses\/responses\.m?js$/,
    className: 'Responses',
    loaded: (prototype) => wrapOpenAiResource(prototype, 'responses'),
  },
  openaiEmbeddings: {
    package: 'openai',
    file: /^resources\/embeddings\.m?js$/,
    className: 'Embeddings',
    loaded: (prototype) => wrapOpenAiResource(prototype, 'embeddings'),
  },
  anthropic: {
    package: '@anthropic-ai/sdk',
    file: /^resources\/messages(?:\/messages)?\.m?js$/,
    className: 'Messages',
    loaded: (prototype) => wrapAnthropicMessages(prototype),
  },
  google: {
    package: '@google/genai',
    file: /^dist\/(?:node\/)?index\.(?:mjs|cjs)$/,
    className: 'Models',
    loaded: (prototype) => wrapGoogleModels(prototype),
  },
  mcp: {
    package: '@modelcontextprotocol/sdk',
    file: /^dist\/(?:esm|cjs)\/shared\/protocol\.js$/,
    className: 'Protocol',
    loaded: (prototype) => wrapMcpProtocol(prototype),
  },
  langchain: {
    package: '@langchain/core',
    file: /^dist\/callbacks\/manager\.(?:js|cjs)$/,
    className: 'CallbackManager',
    loaded: (_prototype, _url, loaded) => wrapCallbackManager(loaded),
  },
  langchainTools: {
    package: '@langchain/core',
    file: /^dist\/tools\/index\.(?:js|cjs)$/,
    className: 'StructuredTool',
    loaded: (prototype) => wrapTool(prototype),
  },
  agents: {
    package: '@openai/agents-core',
    file: /^dist\/tracing\/index\.m?js$/,
    className: 'addTraceProcessor',
    loaded: (_prototype, _url, loaded) => instrumentAgents({ addTraceProcessor: loaded }),
  },
  agentsProcessors: {
    package: '@openai/agents-core',
    file: /^dist\/tracing\/processor\.m?js$/,
    className: 'MultiTracingProcessor',
    loaded: (prototype) => keepAmongProcessors(prototype),
  },
  agentsTools: {
    package: '@openai/agents-core',
    file: /^dist\/agent\.m?js$/,
    className: 'Agent',
    loaded: (prototype) => wrapAgent(prototype),
  },
  agentsSpans: {
    package: '@openai/agents-core',
    file: /^dist\/tracing\/context\.m?js$/,
    className: 'getCurrentSpan',
    loaded: (_prototype, _url, loaded) => noteCurrentSpan(loaded),
  },
  // A copy of another version refuses to register what the program sets up after us.
  openTelemetryApi: {
    package: '@opentelemetry/api',
    file: /^(?:build\/(?:src|esm|esnext)|dist)\/api\/trace\.(?:m?js|cjs)$/,
    className: 'TraceAPI',
    always: true,
    loaded: (prototype) => adoptFromCopy(prototype),
  },
  grpcMetadata: {
    package: '@grpc/grpc-js',
    file: /^build\/src\/metadata\.js$/,
    className: 'Metadata',
    always: true,
    loaded: (prototype) => keepMetadataSingle(prototype),
  },
  ai: {
    package: 'ai',
    file: /^dist\/index\.m?js$/,
    loaded: (_prototype, url) => registerAiSdk(url),
  },
};

const folder = '/node_modules/';

/** The known module a file is, by its URL; packages installed under another name are recognised by their package.json. */
export function findKnownModule(
  url: string,
): { readonly key: string; readonly known: KnownModule } | undefined {
  const start = url.lastIndexOf(folder) + folder.length;
  if (start < folder.length) return undefined;
  const end = url.indexOf('/', url[start] === '@' ? url.indexOf('/', start) + 1 : start);
  if (end < 0) return undefined;
  const [directory, file] = [url.slice(start, end), url.slice(end + 1)];
  for (const [key, known] of Object.entries(knownModules)) {
    if (!known.file.test(file)) continue;
    if (directory === known.package) return { key, known };
    if (known.className !== undefined && packageName(url.slice(0, end)) === known.package)
      return { key, known };
  }
  return undefined;
}

function packageName(root: string): string | undefined {
  try {
    const path = root.startsWith('file:') ? fileURLToPath(root) : root;
    const { name } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { name?: string };
    return name;
  } catch {
    return undefined;
  }
}
