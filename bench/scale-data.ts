/**
 * Traffic of an AI product in numbers, the same for the same seed: 40 services in 12 agent systems, traces of about ten spans, ten
 * attributes each of which some are unique, one span in ten a call of a model with messages of 0.5–2 KB. It comes as journal
 * segments, so that it takes the same way into the store as what is received.
 */
import { unixNano, type UnixNano } from '@sightline/base';
import { recordOfProtobuf } from '../packages/server/src/storage/testing/segments.ts';
import { ProtoWriter } from './proto-writer.ts';

export interface ScaleOptions {
  readonly seed: number;
  readonly project: string;
  /** The spans start evenly over [from, to). */
  readonly fromUnixNano: bigint;
  readonly toUnixNano: bigint;
  readonly spanCount: number;
  /** Agent systems, three in ten of them with four services and the others with three. Left out: 12, which are 40 services. */
  readonly systems?: number;
}

export interface ScaleSegment {
  readonly bytes: Buffer;
  readonly spans: number;
  /** A trace in this segment, to look up later. */
  readonly traceId: string;
}

const spansPerRequest = 512;
const hourNanos = 3_600_000_000_000n;

/** `segmentBytes`: about how large a segment gets. */
export function* generateSegments(
  options: ScaleOptions & { readonly segmentBytes: number },
): Generator<ScaleSegment> {
  let frames: Uint8Array[] = [];
  let bytes = 0;
  let spans = 0;
  let traceId = '';
  const segment = (): ScaleSegment => ({ bytes: Buffer.concat(frames), spans, traceId });
  for (const request of generateRequests(options)) {
    const frame = recordOfProtobuf('traces', request.bytes, {
      project: options.project,
      received: request.end,
      newest: unixNano(options.toUnixNano + hourNanos),
    });
    frames.push(frame);
    bytes += frame.length;
    spans += request.spans;
    traceId = request.traceId;
    if (bytes < options.segmentBytes) continue;
    yield segment();
    frames = [];
    bytes = 0;
    spans = 0;
  }
  if (spans > 0) yield segment();
}

export interface ScaleRequest {
  /** An ExportTraceServiceRequest. */
  readonly bytes: Buffer;
  readonly spans: number;
  /** One of its traces. */
  readonly traceId: string;
  /** When its last trace starts. */
  readonly end: UnixNano;
}

export function* generateRequests(options: ScaleOptions): Generator<ScaleRequest> {
  const random = randomFrom(options.seed);
  const words = makeWords(random);
  const systems = makeSystems(random, words, options.systems ?? 12);
  const writer = new ProtoWriter();
  const step = Number(options.toUnixNano - options.fromUnixNano) / options.spanCount;
  const timeOf = (serial: number) => options.fromUnixNano + BigInt(Math.floor(step * serial));
  for (let written = 0; written < options.spanCount;) {
    // A request comes from one agent system and holds whole traces, as a collector's batches mostly do.
    const system = pick(random, systems);
    let spans = 0;
    const traces: Trace[] = [];
    while (spans < spansPerRequest && written + spans < options.spanCount) {
      const trace = makeTrace({ random, words, system, start: timeOf(written + spans) });
      traces.push(trace);
      spans += trace.spans.length;
    }
    written += spans;
    writeRequest(writer, system, traces);
    yield {
      bytes: writer.take(),
      spans,
      traceId: traces[0]?.traceId.toString('hex') ?? '',
      end: unixNano(timeOf(written)),
    };
  }
}

export type Random = () => number;
type Value = string | number | boolean;

interface System {
  readonly services: readonly (readonly [string, Value][])[];
  readonly routes: readonly string[];
  readonly agent: string;
  readonly model: string;
  readonly provider: string;
  readonly tools: readonly string[];
  readonly instructions: string;
}

interface SpanDraft {
  readonly service: number;
  readonly name: string;
  readonly kind: number;
  readonly spanId: Buffer;
  readonly parent: Buffer | undefined;
  readonly start: bigint;
  readonly end: bigint;
  readonly failed: boolean;
  readonly attributes: readonly (readonly [string, Value])[];
}

interface Trace {
  readonly traceId: Buffer;
  readonly spans: readonly SpanDraft[];
}

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}

function randomBytes(random: Random, count: number): Buffer {
  const bytes = Buffer.allocUnsafe(count);
  for (let at = 0; at < count; at += 4) bytes.writeUInt32LE(Math.floor(random() * 4294967296), at);
  return bytes;
}

const uuid = (random: Random): string =>
  randomBytes(random, 16)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

/** 20,000 words by falling frequency, as language has them. */
function makeWords(random: Random): readonly string[] {
  const syllables = 'ka lo mi ren ta shu per con di ver so na tel gra be un ing est or al ph str qua'.split(
    ' ',
  );
  return Array.from({ length: 20_000 }, (_, index) => {
    const length = 1 + Math.floor(random() * 2) + (index > 200 ? 1 : 0);
    return `${Array.from({ length }, () => pick(random, syllables)).join('')}${index > 5000 ? (index % 97).toString(36) : ''}`;
  });
}

