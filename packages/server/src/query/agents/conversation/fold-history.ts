/**
 * Finds what a prompt repeats. Models are told the whole conversation with every call; people want to read each message once. A prompt follows
 * the earlier turn with which it has most messages in common, and repeats those of its messages that stand there in the same order.
 */
import type { Message, MessagePart } from '@sightline/schema/conventions';

export interface Folded {
  /** Index of the turn that the prompt follows; -1 for none. */
  readonly follows: number;
  /** For each message of the prompt. */
  readonly isRepeated: readonly boolean[];
}

export class HistoryFolder {
  readonly #numbers = new Map<string, number>();
  readonly #ofMessage = new WeakMap<Message, number>();
  /** By the number of a message: the latest turn that has it. */
  readonly #latestTurn: number[] = [];
  /** By turn: numbers of its prompt and answer. */
  readonly #turns: number[][] = [];

  /** Turns are told in the order of time. */
  add(input: readonly Message[], output: readonly Message[]): Folded {
    const prompt = input.map((message) => this.#numberOf(message));
    const follows = this.#mostAlike(prompt);
    const isRepeated = this.#repeated(prompt, this.#turns[follows] ?? []);
    const turn = this.#turns.length;
    const all = [...prompt, ...output.map((message) => this.#numberOf(message))];
    this.#turns.push(all);
    for (const number of all) this.#latestTurn[number] = turn;
    return { follows, isRepeated };
  }

  #numberOf(message: Message): number {
    const same = this.#ofMessage.get(message);
    if (same !== undefined) return same;
    const key = messageKey(message);
    const number = this.#numbers.get(key) ?? this.#numbers.size;
    this.#numbers.set(key, number);
    this.#ofMessage.set(message, number);
    return number;
  }

  #mostAlike(prompt: readonly number[]): number {
    const votes = new Map<number, number>();
    for (const number of prompt) {
      const turn = this.#latestTurn[number];
      if (turn !== undefined) votes.set(turn, (votes.get(turn) ?? 0) + 1);
    }
    let best = -1;
    for (const [turn, count] of votes) {
      const most = votes.get(best) ?? 0;
      if (count > most || (count === most && turn > best)) best = turn;
    }
    return best;
  }

  #repeated(prompt: readonly number[], history: readonly number[]): boolean[] {
    const places = Map.groupBy(history.keys(), (index) => history[index] ?? -1);
    let from = 0;
    return prompt.map((number) => {
      const place = places.get(number)?.find((index) => index >= from);
      if (place === undefined) return false;
      from = place + 1;
      return true;
    });
  }
}

/**
 * What makes two messages the same one. Reasoning, names of calls' ids and finish reasons are left out: answers have them, and lose them when they
 * are sent back as history.
 */
export function messageKey({ role, parts }: Message): string {
  return [role, ...parts.map(partKey)].filter((text) => text !== '').join('\u0001');
}

function partKey(part: MessagePart): string {
  switch (part.type) {
    case 'text':
      return part.text.trim() === '' ? '' : `t${part.text.trim()}`;
    case 'reasoning':
      return '';
    case 'tool_call':
      return `c${part.name}\u0002${valueKey(part.arguments)}`;
    case 'tool_result':
      return `r${valueKey(part.result)}`;
    case 'raw':
      return `x${valueKey(part.value)}`;
    default:
      return `m${part.uri ?? part.fileId ?? part.data ?? ''}`;
  }
}

function valueKey(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
