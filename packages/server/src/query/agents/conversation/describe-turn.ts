/** Turns as the API gives them, long parts cut. */
import type {
  ConversationMessage,
  ConversationPart,
  ConversationTurn,
  ToolOutcome,
} from '@sightline/schema/api';
import type { Message, MessagePart } from '@sightline/schema/conventions';
import { formatNanos, unixNano } from '@sightline/base';
import { durationMs, noUsage, orNull, usageOf } from '../run-tree.ts';
import type { FoundOutcome, JoinedTools } from './join-tools.ts';
import type { ToolRun, Turn } from './turn.ts';

type Json = ToolOutcome['result'];

export interface Description {
  readonly tools: JoinedTools;
  readonly partCharacters: number;
  /** The whole prompt, or only what is new in it. */
  readonly isWhole: boolean;
}

export interface PlacedTurn {
  readonly turn: Turn;
  /** Places in the prompt of what is new in it. */
  readonly fresh: readonly number[];
  readonly follows: string | null;
}

export function describeTurn(
  { turn, fresh, follows }: PlacedTurn,
  description: Description,
): ConversationTurn {
  const { node } = turn;
  const places = description.isWhole ? [...turn.input.keys()] : fresh;
  const isFresh = new Set(fresh);
  return {
    traceId: turn.traceId,
    spanId: turn.spanId,
    operation: node?.operation ?? 'other',
    name: node?.name ?? 'log events',
    agent: orNull(node?.agent ?? ''),
    provider: orNull(node?.provider ?? ''),
    model: orNull(node?.model ?? ''),
    startTime: formatNanos(unixNano(turn.startNanos)),
    durationMs: node === undefined ? 0 : durationMs(node),
    status: { code: node?.status ?? 'unset', message: node?.statusMessage ?? '' },
    isCounted: node?.isCounted ?? false,
    ...(node === undefined ? noUsage : usageOf(node)),
    follows,
    promptMessages: turn.input.length,
    foldedMessages: turn.input.length - places.length,
    input: places.flatMap((index) => {
      const message = turn.input[index];
      return message === undefined
        ? []
        : [describeMessage(message, `i${index}`, !isFresh.has(index), description)];
    }),
    output: turn.output.map((message, index) => describeMessage(message, `o${index}`, false, description)),
  };
}

/** A run of a tool that no message calls is a turn of its own. */
export function asTurn({ use, ...speaker }: ToolRun): Turn {
  const call: MessagePart = {
    type: 'tool_call',
    ...(use.callId === undefined ? {} : { id: use.callId }),
    name: use.name,
    arguments: use.arguments ?? null,
  };
  return { ...speaker, input: [], output: [{ role: 'tool', parts: [call] }] };
}

function describeMessage(
  { role, name, parts, finishReason, isCut }: Message,
  place: string,
  isRepeated: boolean,
  description: Description,
): ConversationMessage {
  return {
    role,
    ...(name === undefined ? {} : { name }),
    parts: parts.map((part, index) => describePart(part, `${place}.${index}`, description)),
    ...(finishReason === undefined ? {} : { finishReason }),
    isRepeated,
    ...(isCut === undefined ? {} : { isCut }),
  };
}

function describePart(
  part: MessagePart,
  partId: string,
  { tools, partCharacters }: Description,
): ConversationPart {
  switch (part.type) {
    case 'text':
    case 'reasoning': {
      const { value, ...cut } = cutText(part.text, partCharacters);
      return { type: part.type, partId, text: value, ...cut };
    }
    case 'tool_call': {
      const { value, ...cut } = cutJson(part.arguments, partCharacters);
      const outcome = tools.outcomes.get(part);
      return {
        type: 'tool_call',
        partId,
        ...(part.id === undefined ? {} : { callId: part.id }),
        name: part.name,
        arguments: value ?? null,
        ...cut,
        ...(outcome === undefined ? {} : { outcome: describeOutcome(outcome, partCharacters) }),
      };
    }
    case 'tool_result': {
      const { value, ...cut } = cutJson(part.result, partCharacters);
      return {
        type: 'tool_result',
        partId,
        ...(part.id === undefined ? {} : { callId: part.id }),
        ...(part.name === undefined ? {} : { name: part.name }),
        result: value ?? null,
        isError: part.isError === true,
        isJoined: tools.joined.has(part),
        ...cut,
      };
    }
    case 'raw': {
      const { value, ...cut } = cutJson(part.value, partCharacters);
      return { type: 'raw', partId, value: value ?? null, ...cut };
    }
    default: {
      // Half an image is none: pictures come whole up to a size of their own, and beyond it only their beginning.
      const { value, ...cut } = cutText(part.data ?? '', Math.max(partCharacters, mediaCharactersMax));
      return { ...part, partId, ...(part.data === undefined ? {} : { data: value }), ...cut };
    }
  }
}

const mediaCharactersMax = 2_000_000;

function describeOutcome(outcome: FoundOutcome, partCharacters: number): ToolOutcome {
  if (outcome.from === 'message') {
    const { messageResult, turn, partId } = outcome;
    const { value, ...cut } = cutJson(messageResult.result, partCharacters);
    return {
      from: 'message',
      spanId: null,
      startTime: null,
      durationMs: null,
      isError: messageResult.isError === true,
      statusMessage: null,
      ...(value === undefined ? {} : { result: value }),
      partId: `m:${turn.spanId ?? ''}:${partId}`,
      ...cut,
    };
  }
  const { run, messageResult } = outcome;
  const { value, ...cut } = cutJson(run.use.result ?? messageResult?.result, partCharacters);
  return {
    from: 'span',
    spanId: run.spanId,
    startTime: formatNanos(unixNano(run.startNanos)),
    durationMs: durationMs(run.node),
    isError: run.node.status === 'error' || messageResult?.isError === true,
    statusMessage: orNull(run.node.statusMessage),
    ...(value === undefined ? {} : { result: value }),
    partId: `t:${run.spanId ?? ''}`,
    ...cut,
  };
}

interface Cut<Value> {
  readonly value: Value;
  readonly cutAt?: { readonly shown: number; readonly characters: number };
}

function cutText(text: string, characters: number): Cut<string> {
  if (text.length <= characters) return { value: text };
  const shown = wholeCharacters(text, characters);
  return { value: text.slice(0, shown), cutAt: { shown, characters: text.length } };
}

/** Not through the middle of a character of two units. */
export function wholeCharacters(text: string, end: number): number {
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}

function cutJson(value: unknown, characters: number): Cut<Json> {
  if (value === undefined) return { value: undefined };
  if (typeof value === 'string') return cutText(value, characters);
  const text = JSON.stringify(value) ?? 'null';
  return text.length <= characters ? { value: value as Json } : cutText(text, characters);
}

/** The text of a part as `cutAt` counts it. */
export function partText(part: MessagePart): string {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return part.text;
    case 'tool_call':
      return valueText(part.arguments);
    case 'tool_result':
      return valueText(part.result);
    case 'raw':
      return valueText(part.value);
    default:
      return part.data ?? '';
  }
}

export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
