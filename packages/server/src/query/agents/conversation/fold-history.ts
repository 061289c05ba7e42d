/**
 * Finds what a prompt repeats. Models are told the whole conversation with every call; people want to read each message once. A prompt follows
 * the earlier turn with which it has most messages in common, and repeats those of its messages that stand there in the same order.
 */
import type { Message, MessagePart } from '@sightline/schema/conventions';

export interface Folded {
  /** Index of the turn that the prompt follows; -1 for none. */
  readonly follows: number;
  /** Places in the prompt of the messages that it does not repeat. */
  readonly fresh: readonly number[];
}

export class HistoryFolder {
  readonly #numbers = new Map<string, number>();
  readonly #ofMessage = new Map<Message, number>();
  /** By the number of a message: the latest turn that has it. */
  readonly #latestTurn: number[] = [];
  /** By turn: numbers of its prompt and answer. */
  readonly #turns: number[][] = [];
  /** By turn: how many messages a prompt has in common with it. Zeros between prompts. */
  readonly #votes: number[] = [];

  /** Turns are told in the order of time. */
  add(input: readonly Message[], output: readonly Message[]): Folded {
    const prompt = input.map((message) => this.#numberOf(message));
    const follows = this.#mostAlike(prompt);
    const fresh = this.#fresh(prompt, this.#turns[follows] ?? []);
    const turn = this.#turns.length;
    const all = [...prompt, ...output.map((message) => this.#numberOf(message))];
    this.#turns.push(all);
    for (const number of all) this.#latestTurn[number] = turn;
    return { follows, fresh };
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
    const voted: number[] = [];
    for (const number of prompt) {
      const turn = this.#latestTurn[number];
      if (turn === undefined) continue;
      const votes = this.#votes[turn] ?? 0;
      if (votes === 0) voted.push(turn);
      this.#votes[turn] = votes + 1;
    }
    let best = -1;
    let most = 0;
    for (const turn of voted) {
      const votes = this.#votes[turn] ?? 0;
      if (votes > most || (votes === most && turn > best)) [best, most] = [turn, votes];
      this.#votes[turn] = 0;
    }
    return best;
  }

  #fresh(prompt: readonly number[], history: readonly number[]): number[] {
    // Mostly the one goes on where the other ends.
    let from = 0;
    while (from < prompt.length && prompt[from] === history[from]) from += 1;
    const fresh: number[] = [];
    if (from === prompt.length) return fresh;
    const places = new Map<number, number[]>();
    // From the end, so that the next place of a message is the last of its places.
    for (let index = history.length - 1; index >= from; index -= 1)
      appendTo(places, history[index] ?? -1, index);
    for (let index = from, next = from; index < prompt.length; index += 1) {
      const left = places.get(prompt[index] ?? -1) ?? [];
      while ((left.at(-1) ?? next) < next) left.pop();
      const place = left.at(-1);
      if (place === undefined) fresh.push(index);
      else next = place + 1;
    }
    return fresh;
  }
}

function appendTo(lists: Map<number, number[]>, key: number, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
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
