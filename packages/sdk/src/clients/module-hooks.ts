/**
 * Instruments client libraries as they load, without code in the program. Node's synchronous module hooks see ES modules and
 * CommonJS alike; a line appended to the one source file that defines the class hands the class over, whatever version it is.
 */
import { registerHooks } from 'node:module';
import { guard } from '../core/diagnostics.ts';
import { registerAiSdk } from './ai-sdk.ts';
import { wrapAnthropicMessages } from './anthropic.ts';
import { wrapGoogleModels } from './google.ts';
import { wrapCallbackManager } from './langchain.ts';
import { wrapMcpProtocol } from './mcp.ts';
import { instrumentAgents, keepAmongProcessors } from './openai-agents.ts';
import { wrapOpenAiResource } from './openai.ts';

interface KnownModule {
  /** Matched against the end of the file's path. */
  readonly file: RegExp;
  /** The class or function in the file, or undefined when loading alone matters. */
  readonly className?: string;
  readonly loaded: (prototype: object, url: string, loaded: object) => void;
}

const knownModules: Readonly<Record<string, KnownModule>> = {
  openaiChat: {
    file: /\/openai\/resources\/chat\/completions(?:\/completions)?\.m?js$/,
    className: 'Completions',
    loaded: (prototype) => wrapOpenAiResource(prototype, 'chat'),
  },
  openaiResponses: {
    file: /\/openai\/resources\/responses\/responses\.m?js$/,
    className: 'Responses',
    loaded: (prototype) => wrapOpenAiResource(prototype, 'responses'),
  },
  openaiEmbeddings: {
    file: /\/openai\/resources\/embeddings\.m?js$/,
    className: 'Embeddings',
    loaded: (prototype) => wrapOpenAiResource(prototype, 'embeddings'),
  },
  anthropic: {
    file: /\/@anthropic-ai\/sdk\/resources\/messages(?:\/messages)?\.m?js$/,
    className: 'Messages',
    loaded: (prototype) => wrapAnthropicMessages(prototype),
  },
  google: {
    file: /\/@google\/genai\/dist\/(?:node\/)?index\.(?:mjs|cjs)$/,
    className: 'Models',
    loaded: (prototype) => wrapGoogleModels(prototype),
  },
  mcp: {
    file: /\/@modelcontextprotocol\/sdk\/dist\/(?:esm|cjs)\/shared\/protocol\.js$/,
    className: 'Protocol',
    loaded: (prototype) => wrapMcpProtocol(prototype),
  },
  langchain: {
    file: /\/@langchain\/core\/dist\/callbacks\/manager\.(?:js|cjs)$/,
    className: 'CallbackManager',
    loaded: (_prototype, _url, loaded) => wrapCallbackManager(loaded),
  },
  agents: {
    file: /\/@openai\/agents-core\/dist\/tracing\/index\.m?js$/,
    className: 'addTraceProcessor',
    loaded: (_prototype, _url, loaded) => instrumentAgents({ addTraceProcessor: loaded }),
  },
  agentsProcessors: {
    file: /\/@openai\/agents-core\/dist\/tracing\/processor\.m?js$/,
    className: 'MultiTracingProcessor',
    loaded: (prototype) => keepAmongProcessors(prototype),
  },
  ai: {
    file: /\/ai\/dist\/index\.m?js$/,
    loaded: (_prototype, url) => registerAiSdk(url),
  },
};

const hookSymbol = 'sightline.sdk.module-loaded';
let installed = false;

/** Idempotent. Modules loaded before are not seen; `instrument(client)` is for those. */
export function installModuleHooks(): void {
  if (installed || typeof registerHooks !== 'function') return;
  installed = true;
  (globalThis as { [key: symbol]: unknown })[Symbol.for(hookSymbol)] = (
    key: string,
    loaded: unknown,
    url: string,
  ) =>
    guard(`instrumenting ${key}`, () => {
      const { prototype } = (loaded ?? { prototype: {} }) as { prototype: object };
      knownModules[key]?.loaded(prototype, url, loaded ?? {});
    });
  registerHooks({
    load: (url, context, nextLoad) => {
      const result = nextLoad(url, context);
      if (!url.includes('/node_modules/')) return result;
      const known = Object.entries(knownModules).find(([, { file }]) => file.test(url));
      const { source } = result;
      if (known === undefined || source === null || source === undefined) return result;
      const [key, { className }] = known;
      const text = typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString('utf8');
      return { ...result, source: text + announcement(key, className, url) };
    },
  });
}

function announcement(key: string, className: string | undefined, url: string): string {
  const reference =
    className === undefined ? 'undefined' : `typeof ${className} === 'undefined' ? undefined : ${className}`;
  return `\n;globalThis[Symbol.for('${hookSymbol}')]?.(${JSON.stringify(key)}, ${reference}, ${JSON.stringify(url)});\n`;
}