function sentence(random: Random, words: readonly string[], bytes: number): string {
  let text = '';
  while (text.length < bytes) {
    // The square of the square leans to the front of the list, about like Zipf's law.
    text += `${words[Math.floor(random() ** 4 * words.length)]}${random() < 0.08 ? '. ' : ' '}`;
  }
  return text;
}

const models = [
  ['openai', 'gpt-5.4'],
  ['openai', 'gpt-5.4-mini'],
  ['anthropic', 'claude-sonnet-5'],
  ['gcp.gemini', 'gemini-3-pro'],
] as const;

function makeSystems(random: Random, words: readonly string[], count: number): readonly System[] {
  return Array.from({ length: count }, (_, index) => {
    const [provider, model] = pick(random, models);
    const names = ['gateway', 'agent', 'retriever', ...(index % 3 === 0 ? ['verifier'] : [])];
    return {
      provider,
      model,
      agent: `agent-${words[300 + index]}`,
      tools: Array.from({ length: 8 }, (_unused, tool) => `tool_${words[400 + index * 8 + tool]}`),
      routes: Array.from({ length: 15 }, (_unused, route) => `/api/${words[600 + index * 15 + route]}/{id}`),
      instructions: sentence(random, words, 300),
      services: names.map((role, at): readonly [string, Value][] => [
        ['service.name', `${words[300 + index]}-${role}`],
        ['service.version', `1.${index}.${at}`],
        ['service.instance.id', uuid(random)],
        ['deployment.environment.name', index % 4 === 0 ? 'staging' : 'production'],
        ['host.name', `node-${index}-${at}.internal`],
        ['k8s.pod.name', `${words[300 + index]}-${role}-${randomBytes(random, 4).toString('hex')}`],
        ['telemetry.sdk.language', 'nodejs'],
        ['telemetry.sdk.name', 'opentelemetry'],
        ['telemetry.sdk.version', '3.1.0'],
      ]),
    };
  });
}

function makeTrace(context: {
  readonly random: Random;
  readonly words: readonly string[];
  readonly system: System;
  readonly start: bigint;
}): Trace {
  const { random, system } = context;
  const session = uuid(random);
  const user = `user-${Math.floor(random() ** 2 * 200_000)}`;
  const request = uuid(random);
  const spans: SpanDraft[] = [];
  let clock = context.start;
  const add = (
    draft: Pick<SpanDraft, 'service' | 'name' | 'kind' | 'parent' | 'attributes'>,
    durationMs: number,
  ): Buffer => {
    const spanId = randomBytes(random, 8);
    const failed = random() < 0.01;
    const failure: readonly (readonly [string, Value])[] = failed ? [['error.type', 'TimeoutError']] : [];
    const end = clock + BigInt(Math.floor(durationMs * 1e6));
    spans.push({
      ...draft,
      attributes: [...draft.attributes, ...failure],
      spanId,
      start: clock,
      end,
      failed,
    });
    clock += BigInt(Math.floor(durationMs * 1e5 + random() * 1e6));
    return spanId;
  };
  const common: readonly (readonly [string, Value])[] = [
    ['session.id', session],
    ['user.id', user],
  ];
  const skewed = (scale: number): number => scale * (0.2 + -Math.log(1 - random()));
  const route = pick(random, system.routes);
  const root = add(
    {
      service: 0,
      name: `POST ${route}`,
      kind: 2,
      parent: undefined,
      attributes: [
        ...common,
        ['http.request.method', 'POST'],
        ['http.route', route],
        ['http.response.status_code', random() < 0.98 ? 200 : 503],
        ['url.path', route.replace('{id}', String(Math.floor(random() * 1e6)))],
        ['server.address', 'api.example.com'],
        ['client.address', `10.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}.7`],
        ['user_agent.original', 'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 Chrome/141.0'],
        ['request.id', request],
      ],
    },
    skewed(2000),
  );
  const agent = add(
    {
      service: 1,
      name: `invoke_agent ${system.agent}`,
      kind: 1,
      parent: root,
      attributes: [
        ...common,
        ['gen_ai.operation.name', 'invoke_agent'],
        ['gen_ai.agent.name', system.agent],
        ['gen_ai.conversation.id', session],
        ['gen_ai.provider.name', system.provider],
        ['gen_ai.request.model', system.model],
        ['request.id', request],
        ['app.tenant', `tenant-${Math.floor(random() * 500)}`],
        ['app.feature', pick(random, ['search', 'chat', 'summary', 'plan'])],
        ['app.attempt', 1],
      ],
    },
    skewed(1800),
  );
  add(modelCall(context, agent, common, session), skewed(900));
  const count = 4 + Math.floor(random() * 7);
  for (let step = 0; step < count; step += 1) {
    const tool = pick(random, system.tools);
    const parent = add(
      {
        service: random() < 0.5 ? 1 : 2,
        name: random() < 0.6 ? `execute_tool ${tool}` : 'SELECT documents',
        kind: 3,
        parent: agent,
        attributes:
          random() < 0.6
            ? [
                ...common,
                ['gen_ai.operation.name', 'execute_tool'],
                ['gen_ai.tool.name', tool],
                ['gen_ai.tool.call.id', `call_${randomBytes(random, 12).toString('hex')}`],
                ['gen_ai.tool.type', 'function'],
                ['app.step', step],
                ['app.cache.hit', random() < 0.4],
                ['app.items', Math.floor(random() * 100)],
                ['app.score', Math.round(random() * 1e4) / 1e4],
                ['thread.id', 100 + Math.floor(random() * 16)],
              ]
            : [
                ...common,
                ['db.system.name', 'postgresql'],
                ['db.namespace', 'documents'],
                ['db.operation.name', 'SELECT'],
                ['db.query.text', 'SELECT id, body FROM documents WHERE tenant = $1 ORDER BY score LIMIT 20'],
                ['db.response.returned_rows', Math.floor(random() * 20)],
                ['server.address', 'db-1.internal'],
                ['server.port', 5432],
                ['app.step', step],
              ],
      },
      skewed(120),
    );
    if (random() < 0.03) add(modelCall(context, parent, common, session), skewed(700));
  }
  return { traceId: randomBytes(random, 16), spans };
}

