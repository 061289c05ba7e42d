import { guard, sayOnce } from '../core/diagnostics.ts';
import { registerAiSdk } from './ai-sdk.ts';
import { instrumentAnthropic, looksLikeAnthropic } from './anthropic.ts';
import { looksLikeGoogle, wrapGoogleModels } from './google.ts';
import { instrumentLangChain, looksLikeLangChain } from './langchain.ts';
import { instrumentMcp, looksLikeMcp } from './mcp.ts';
import { instrumentAgents, looksLikeAgents } from './openai-agents.ts';
import { instrumentOpenAi, looksLikeOpenAi } from './openai.ts';

/**
 * Traces the calls of a client object: OpenAI (and compatible servers), Anthropic, Google GenAI, an MCP client or server, LangChain's
 * `CallbackManager`, or the module of OpenAI Agents or the Vercel AI SDK. Returns the client to use. Calling it twice, or on a client another instrumentation already traces, changes nothing.
 *
 * @example
 * const openai = instrument(new OpenAI());
 */
export function instrument<C extends object>(client: C): C {
  let instrumented = client;
  guard('instrumenting a client', () => {
    if (looksLikeMcp(client)) instrumentMcp(client);
    else if (looksLikeOpenAi(client)) instrumentOpenAi(client);
    else if (looksLikeAnthropic(client)) instrumented = instrumentAnthropic(client);
    else if (looksLikeGoogle(client)) wrapGoogleModels((client as unknown as { models: object }).models);
    else if (looksLikeAgents(client)) instrumentAgents(client);
    else if (looksLikeLangChain(client)) instrumentLangChain(client);
    else if ('generateText' in client && 'registerTelemetry' in client)
      registerAiSdk(`${process.cwd()}/package.json`);
    else
      sayOnce(
        'instrument-unknown',
        'instrument() was given an object it does not know; it is returned as it is.',
      );
  });
  return instrumented;
}
