/** Items of datasets made of what was recorded: a run by its question and its answer, a span by its input and its output. */
import type {
  AddFromTracesRequest,
  AddFromTracesResponse,
  NewDatasetItem,
  Span,
} from '@sightline/schema/api';
import { datasetItemBytesMax } from '@sightline/schema/api';
import { type Message, readConversation, readToolUse } from '@sightline/schema/conventions';
import { SightlineError } from '@sightline/schema/errors';
import { readTraceFacts } from '../evaluation/trace-facts.ts';
import type { QueryContext } from '../query/reader.ts';
import { readSpan } from '../query/read-trace.ts';
import { readRecordedInputs } from '../query/replay/read-recorded-inputs.ts';
import { promptMessagesOf } from '../playground/prompt-messages.ts';

export interface ItemsOfTraces {
  readonly items: readonly NewDatasetItem[];
  readonly failed: AddFromTracesResponse['failed'];
}

/** So many are read at a time: each is a few statements. */
const readTogether = 4;

export async function readItemsOfTraces(
  context: QueryContext,
  { from, split, expectAnswer }: Pick<AddFromTracesRequest, 'from' | 'split' | 'expectAnswer'>,
): Promise<ItemsOfTraces> {
  const items: NewDatasetItem[] = [];
  const failed: AddFromTracesResponse['failed'] = [];
  for (let at = 0; at < from.length; at += readTogether) {
    const read = await Promise.all(
      from
        .slice(at, at + readTogether)
        .map(async (place) => ({ place, recorded: await tryRead(context, place) })),
    );
    for (const { place, recorded } of read) {
      const source = { traceId: place.traceId.toLowerCase(), spanId: place.spanId?.toLowerCase() ?? null };
      if ('reason' in recorded) failed.push({ ...source, reason: recorded.reason });
      else
        items.push({
          input: recorded.input as NewDatasetItem['input'],
          expected: expectAnswer ? (recorded.answer as NewDatasetItem['expected']) : null,
          metadata: recorded.metadata,
          split,
          source,
        });
    }
  }
  return { items, failed };
}

interface Recorded {
  readonly input: unknown;
  /** null: none was recorded. */
  readonly answer: unknown;
  readonly metadata: NewDatasetItem['metadata'];
}

async function tryRead(
  context: QueryContext,
  { traceId, spanId }: AddFromTracesRequest['from'][number],
): Promise<Recorded | { readonly reason: string }> {
  try {
    const recorded =
      spanId === undefined
        ? await readRun(context, traceId)
        : recordedOf(await readSpan(context, { traceId, spanId }));
    if (recorded === undefined)
      return {
        reason: 'It has no recorded input: its program may not capture content, see docs/sdk/masking.md.',
      };
    const bytes = Buffer.byteLength(JSON.stringify(recorded));
    return bytes > datasetItemBytesMax
      ? { reason: `It is ${bytes} bytes long, and an item has at most ${datasetItemBytesMax}.` }
      : recorded;
  } catch (error) {
    if (error instanceof SightlineError && error.status === 404) return { reason: error.message };
    throw error;
  }
}

async function readRun(context: QueryContext, traceId: string): Promise<Recorded | undefined> {
  const { question, answer } = await readTraceFacts(context, traceId);
  if (question !== '') return { input: question, answer: answer === '' ? null : answer, metadata: {} };
  // A run that asked no model still has what its program was given.
  const recorded = (await readRecordedInputs(context, [traceId])).get(traceId);
  if (recorded?.input === undefined) return undefined;
  return { input: recorded.input, answer: recorded.answer, metadata: {} };
}

function recordedOf(span: Span): Recorded | undefined {
  const { operation, model } = span;
  const metadata = { name: span.name, operation, ...(model === null ? {} : { model }) };
  const use = readToolUse(span);
  if (use?.arguments !== undefined)
    return { input: use.arguments, answer: use.result ?? null, metadata: { ...metadata, tool: use.name } };
  const { input, output } = readConversation(span);
  if (input.length === 0) return undefined;
  const { messages } = promptMessagesOf(input);
  const [only] = messages;
  const answer = textOf(output);
  return {
    input: messages.length === 1 && only?.role === 'user' ? only.content : { messages },
    answer: answer === '' ? null : answer,
    metadata,
  };
}

function textOf(messages: readonly Message[]): string {
  return messages
    .flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])))
    .join('\n')
    .trim();
}
