/** The span of a model call that the server itself makes. It is stored, priced and counted like the spans of any program. */
import { ensure } from '@sightline/base';
import { jsonToProtobuf } from '@sightline/schema/otlp';

export interface ModelCallSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** The part of the server that asked: `experiments` becomes the service `sightline-experiments`. */
  readonly asker: string;
  readonly provider: string;
  readonly model: string;
  readonly responseModel: string | undefined;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  /** Messages as OpenTelemetry or OpenAI write them. */
  readonly input: readonly unknown[];
  readonly output: readonly unknown[];
  readonly startMs: number;
  readonly endMs: number;
  readonly error: string | null;
  readonly attributes: Readonly<Record<string, string | undefined>>;
}

/** A request of OTLP/Protobuf with this one span. */
export function modelCallSpan(call: ModelCallSpan): Uint8Array {
  const attributes: Readonly<Record<string, string | number | undefined>> = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': call.provider,
    'gen_ai.request.model': call.model,
    'gen_ai.response.model': call.responseModel,
    'gen_ai.usage.input_tokens': wholeNumber(call.inputTokens),
    'gen_ai.usage.output_tokens': wholeNumber(call.outputTokens),
    'gen_ai.input.messages': JSON.stringify(call.input),
    'gen_ai.output.messages': JSON.stringify(call.output),
    'error.type': call.error === null ? undefined : 'model_call_failed',
    ...call.attributes,
  };
  const span = {
    traceId: call.traceId,
    spanId: call.spanId,
    name: `chat ${call.model}`,
    kind: 3,
    startTimeUnixNano: nanos(call.startMs),
    endTimeUnixNano: nanos(call.endMs),
    attributes: Object.entries(attributes).flatMap(([key, value]) =>
      value === undefined
        ? []
        : [
            {
              key,
              value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
            },
          ],
    ),
    status: call.error === null ? {} : { code: 2, message: call.error },
  };
  const service = { key: 'service.name', value: { stringValue: `sightline-${call.asker}` } };
  const json = {
    resourceSpans: [
      {
        resource: { attributes: [service] },
        scopeSpans: [{ scope: { name: `sightline.${call.asker}` }, spans: [span] }],
      },
    ],
  };
  const request = jsonToProtobuf('traces', Buffer.from(JSON.stringify(json)));
  return ensure(request.ok ? request.value : undefined, 'the span of a call');
}

/** A model server may say anything: what no integer of OTLP can hold was not said. */
function wholeNumber(value: number | undefined): number | undefined {
  const rounded = Math.round(value ?? Number.NaN);
  return Number.isSafeInteger(rounded) ? rounded : undefined;
}

function nanos(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}
