import { type Attributes, type Context, SpanKind } from '@opentelemetry/api';
import { createFailure } from './failures.ts';
import { type Model, models, priceOf } from './models.ts';
import type { Agent } from './scenario.ts';
import { DemoFailure, readHeaders, type Service, writeHeaders } from './service.ts';
import { weatherAt, type World } from './world.ts';

/** A message in the form of the GenAI conventions (gen_ai.input.messages). */
export interface Message {
  readonly role: 'user' | 'assistant' | 'system' | 'tool';
  readonly parts: readonly MessagePart[];
}

export type MessagePart =
  | { readonly type: 'text'; readonly content: string }
  | { readonly type: 'reasoning'; readonly content: string }
  | {
      readonly type: 'blob';
      readonly modality: 'image';
      readonly mime_type: string;
      readonly content: string;
    }
  | { readonly type: 'tool_call'; readonly id: string; readonly name: string; readonly arguments: unknown }
  | { readonly type: 'tool_call_response'; readonly id: string; readonly response: unknown };

export interface ModelCall {
  readonly agent: Agent;
  readonly conversationId: string;
  readonly messages: readonly Message[];
  readonly answer: Message;
  /** Streamed to the user; otherwise the answer comes at once. */
  readonly stream: boolean;
  /** What the call is for, as the prompt is named where it is kept. */
  readonly prompt: string;
  /** Tokens of the conversation that the provider has seen in the call before. */
  readonly seenTokens: number;
  readonly model?: Model;
}

export interface ModelUse {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number;
}

const charactersPerToken = 3.8;
/** Providers cache prefixes from this length on. */
const cachedTokensMin = 1024;

export function countTokens(text: string): number {
  return Math.ceil(text.length / charactersPerToken);
}

/** Pictures cost by their size on the screen, not by their bytes. */
const imageTokens = 620;

function countPart(part: MessagePart): number {
  return part.type === 'blob' ? imageTokens : countTokens(JSON.stringify(part));
}

