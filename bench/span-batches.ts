/**
 * Trace requests of 500-byte spans, encoded once: a sender has one body and writes new ids into its bytes before each
 * request, so that making load costs next to nothing beside the server it is sent to.
 */
import { randomBytes } from 'node:crypto';
import { jsonToProtobuf } from '@sightline/schema/otlp';

export interface BatchTemplate {
  readonly spans: number;
  readonly bytesPerSpan: number;
  readonly contentType: string;
  /** For one closed loop: a body serves one request at a time. */
  sender(): BatchSender;
}

export interface BatchSender {
  /** The sender's body with ids no other request has, good until the next call, and the trace id of its first span as 32 hex digits. */
  next(): { readonly body: Buffer; readonly traceId: string };
}

export interface TemplateOptions {
  readonly spans: number;
  readonly encoding: 'protobuf' | 'json';
  readonly spansPerTrace?: number;
  /** One span in so many is a call of a model; the others are requests, queries and the like. */
  readonly callEvery?: number;
}

export function makeTemplate(options: TemplateOptions): BatchTemplate {
  const { spans, encoding, spansPerTrace = 10, callEvery = 1 } = options;
  const json = Buffer.from(requestJson(spans, spansPerTrace, callEvery));
  const isJson = encoding === 'json';
  const template = isJson ? json : toProtobuf(json);
  // An id is written into its last four bytes, which are eight digits in JSON. The first half of a trace id stays as it is.
  const tail = isJson ? 8 : 4;
  const traceTail = isJson ? 32 - tail : 16 - tail;
  const spanTail = isJson ? 16 - tail : 8 - tail;
  const traceSpots: Uint32Array[] = [];
  const spanSpots: Uint32Array[] = [];
  for (let index = 0; index < spans; index += 1) {
    if (index % spansPerTrace === 0)
      traceSpots.push(
        findAll(template, placeholder('trace', index / spansPerTrace, isJson)).map(
          (spot) => spot + traceTail,
        ),
      );
    spanSpots.push(findAll(template, placeholder('span', index, isJson)).map((spot) => spot + spanTail));
  }
  const firstTrace = (traceSpots[0]?.[0] ?? 0) - traceTail;
  const write = isJson ? writeHex : writeBytes;
  let counter = randomBytes(4).readUInt32BE();
  return {
    spans,
    bytesPerSpan: template.length / spans,
    contentType: isJson ? 'application/json' : 'application/x-protobuf',
    sender: () => {
      const body = Buffer.from(template);
      // The second half of a trace id begins with what no other run has.
      const run = randomBytes(4);
      for (const spots of traceSpots)
        for (const spot of spots)
          if (isJson) body.write(run.toString('hex'), spot - tail, 'latin1');
          else run.copy(body, spot - tail);
      return {
        next: () => {
          for (const spots of traceSpots) {
            counter = (counter + 1) >>> 0;
            for (const spot of spots) write(body, spot, counter);
          }
          for (const spots of spanSpots) {
            counter = (counter + 1) >>> 0;
            for (const spot of spots) write(body, spot, counter);
          }
          const id = body.subarray(firstTrace, firstTrace + traceTail + tail);
          return { body, traceId: isJson ? id.toString() : id.toString('hex') };
        },
      };
    },
  };
}

function writeBytes(body: Buffer, at: number, value: number): void {
  body.writeUInt32BE(value, at);
}

const hexDigits = Buffer.from('0123456789abcdef');

function writeHex(body: Buffer, at: number, value: number): void {
  for (let digit = 0; digit < 8; digit += 1)
    body[at + digit] = hexDigits[(value >>> (28 - 4 * digit)) & 15] ?? 0;
}

/** Ids of the template: recognisable, and of the right length. */
function idHex(kind: 'trace' | 'span', index: number): string {
  const mark = kind === 'trace' ? '7ace' : '5bad';
  return `${mark}${index.toString(16).padStart(12, 'c')}${kind === 'trace' ? 'ffffffffffffffff' : ''}`;
}

function placeholder(kind: 'trace' | 'span', index: number, isJson: boolean): Buffer {
  return Buffer.from(idHex(kind, index), isJson ? 'utf8' : 'hex');
}

function findAll(bytes: Buffer, wanted: Buffer): Uint32Array {
  const spots: number[] = [];
  for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + wanted.length))
    spots.push(at);
  return Uint32Array.from(spots);
}

function toProtobuf(json: Buffer): Buffer {
  const converted = jsonToProtobuf('traces', json);
  if (!converted.ok) throw new Error(converted.error.message);
  return Buffer.from(converted.value);
}

const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const integer = (key: string, intValue: number): object => ({ key, value: { intValue } });

const callAttributes = (index: number): readonly object[] => [
  text('gen_ai.operation.name', 'chat'),
  text('gen_ai.provider.name', 'openai'),
  text('gen_ai.request.model', 'gpt-5.4-mini'),
  text('gen_ai.response.model', 'gpt-5.4-mini-2026-03-17'),
  text('gen_ai.response.id', `chatcmpl-${(index * 2654435761).toString(36)}`),
  integer('gen_ai.usage.input_tokens', 1200 + (index % 777)),
  integer('gen_ai.usage.output_tokens', 340 + (index % 91)),
  { key: 'gen_ai.request.temperature', value: { doubleValue: 0.2 } },
];

const requestAttributes = (index: number): readonly object[] => [
  text('http.request.method', index % 4 === 0 ? 'POST' : 'GET'),
  text('url.path', `/v1/orders/${(index * 2654435761).toString(36)}`),
  text('server.address', `orders-${index % 12}.internal`),
  text('url.full', `https://orders-${index % 12}.internal/v1/orders?page=${index % 9}`),
  integer('server.port', 8080),
  integer('http.response.status_code', index % 50 === 0 ? 503 : 200),
  text('network.protocol.version', '1.1'),
  text('user_agent.original', 'undici/7.3.0 node/24.1.0'),
];

function requestJson(count: number, spansPerTrace: number, callEvery: number): string {
  const endNs = BigInt(Date.now()) * 1_000_000n;
  const spans = Array.from({ length: count }, (_, index) => ({
    traceId: idHex('trace', Math.floor(index / spansPerTrace)),
    spanId: idHex('span', index),
    name: index % callEvery === 0 ? 'chat gpt-5.4-mini' : `GET /v1/orders/{id}/${index % 17}`,
    kind: 3,
    startTimeUnixNano: String(endNs - BigInt(index) * 1_300_017n),
    endTimeUnixNano: String(endNs),
    attributes: [
      ...(index % callEvery === 0 ? callAttributes(index) : requestAttributes(index)),
      text('session.id', `session-${index % 100}`),
      text('user.id', `user-${index % 29}`),
      text('http.route', '/v1/chat/completions'),
    ],
    status: { code: index % 50 === 0 ? 2 : 1 },
    flags: 257,
  }));
  const resource = {
    attributes: [
      text('service.name', 'agent'),
      text('service.version', '1.4.2'),
      text('host.name', 'worker-1'),
    ],
  };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'agent' }, spans }] }] });
}