function modelCall(
  context: Parameters<typeof makeTrace>[0],
  parent: Buffer,
  common: SpanDraft['attributes'],
  session: string,
): Pick<SpanDraft, 'service' | 'name' | 'kind' | 'parent' | 'attributes'> {
  const { random, words, system } = context;
  const text = (role: string, content: string): object => ({ role, parts: [{ type: 'text', content }] });
  const prompt = sentence(random, words, 100 + random() * 600);
  const answer = sentence(random, words, 80 + random() * 300);
  return {
    service: 1,
    name: `chat ${system.model}`,
    kind: 3,
    parent,
    attributes: [
      ...common,
      ['gen_ai.operation.name', 'chat'],
      ['gen_ai.provider.name', system.provider],
      ['gen_ai.request.model', system.model],
      ['gen_ai.response.model', `${system.model}-2026-08-01`],
      ['gen_ai.response.id', `resp_${randomBytes(random, 12).toString('hex')}`],
      ['gen_ai.conversation.id', session],
      ['gen_ai.usage.input_tokens', Math.floor(300 + prompt.length / 4)],
      ['gen_ai.usage.output_tokens', Math.floor(answer.length / 4)],
      ['gen_ai.response.time_to_first_chunk', Math.round(random() * 1000) / 1000],
      ['gen_ai.request.temperature', 0.2],
      ['gen_ai.input.messages', JSON.stringify([text('system', system.instructions), text('user', prompt)])],
      ['gen_ai.output.messages', JSON.stringify([text('assistant', answer)])],
    ],
  };
}

function writeRequest(writer: ProtoWriter, system: System, traces: readonly Trace[]): void {
  system.services.forEach((resource, service) => {
    writer.message(1, () => {
      writer.message(1, () => resource.forEach(([key, value]) => writeAttribute(writer, 1, key, value)));
      writer.message(2, () => {
        writer.message(1, () => {
          writer.string(1, '@example/instrumentation');
          writer.string(2, '2.4.1');
        });
        for (const trace of traces)
          for (const span of trace.spans)
            if (span.service === service) writeSpan(writer, trace.traceId, span);
      });
    });
  });
}

function writeSpan(writer: ProtoWriter, traceId: Buffer, span: SpanDraft): void {
  writer.message(2, () => {
    writer.bytes(1, traceId);
    writer.bytes(2, span.spanId);
    if (span.parent !== undefined) writer.bytes(4, span.parent);
    writer.string(5, span.name);
    writer.varint(6, span.kind);
    writer.fixed64(7, span.start);
    writer.fixed64(8, span.end);
    for (const [key, value] of span.attributes) writeAttribute(writer, 9, key, value);
    if (span.failed) {
      writer.message(11, () => {
        writer.fixed64(1, span.end);
        writer.string(2, 'exception');
        writeAttribute(writer, 3, 'exception.type', 'TimeoutError');
        writeAttribute(writer, 3, 'exception.message', 'The tool did not answer within 30 seconds.');
      });
      writer.message(15, () => {
        writer.string(2, 'The tool did not answer within 30 seconds.');
        writer.varint(3, 2);
      });
    }
  });
}

function writeAttribute(writer: ProtoWriter, field: number, key: string, value: Value): void {
  writer.message(field, () => {
    writer.string(1, key);
    writer.message(2, () => {
      if (typeof value === 'string') writer.string(1, value);
      else if (typeof value === 'boolean') writer.varint(2, value ? 1 : 0);
      else if (Number.isInteger(value)) writer.varint(3, value);
      else writer.double(4, value);
    });
  });
}