/** The orchestrator asks a model through the gateway. */
export async function callModel(world: World, context: Context, call: ModelCall): Promise<ModelUse> {
  const { orchestrator, random, clock } = world;
  const { agent, messages, answer, stream } = call;
  const model = call.model ?? models[agent.model];
  const inputTokens =
    agent.promptTokens +
    countTokens(agent.system) +
    messages.flatMap(({ parts }) => parts).reduce((sum, part) => sum + countPart(part), 0);
  const outputTokens = answer.parts.reduce((sum, part) => sum + countPart(part), 0);
  const reasoningTokens = answer.parts
    .filter(({ type }) => type === 'reasoning')
    .reduce((sum, part) => sum + countPart(part), 0);
  const cacheRead =
    call.seenTokens >= cachedTokensMin && random.chance(0.85)
      ? Math.min(call.seenTokens, inputTokens - 40)
      : 0;
  const use = { input: inputTokens, output: outputTokens, cacheRead };
  const costUsd = priceOf(model, use);
  const asksTool = answer.parts.some(({ type }) => type === 'tool_call');
  const base = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': model.provider,
    'gen_ai.request.model': model.name,
  };

  return orchestrator.span(
    context,
    `chat ${model.name}`,
    {
      kind: SpanKind.CLIENT,
      attributes: {
        ...base,
        'gen_ai.agent.name': agent.name,
        'gen_ai.conversation.id': call.conversationId,
        'gen_ai.prompt.name': call.prompt,
        'gen_ai.prompt.version': promptVersionOf(call.conversationId),
        'gen_ai.request.temperature': agent.temperature,
        'gen_ai.request.max_tokens': 4096,
        'gen_ai.request.stream': stream,
        'gen_ai.output.type': 'text',
        'gen_ai.system_instructions': JSON.stringify([{ type: 'text', content: agent.system }]),
        'gen_ai.tool.definitions': JSON.stringify(
          agent.tools.map(({ name, description, parameters }) => ({
            type: 'function',
            name,
            description,
            parameters: {
              type: 'object',
              properties: Object.fromEntries(
                Object.entries(parameters).map(([key, type]) => [key, { type }]),
              ),
            },
          })),
        ),
        'gen_ai.input.messages': JSON.stringify(messages),
        'server.address': 'llm-gateway.larkfield.internal',
        'server.port': 8080,
      },
    },
    async (inside, span) => {
      const startMs = clock.nowMs();
      const metrics = (extra: Attributes = {}): Attributes => ({ ...base, ...extra });
      try {
        const firstChunkMs = await passThroughGateway(world, inside, {
          model,
          inputTokens,
          outputTokens,
          stream,
        });
        const seconds = (clock.nowMs() - startMs) / 1000;
        span.setAttributes({
          'gen_ai.response.id': `${model.provider === 'anthropic' ? 'msg' : 'chatcmpl'}_${random.hex(24)}`,
          'gen_ai.response.model': model.released,
          'gen_ai.response.finish_reasons': [asksTool ? 'tool_calls' : 'stop'],
          'gen_ai.usage.input_tokens': inputTokens,
          'gen_ai.usage.output_tokens': outputTokens,
          ...(cacheRead === 0 ? {} : { 'gen_ai.usage.cache_read.input_tokens': cacheRead }),
          ...(reasoningTokens === 0 ? {} : { 'gen_ai.usage.reasoning.output_tokens': reasoningTokens }),
          'gen_ai.usage.cost': costUsd,
          'gen_ai.output.messages': JSON.stringify([
            { ...answer, finish_reason: asksTool ? 'tool_call' : 'stop' },
          ]),
          ...(stream ? { 'gen_ai.response.time_to_first_chunk': firstChunkMs / 1000 } : {}),
        });
        const { instruments } = orchestrator;
        instruments.record('genAi', seconds, metrics(), inside);
        instruments.record('genAiTokens', inputTokens, metrics({ 'gen_ai.token.type': 'input' }), inside);
        instruments.record('genAiTokens', outputTokens, metrics({ 'gen_ai.token.type': 'output' }), inside);
        if (stream) instruments.record('genAiFirstChunk', firstChunkMs / 1000, metrics(), inside);
        orchestrator.log(
          inside,
          'INFO',
          `${model.name} answered in ${seconds.toFixed(1)} s: ${inputTokens} tokens in, ${outputTokens} out`,
          {
            'code.function.name': 'ModelClient.complete',
            duration_ms: Math.round(seconds * 1000),
            'llm.cost_usd': costUsd,
            category: 'PERFORMANCE',
          },
        );
        return { inputTokens, outputTokens, costUsd };
      } catch (error) {
        const seconds = (clock.nowMs() - startMs) / 1000;
        orchestrator.instruments.record(
          'genAi',
          seconds,
          metrics({ 'error.type': 'RateLimitError' }),
          inside,
        );
        throw error;
      }
    },
  );
}

interface GatewayCall {
  readonly model: Model;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly stream: boolean;
}

/** Gives the milliseconds until the first chunk. */
async function passThroughGateway(world: World, context: Context, call: GatewayCall): Promise<number> {
  const { random, clock } = world;
  const { service: gateway, tokenizerMs } = random.weighted(world.gateways);
  const startMs = clock.nowMs();
  await clock.sleep(random.latencyMs(1.6));
  return serveHttp(
    world,
    gateway,
    readHeaders(writeHeaders(context)),
    { method: 'POST', route: '/v1/chat/completions' },
    async (inside) => {
      if (tokenizerMs > 0)
        await gateway.span(
          inside,
          'tokenizer.count',
          { attributes: { 'tokenizer.tokens': call.inputTokens, 'tokenizer.name': 'o200k_wasm' } },
          async () =>
            clock.sleep(random.latencyMs(tokenizerMs * Math.max(0.4, call.inputTokens / 3500), 0.3)),
        );
      const firstChunkMs = await askProvider(world, gateway, inside, call);
      return clock.nowMs() - startMs - (firstChunkMs.totalMs - firstChunkMs.firstMs);
    },
  );
}

const attemptsMax = 3;

