/** What the server asked a model in an experiment, as a span like any program's: found by trace id, priced and counted like other calls. */
import { ensure } from '@sightline/base';
import { jsonToProtobuf } from '@sightline/schema/otlp';
import type { PlaygroundEvent, PromptContent } from '@sightline/schema/api';

export interface PromptRun {
  readonly traceId: string;
  readonly spanId: string;
  readonly experiment: { readonly id: string; readonly name: string; readonly dataset: string };
  readonly itemId: string;
  readonly repeat: number;
  readonly provider: string;
  readonly content: PromptContent;
  readonly prompt: { readonly name: string; readonly version: number } | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly answer: string;
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: unknown }[];
  readonly end: Extract<PlaygroundEvent, { type: 'end' }> | undefined;
  readonly error: string | null;
}

type Scalar = string | number | undefined;

export function promptRunSpan(run: PromptRun): Uint8Array {
  const { experiment, content, prompt, end } = run;
  const model = content.model ?? '';
  const attributes: Readonly<Record<string, Scalar>> = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': run.provider,
    'gen_ai.request.model': model,
    'gen_ai.response.model': end?.model ?? undefined,
    'gen_ai.usage.input_tokens': end?.inputTokens ?? undefined,
    'gen_ai.usage.output_tokens': end?.outputTokens ?? undefined,
    'gen_ai.input.messages': JSON.stringify(content.messages.map(spanMessageOf)),
    'gen_ai.output.messages': JSON.stringify([
      {
        role: 'assistant',
        parts: [
          ...(run.answer === '' ? [] : [{ type: 'text', content: run.answer }]),
          ...run.toolCalls.map((call) => ({ type: 'tool_call', ...call })),
        ],
      },
    ]),
    'gen_ai.tool.definitions':
      content.tools.length === 0
        ? undefined
        : JSON.stringify(content.tools.map((tool) => ({ type: 'function', ...tool }))),
    'gen_ai.prompt.name': prompt?.name,
    'gen_ai.prompt.version': prompt === undefined ? undefined : String(prompt.version),
    'sightline.experiment.id': experiment.id,
    'sightline.experiment.name': experiment.name,
    'sightline.dataset.name': experiment.dataset,
    'sightline.dataset.item.id': run.itemId,
    'error.type': run.error === null ? undefined : 'model_call_failed',
  };
  const span = {
    traceId: run.traceId,
    spanId: run.spanId,
    name: `chat ${model}`,
    kind: 3,
    startTimeUnixNano: nanos(run.startMs),
    endTimeUnixNano: nanos(run.endMs),
    attributes: Object.entries(attributes).flatMap(([key, value]) =>
      value === undefined
        ? []
        : [
            {
              key,
              value:
                typeof value === 'number' ? { intValue: String(Math.round(value)) } : { stringValue: value },
            },
          ],
    ),
    status: run.error === null ? {} : { code: 2, message: run.error },
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'sightline-experiments' } }] };
  const json = {
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'sightline.experiments' }, spans: [span] }] }],
  };
  const request = jsonToProtobuf('traces', Buffer.from(JSON.stringify(json)));
  return ensure(request.ok ? request.value : undefined, 'the span of an experiment');
}

function spanMessageOf({
  role,
  content,
  images = [],
  toolCalls = [],
  toolCallId,
}: PromptContent['messages'][number]) {
  const parts =
    role === 'tool'
      ? [{ type: 'tool_call_response', id: toolCallId, response: content }]
      : [
          ...(content === '' ? [] : [{ type: 'text', content }]),
          ...images.map((image) =>
            'url' in image
              ? { type: 'uri', modality: 'image', uri: image.url }
              : { type: 'blob', modality: 'image', mime_type: image.mediaType, content: image.data },
          ),
          ...toolCalls.map((call) => ({ type: 'tool_call', ...call })),
        ];
  return { role, parts };
}

function nanos(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}
