/** The span of one model call of an experiment. */
import type { PlaygroundEvent, PromptContent } from '@sightline/schema/api';
import { modelCallSpan } from '../playground/model-call-span.ts';

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

export function promptRunSpan(run: PromptRun): Uint8Array {
  const { experiment, content, prompt, end } = run;
  return modelCallSpan({
    traceId: run.traceId,
    spanId: run.spanId,
    asker: 'experiments',
    provider: run.provider,
    model: content.model ?? '',
    responseModel: end?.model ?? undefined,
    inputTokens: end?.inputTokens ?? undefined,
    outputTokens: end?.outputTokens ?? undefined,
    input: content.messages.map(spanMessageOf),
    output: [
      {
        role: 'assistant',
        parts: [
          ...(run.answer === '' ? [] : [{ type: 'text', content: run.answer }]),
          ...run.toolCalls.map((call) => ({ type: 'tool_call', ...call })),
        ],
      },
    ],
    startMs: run.startMs,
    endMs: run.endMs,
    error: run.error,
    attributes: {
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
    },
  });
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