async function askProvider(world: World, gateway: Service, context: Context, call: GatewayCall) {
  const { random, clock } = world;
  const { model } = call;
  for (let attempt = 0; ; attempt += 1) {
    const limited = model.provider === 'anthropic' && random.chance(weatherAt(clock.storyMs()).rateLimit);
    try {
      return await gateway.span(
        context,
        'POST',
        {
          kind: SpanKind.CLIENT,
          attributes: {
            'http.request.method': 'POST',
            'url.full': `https://${model.host}${model.path}`,
            'server.address': model.host,
            'server.port': 443,
            ...(attempt === 0 ? {} : { 'http.request.resend_count': attempt }),
          },
        },
        async (inside, span) => {
          const startMs = clock.nowMs();
          const finish = (status: number): void => {
            span.setAttribute('http.response.status_code', status);
            gateway.instruments.record(
              'httpClient',
              (clock.nowMs() - startMs) / 1000,
              {
                'http.request.method': 'POST',
                'server.address': model.host,
                'http.response.status_code': status,
              },
              inside,
            );
          };
          if (limited) {
            await clock.sleep(random.latencyMs(95));
            finish(429);
            span.setAttribute('http.response.header.retry-after', ['2']);
            throw createFailure('rateLimited');
          }
          const firstMs = random.latencyMs(model.firstChunkMs + call.inputTokens * 0.03, 0.28);
          await clock.sleep(firstMs);
          gateway.event(span, call.stream ? 'gen_ai.first_chunk' : 'http.first_byte', {
            'elapsed.ms': Math.round(firstMs),
          });
          await clock.sleep((call.outputTokens / model.tokensPerSecond) * 1000 * random.between(0.85, 1.3));
          finish(200);
          return { firstMs, totalMs: clock.nowMs() - startMs };
        },
      );
    } catch (error) {
      gateway.instruments.count(
        'errors',
        1,
        { 'error.type': 'RateLimitError', 'server.address': model.host },
        context,
      );
      if (attempt + 1 === attemptsMax) {
        gateway.logFailure(
          context,
          `${model.host} is rate limited; giving up after ${attemptsMax} attempts`,
          error,
          {
            'code.function.name': 'UpstreamPool.forward',
          },
        );
        throw error;
      }
      const waitMs = 1000 * 2 ** attempt * random.between(0.8, 1.2);
      gateway.log(
        context,
        'WARN',
        `${model.host} answered 429; trying again in ${(waitMs / 1000).toFixed(1)} s (attempt ${attempt + 1} of ${attemptsMax})`,
        {
          'code.function.name': 'UpstreamPool.forward',
          'retry.attempt': attempt + 1,
          'gen_ai.request.model': model.name,
        },
      );
      gateway.instruments.count('retries', 1, { 'server.address': model.host }, context);
      await clock.sleep(waitMs);
    }
  }
}

export interface Route {
  readonly method: string;
  readonly route: string;
  readonly attributes?: Attributes;
}

/** One HTTP request as the serving side sees it: server span, duration metric, requests in flight. */
export async function serveHttp<T>(
  { clock }: World,
  service: Service,
  incoming: Context,
  { method, route, attributes = {} }: Route,
  handle: (context: Context) => Promise<T>,
): Promise<T> {
  const startMs = clock.nowMs();
  service.instruments.load(1);
  return service.span(
    incoming,
    `${method} ${route}`,
    {
      kind: SpanKind.SERVER,
      attributes: {
        'http.request.method': method,
        'http.route': route,
        'url.path': route,
        'url.scheme': 'http',
        'network.protocol.version': '1.1',
        ...attributes,
      },
    },
    async (inside, span) => {
      let status = 200;
      try {
        return await handle(inside);
      } catch (error) {
        status = error instanceof DemoFailure && error.failure.type === 'RateLimitError' ? 429 : 503;
        throw error;
      } finally {
        span.setAttribute('http.response.status_code', status);
        service.instruments.load(-1);
        service.instruments.record(
          'httpServer',
          (clock.nowMs() - startMs) / 1000,
          { 'http.request.method': method, 'http.route': route, 'http.response.status_code': status },
          inside,
        );
      }
    },
  );
}

/** Two versions of each prompt are tried side by side: a conversation has one of them throughout. */
function promptVersionOf(conversationId: string): '1' | '2' {
  let sum = 0;
  for (const letter of conversationId) sum += letter.charCodeAt(0);
  return sum % 2 === 0 ? '1' : '2';
}
