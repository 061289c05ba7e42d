/** A conversation as the rows of a list, so that one of thousands of messages opens as fast as one of ten. */
import type { ConversationMessage, ConversationPart, ConversationTurn } from '@sightline/schema/api';
import { msFromTimestamp } from './timestamp.ts';

/** What a turn shows beyond what is new in it. */
export type TurnExtra = 'prompt' | 'diff' | 'json';

export type ConversationRow =
  /** In a session: the next run begins. */
  | { readonly kind: 'run'; readonly key: string; readonly turn: ConversationTurn; readonly number: number }
  | {
      readonly kind: 'turn';
      readonly key: string;
      readonly turn: ConversationTurn;
      readonly extra: TurnExtra | undefined;
    }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly turn: ConversationTurn;
      readonly message: ConversationMessage;
      readonly isAnswer: boolean;
    }
  | {
      readonly kind: 'extra';
      readonly key: string;
      readonly turn: ConversationTurn;
      readonly extra: TurnExtra;
    }
  /** Nothing was recorded, or the call failed before it answered. */
  | { readonly kind: 'silent'; readonly key: string; readonly turn: ConversationTurn };

/** Names a turn within everything that is shown. */
export function turnKey(turn: ConversationTurn): string {
  return `${turn.traceId}/${turn.spanId ?? turn.startTime}`;
}

export function conversationRows(
  turns: readonly ConversationTurn[],
  { extras, showsRuns }: { readonly extras: ReadonlyMap<string, TurnExtra>; readonly showsRuns: boolean },
): readonly ConversationRow[] {
  const rows: ConversationRow[] = [];
  let traceId = '';
  let run = 0;
  turns.forEach((turn, index) => {
    const key = `${turnKey(turn)}#${index}`;
    if (showsRuns && turn.traceId !== traceId) {
      traceId = turn.traceId;
      run++;
      rows.push({ kind: 'run', key: `${key} run`, turn, number: run });
    }
    const extra = extras.get(turnKey(turn));
    rows.push({ kind: 'turn', key, turn, extra });
    if (extra !== undefined) rows.push({ kind: 'extra', key: `${key} ${extra}`, turn, extra });
    const input = extra === 'prompt' ? [] : turn.input.filter(hasOwnContent);
    const output = turn.output.filter(hasOwnContent);
    input.forEach((message, place) =>
      rows.push({ kind: 'message', key: `${key} i${place}`, turn, message, isAnswer: false }),
    );
    output.forEach((message, place) =>
      rows.push({ kind: 'message', key: `${key} o${place}`, turn, message, isAnswer: true }),
    );
    if (output.length === 0) rows.push({ kind: 'silent', key: `${key} silent`, turn });
  });
  return rows;
}

/** Results of tools that stand at their calls already are not said twice. */
export function shownParts(message: ConversationMessage): readonly ConversationPart[] {
  return message.parts.filter((part) => !(part.type === 'tool_result' && part.isJoined));
}

function hasOwnContent(message: ConversationMessage): boolean {
  return shownParts(message).length > 0;
}

/** Row of a turn, or of the turn whose tool call ran in the span. */
export function rowOfSpan(rows: readonly ConversationRow[], spanId: string): number {
  const own = rows.findIndex((row) => row.kind === 'turn' && row.turn.spanId === spanId);
  if (own !== -1) return own;
  return rows.findIndex(
    (row) =>
      row.kind === 'message' &&
      row.message.parts.some((part) => part.type === 'tool_call' && part.outcome?.spanId === spanId),
  );
}

/** Whether a span that none of these turns shows may stand behind them: turns are in the order of time, a tool behind its call. */
export function mayComeLater(
  turns: readonly ConversationTurn[],
  { spanId, startMs }: { readonly spanId: string; readonly startMs: number },
): boolean {
  const last = turns.at(-1);
  // A millisecond for what is lost between nanoseconds and these.
  if (last === undefined || msFromTimestamp(last.startTime) > startMs + 1) return false;
  return !turns.some(
    (turn) =>
      turn.spanId === spanId ||
      turn.output.some(({ parts }) =>
        parts.some((part) => part.type === 'tool_call' && part.outcome?.spanId === spanId),
      ),
  );
}

const lineHeight = 20;
const charsPerLine = 110;

/** A guess, so that the scroll bar is about right before a row was seen. */
export function estimateHeight(row: ConversationRow): number {
  if (row.kind === 'run') return 44;
  if (row.kind === 'turn') return 40;
  if (row.kind === 'extra') return 240;
  if (row.kind === 'silent') return 32;
  const parts = shownParts(row.message).map((part) => {
    if (part.type === 'text') return estimateText(part.text);
    return part.type === 'image' ? 240 : 34;
  });
  return parts.reduce((sum, height) => sum + height + 8, 28);
}

function estimateText(text: string): number {
  const shown = text.slice(0, 6000);
  let lines = 0;
  for (const line of shown.split('\n')) lines += Math.max(1, Math.ceil(line.length / charsPerLine));
  return lines * lineHeight;
}

/** All words of a message, for comparing prompts line by line. */
export function messageText(message: ConversationMessage): string {
  return message.parts.map(partText).join('\n');
}

function partText(part: ConversationPart): string {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return part.text;
    case 'tool_call':
      return `call ${part.name} ${JSON.stringify(part.arguments)}`;
    case 'tool_result':
      return `result ${typeof part.result === 'string' ? part.result : JSON.stringify(part.result)}`;
    case 'raw':
      return JSON.stringify(part.value);
    default:
      return `${part.type} ${part.name ?? part.uri ?? part.fileId ?? part.mimeType ?? ''} ${part.data?.length ?? ''}`.trim();
  }
}
