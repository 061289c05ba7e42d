/** Spans of agents for tests: short to write, in OpenTelemetry's words. Times are seconds after `origin`. */
import { hexId, type AttributesInput, type SpanInput } from './otlp-json.ts';

export interface AgentSpanInput {
  readonly trace: number;
  readonly span: number;
  readonly parent?: number;
  readonly at: number;
  readonly lasts?: number;
  readonly name?: string;
  readonly scope?: string;
  readonly error?: string;
  readonly attributes?: AttributesInput;
  readonly events?: SpanInput['events'];
  readonly links?: SpanInput['links'];
}

const second = 1_000_000_000;

export class AgentSpans {
  readonly origin: bigint;

  constructor(origin: bigint) {
    this.origin = origin;
  }

  span(input: AgentSpanInput): SpanInput {
    return {
      traceId: hexId(32, input.trace),
      spanId: hexId(16, input.span),
      ...(input.parent === undefined ? {} : { parentSpanId: hexId(16, input.parent) }),
      name: input.name ?? 'work',
      ...(input.scope === undefined ? {} : { scope: input.scope }),
      startNanos: this.nanos(input.at),
      durationNanos: BigInt(Math.round((input.lasts ?? 1) * second)),
      ...(input.error === undefined ? {} : { status: { code: 2, message: input.error } }),
      attributes: input.attributes ?? {},
      ...(input.events === undefined ? {} : { events: input.events }),
      ...(input.links === undefined ? {} : { links: input.links }),
    };
  }

  nanos(at: number): bigint {
    return this.origin + BigInt(Math.round(at * second));
  }

  agent(agent: string, input: AgentSpanInput): SpanInput {
    return this.span({
      name: `invoke_agent ${agent}`,
      ...input,
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.name': agent,
        ...input.attributes,
      },
    });
  }

  call(
    model: string,
    input: AgentSpanInput & { readonly tokens?: readonly [number, number]; readonly cost?: number },
  ): SpanInput {
    const [inputTokens, outputTokens] = input.tokens ?? [100, 10];
    return this.span({
      name: `chat ${model}`,
      ...input,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'example',
        'gen_ai.response.model': model,
        'gen_ai.usage.input_tokens': inputTokens,
        'gen_ai.usage.output_tokens': outputTokens,
        ...(input.cost === undefined ? {} : { 'gen_ai.usage.cost': input.cost }),
        ...input.attributes,
      },
    });
  }

  tool(tool: string, input: AgentSpanInput): SpanInput {
    return this.span({
      name: `execute_tool ${tool}`,
      ...input,
      attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': tool, ...input.attributes },
    });
  }
}
